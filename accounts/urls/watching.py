"""Addresses where officers look people up and are watched."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
