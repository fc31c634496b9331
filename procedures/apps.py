"""The procedures app."""

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """Its place in the portal."""

    name = "procedures"
