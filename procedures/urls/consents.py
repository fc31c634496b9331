"""Addresses of what other people ask of somebody."""

from django.urls import path

from procedures.views import consents

urlpatterns = [
    path("consents/asked/", consents.Asked.as_view(), name="consents_asked"),
    path("consents/asked/<str:public_id>/", consents.Question.as_view(), name="consent_asked"),
]
