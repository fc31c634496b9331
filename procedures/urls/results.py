"""Addresses of results."""

from django.urls import path

from procedures.views import results

urlpatterns = [
    path("results/<str:public_id>/", results.Result.as_view(), name="result"),
    path("results/<str:public_id>/pdf/", results.FetchResult.as_view(), name="fetch_result"),
    path(
        "desk/results/<str:public_id>/revoke/",
        results.RevokeResult.as_view(),
        name="revoke_result",
    ),
]
