"""Django's PostgreSQL backend, with a cheaper look at a connection before each request."""
