"""One file a wire: the only places that know the words of banks and billers."""
