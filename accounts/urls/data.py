"""Addresses of the data log, copies, requests and consents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
