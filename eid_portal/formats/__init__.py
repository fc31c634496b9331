"""How the admin writes days and moments: the way they stand on an ID card, in both languages."""
