"""What people type; one module an audience."""
