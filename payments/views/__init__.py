"""Pages of payments, by area."""
