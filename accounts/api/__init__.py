"""The JSON API of accounts, for other systems."""
