"""Addresses of guardians and their wards."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
