"""The JSON API of payments."""
