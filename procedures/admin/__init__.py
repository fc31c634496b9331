"""The Django admin's windows on procedures: written and published here; what was filed is only looked at."""

from procedures.admin import applications, desks, revisions

__all__ = ["applications", "desks", "revisions"]
