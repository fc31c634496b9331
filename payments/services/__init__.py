"""What changes payments: one module a journey."""
