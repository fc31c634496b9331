"""Decisions from values and a moment: no database, no clock, no settings."""
