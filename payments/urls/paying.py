"""Addresses of paying: from the button to the result."""

from django.urls import path

from payments.views import paying

ORDER = "payments/orders/<str:public_id>/"
urlpatterns = [
    path("payments/start/", paying.Start.as_view(), name="start"),
    path(ORDER, paying.Order.as_view(), name="order"),
    path(f"{ORDER}progress/", paying.OrderProgress.as_view(), name="order_progress"),
    path(f"{ORDER}code/", paying.OrderCode.as_view(), name="order_code"),
    path(f"{ORDER}passkey/", paying.OrderPasskey.as_view(), name="order_passkey"),
    path(
        f"{ORDER}passkey/options/",
        paying.OrderPasskeyOptions.as_view(),
        name="order_passkey_options",
    ),
    path(f"{ORDER}cancel/", paying.OrderCancel.as_view(), name="order_cancel"),
    path(f"{ORDER}again/", paying.OrderAgain.as_view(), name="order_again"),
]
