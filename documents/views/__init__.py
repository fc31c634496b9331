"""Pages of papers, by audience."""
