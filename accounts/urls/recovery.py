"""Addresses of recovering an account."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
