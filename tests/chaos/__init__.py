"""Money under faults: real processes that are killed while people pay, and their books compared: ``make chaos``."""
