"""Administrative procedures as data, applications and their decisions. Nothing is here yet."""
