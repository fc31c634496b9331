"""Addresses where papers are shown and shared."""

from django.urls import path

from documents.views import showing

urlpatterns = [
    path("papers/shared/<str:public_id>/", showing.Shared.as_view(), name="shared"),
    path(
        "papers/shared/<str:public_id>/revoke/",
        showing.RevokeShare.as_view(),
        name="revoke_share",
    ),
    path("papers/<str:public_id>/show/", showing.ShowPaper.as_view(), name="show_paper"),
    path("papers/<str:public_id>/share/", showing.SharePaper.as_view(), name="share_paper"),
]
