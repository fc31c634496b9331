"""Devices and sessions: seen, ended, forgotten; a new one confirmed, or the account locked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import OwnerLockReason
from accounts.selectors import devices as selectors
from accounts.services import devices, locking
from accounts.views import access
from accounts.views.access import SeeOther, SignedInView
from accounts.views.locking import locked_already


class Devices(SignedInView):
    """The list, and what is done about each; staff have one too."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        here = self.here
        context = {
            "devices": selectors.list_devices(
                here.account, session_id=here.id, device_id=here.device_id, now=self.now
            ),
            **self.holder,
        }
        return render(request, "accounts/account/devices.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do what the button says; of what is over already nothing more is said."""
        try:
            return self.act(request.POST.get("action", ""))
        except (devices.NoSuchDevice, ValueError):
            messages.warning(request, _("That was over already. This is how it stands now."))
        except devices.NotKnownHere as refused:
            messages.warning(request, refused.message)
        return SeeOther("/account/devices/")

    def act(self, action: str) -> HttpResponse:
        """One button.

        Raises:
            devices.NotKnownHere: see the class.
            devices.NoSuchDevice, ValueError: there is nothing of that id, or no such button.
        """
        match action:
            case "end":
                devices.end_session(session=self.here, session_id=self.chosen(), now=self.now)
                said = _("That device is signed out.")
            case "end-others":
                count = devices.end_others(session=self.here, now=self.now)
                said = ngettext(
                    "%(count)s device was signed out.", "%(count)s devices were signed out.", count
                ) % {"count": count}
            case "forget":
                devices.forget(session=self.here, device_id=self.chosen(), now=self.now)
                said = _("That device is forgotten: it counts as new when it signs in again.")
            case "me":
                devices.confirm(session=self.here, device_id=self.chosen(), now=self.now)
                said = _("Noted: it was you.")
            case "not-me":
                return self.lock()
            case _unknown:
                raise ValueError
        messages.success(self.request, said)
        return SeeOther("/account/devices/")

    def lock(self) -> HttpResponse:
        """Lock at once; this session ends with all others, so the answer itself says what to do next."""
        device_id = self.chosen()
        try:
            ended = devices.not_me(session=self.here, device_id=device_id, now=self.now)
        except locking.NotActive:
            return locked_already(self.request, self.here)
        context = {"ended": ended, "at": self.now, "why": OwnerLockReason.NOT_ME.value}
        context |= {"staff": self.holder["staff"]}
        response = render(self.request, "accounts/locked_now.html", context)
        access.end_session(response)
        return response

    def chosen(self) -> UUID:
        """What the button is about.

        Raises:
            ValueError: no id came with it.
        """
        return UUID(self.request.POST.get("id", ""))
