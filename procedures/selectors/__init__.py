"""What procedures read: each takes who asks, and gives what a page shows."""
