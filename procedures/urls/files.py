"""Addresses of files from citizens."""

from django.urls import path

from procedures.views import files

urlpatterns = [path("files/<str:public_id>/", files.OwnFile.as_view(), name="file")]
