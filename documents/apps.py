"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Its place in the portal."""

    name = "documents"
