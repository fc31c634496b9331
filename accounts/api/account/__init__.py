"""The JSON API of an account, for its holder's own application: what the pages do, by the same services."""
