"""Rules of procedures: pure functions over what they are given."""
