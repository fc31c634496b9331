"""Addresses of locking, unlocking and stopping."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
