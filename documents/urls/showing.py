"""Addresses where papers are shown and shared, and looked at on the road."""

from django.urls import path

from documents.views import roadside, showing

urlpatterns = [
    path("papers/shared/<str:public_id>/", showing.Shared.as_view(), name="shared"),
    path(
        "papers/shared/<str:public_id>/revoke/",
        showing.RevokeShare.as_view(),
        name="revoke_share",
    ),
    path("papers/<str:public_id>/show/", showing.ShowPaper.as_view(), name="show_paper"),
    path("papers/<str:public_id>/share/", showing.SharePaper.as_view(), name="share_paper"),
    path("roadside/", roadside.Roadside.as_view(), name="roadside"),
    path("roadside/<str:public_id>/", roadside.RoadsideLook.as_view(), name="roadside_look"),
    path(
        "roadside/<str:public_id>/other-face/",
        roadside.ReportDriver.as_view(),
        name="report_driver",
    ),
    path("roadside/<str:public_id>/done/", roadside.EndLook.as_view(), name="end_roadside_look"),
]
