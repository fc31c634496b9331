"""Addresses of notices: the inbox, and "did you send me this?"."""

from django.urls import path

from accounts.views import messages

urlpatterns = [
    path("account/messages/", messages.Inbox.as_view(), name="messages"),
    path("account/messages/read/", messages.MarkRead.as_view(), name="messages_read"),
    path("messages/check/", messages.CheckMessage.as_view(), name="check_message"),
]
