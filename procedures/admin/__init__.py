"""The Django admin's windows on procedures: written and published here; what was filed is only looked at."""

from procedures.admin import applications, desks, retrying, revisions

__all__ = ["applications", "desks", "retrying", "revisions"]
