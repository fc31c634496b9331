"""Addresses where officers look people up and are watched."""

from django.urls import path

from accounts.views import inspections, look_ups, supervision

urlpatterns = [
    # --- looking a person up
    path("counter/look-up/", look_ups.LookUp.as_view(), name="look_up"),
    path("counter/look-up/<str:public_id>/", look_ups.LookResult.as_view(), name="look_up_result"),
    path("counter/look-up/<str:public_id>/mask/", look_ups.MaskLook.as_view(), name="mask_look"),
    path("counter/court-orders/<str:public_id>/", look_ups.OpenOrder.as_view(), name="open_order"),
    # --- the supervisor's console
    path("counter/supervision/", supervision.Supervision.as_view(), name="supervision"),
    path(
        "counter/supervision/alerts/<str:public_id>/",
        supervision.DecideAlert.as_view(),
        name="decide_alert",
    ),
    path(
        "counter/supervision/sample/<str:public_id>/",
        supervision.Review.as_view(),
        name="review_look",
    ),
    path(
        "counter/supervision/inspections/<str:public_id>/",
        supervision.Inspect.as_view(),
        name="inspect",
    ),
    path(
        "counter/supervision/court-orders/<str:public_id>/",
        supervision.DecideOrder.as_view(),
        name="decide_order",
    ),
    # --- a person asks about a look
    path("account/data-log/questions/", inspections.Questions.as_view(), name="questions"),
    path(
        "account/data-log/<uuid:event_id>/question/",
        inspections.AskAboutLook.as_view(),
        name="ask_about_look",
    ),
]
