"""What changes papers: one module a journey."""
