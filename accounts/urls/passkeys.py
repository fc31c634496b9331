"""Addresses of passkeys: what scripts ask for and post."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
