"""Pages, split by who they are for."""
