"""Devices and sessions, the lock, and what a stop code does."""

from typing import Any

from rest_framework.response import Response

from accounts.api.account import answers, bodies
from accounts.api.account.operations import CitizenOperation, PublicOperation, operation
from accounts.enums import ActedBy, LockReason, OwnerLockReason
from accounts.selectors import devices as device_selectors
from accounts.selectors import locks
from accounts.services import assurance, devices, halting, locking, tries
from eid_portal.core.api import plain
from eid_portal.core.web import client_ip


class Devices(CitizenOperation):
    """Devices and sessions."""

    @operation(
        "list_devices",
        "Devices and sessions, live and of the last days.",
        gives=answers.DevicesAnswer,
    )
    def get(self, request: Any) -> Response:
        """The lists."""
        here = self.here
        found = device_selectors.list_devices(
            here.account, session_id=here.id, device_id=here.device_id, now=self.now
        )
        return self.give(found)


class EndSession(CitizenOperation):
    """Another session ends."""

    @operation(
        "end_session",
        "End another session at once.",
        devices.NoSuchDevice,
        takes=bodies.Which,
    )
    def post(self, request: Any) -> Response:
        """End it."""
        devices.end_session(session=self.here, session_id=self.read()["id"], now=self.now)
        return self.nothing()


class EndOthers(CitizenOperation):
    """All others end."""

    @operation("end_other_sessions", "End all sessions but this.", gives=answers.EndedAnswer)
    def post(self, request: Any) -> Response:
        """End them."""
        return self.give({"ended": devices.end_others(session=self.here, now=self.now)})


class ForgetDevice(CitizenOperation):
    """A device is forgotten."""

    @operation(
        "forget_device",
        "Forget a device: its sessions end, and it counts as new when it signs in again.",
        devices.NoSuchDevice,
        takes=bodies.Which,
    )
    def post(self, request: Any) -> Response:
        """Forget it."""
        devices.forget(session=self.here, device_id=self.read()["id"], now=self.now)
        return self.nothing()


class ConfirmDevice(CitizenOperation):
    """It was me."""

    @operation(
        "confirm_device",
        "Say of a new device that it is one's own.",
        devices.NoSuchDevice,
        devices.NotKnownHere,
        assurance.StepUpNeeded,
        takes=bodies.Which,
    )
    def post(self, request: Any) -> Response:
        """Note it."""
        devices.confirm(session=self.here, device_id=self.read()["id"], now=self.now)
        return self.nothing()


class NotMe(CitizenOperation):
    """It was not me."""

    @operation(
        "not_me",
        "Say of a device that it is somebody else's: the account locks, and every session ends, this one too.",
        devices.NoSuchDevice,
        locking.NotActive,
        takes=bodies.Which,
        gives=answers.EndedAnswer,
    )
    def post(self, request: Any) -> Response:
        """Lock at once."""
        ended = devices.not_me(session=self.here, device_id=self.read()["id"], now=self.now)
        return self.give({"ended": ended})


class Lock(CitizenOperation):
    """The lock."""

    @operation(
        "standing", "How the account stands, and locks before.", gives=answers.StandingAnswer
    )
    def get(self, request: Any) -> Response:
        """The state."""
        return self.give(locks.standing(self.here.account))

    @operation(
        "lock",
        "Lock the account; every session ends, this one too.",
        locking.NotActive,
        takes=bodies.LockBody,
        gives=answers.EndedAnswer,
    )
    def post(self, request: Any) -> Response:
        """Lock it."""
        ended = locking.lock(
            account=self.here.account,
            by=ActedBy.OWNER,
            reason=LockReason.OWNER,
            why=OwnerLockReason(self.read()["why"]),
            actor=self.actor,
            now=self.now,
        )
        return self.give({"ended": ended})


# --- Without signing in ---------------------------------------------------------------------------
class Stop(PublicOperation):
    """The stop code of a text message."""

    @operation(
        "stop",
        "Do what a stop code is for: it locks or cancels, once, and opens nothing.",
        halting.NothingToStop,
        tries.TooManyTries,
        takes=bodies.StopBody,
        gives=answers.StoppedAnswer,
    )
    def post(self, request: Any) -> Response:
        """Stop."""
        code, address = self.read()["code"], client_ip(plain(request))
        return self.give(halting.stop_by_code(code=code, address=address, now=self.now))


class ShowStop(PublicOperation):
    """What a link stops."""

    @operation(
        "show_stop",
        "What the link of an e-mail stops, or has stopped. Nothing is changed.",
        halting.NothingToStop,
        takes=bodies.StopLinkBody,
        gives=answers.StopAnswer,
    )
    def post(self, request: Any) -> Response:
        """Show it."""
        return self.give(halting.show(token=self.read()["token"], now=self.now))


class StopByLink(PublicOperation):
    """The link of an e-mail."""

    @operation(
        "stop_by_link",
        "Do what the link of an e-mail is for.",
        halting.NothingToStop,
        takes=bodies.StopLinkBody,
        gives=answers.StoppedAnswer,
    )
    def post(self, request: Any) -> Response:
        """Stop."""
        return self.give(halting.stop_by_link(token=self.read()["token"], now=self.now))
