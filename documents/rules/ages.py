"""Ages by the Civil Code: a year of age is complete on the birthday; who was born on 29 February has it on 1 March."""

from datetime import date


def on(born: date, day: date) -> int:
    """Complete years of age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
