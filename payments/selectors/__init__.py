"""The read side: the first argument says who asks."""
