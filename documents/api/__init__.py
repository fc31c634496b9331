"""Papers over the JSON API."""
