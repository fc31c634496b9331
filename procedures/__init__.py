"""Administrative procedures as data, applications and their decisions. So far: the procedures themselves."""
