"""Outside parties of procedures, a module each."""
