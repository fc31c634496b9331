"""What would stand in documents/kinds."""
