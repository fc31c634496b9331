"""The only layer that writes, and the only one that speaks to the outside; one module a journey."""
