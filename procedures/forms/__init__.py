"""Forms of procedures."""
