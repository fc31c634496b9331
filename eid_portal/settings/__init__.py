"""Settings of the portal: ``base`` for all, and one module a way of running it."""
