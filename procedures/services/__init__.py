"""What procedures do: each function is one use case and owns its transaction."""
