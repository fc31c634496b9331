"""Addresses of the ways to sign in, contacts, devices and sessions."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
