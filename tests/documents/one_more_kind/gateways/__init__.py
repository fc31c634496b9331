"""What would stand in documents/gateways."""
