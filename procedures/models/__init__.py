"""The tables of procedures, by what they are about."""

from procedures.models.catalogue import Procedure, Revision

__all__ = ["Procedure", "Revision"]
