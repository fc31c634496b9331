"""Addresses of what a counter does beside issuing."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
