"""The Django admin's windows on procedures: written and published here; what was filed is only looked at."""

from procedures.admin import applications, calendar, desks, retrying, revisions

__all__ = ["applications", "calendar", "desks", "retrying", "revisions"]
