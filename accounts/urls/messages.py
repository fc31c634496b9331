"""Addresses of notices: the inbox, and "did you send me this?"."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
