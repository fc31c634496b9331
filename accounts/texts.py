"""What people are told: the words of every notice, by kind.

A template that changes gets a new version below the old one, so that what was written keeps its words. Text messages
are at most 160 characters (GSM 03.38) without links; their Vietnamese has no marks. Values are plain: "%(time)s" is
"09:41", "%(date)s" "26/11/2026", "%(helpline)s" the helpline's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import (
    ActedBy,
    AuthenticatorKind,
    CaseTask,
    DataRequestKind,
    GuardianshipEnd,
    GuardianshipNews,
    LockReason,
    NoticeChannel,
    NoticeKind,
)

INBOX, SMS, EMAIL = NoticeChannel.INBOX, NoticeChannel.SMS, NoticeChannel.EMAIL
EVERYWHERE: Final = (INBOX, SMS, EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The words of a kind of notice, and how it goes out."""

    text: Any  # inbox and e-mail
    sms: Any = ""
    email: Any = ""  # where it says more than the inbox: what is private stands nowhere else
    channels: tuple[NoticeChannel, ...] = EVERYWHERE
    security: bool = True  # goes out at night too


# Newest last: a notice's version is its place, from 1.
TEMPLATES: Final[dict[NoticeKind, tuple[Template, ...]]] = {
    NoticeKind.ACCOUNT_ISSUED: (
        Template(
            text=_(
                "Your e-ID account was issued with your ID card. Activate it with the slip from any counter."
            ),
            channels=(INBOX,),
            security=False,
        ),
    ),
    NoticeKind.ACCOUNT_REFRESHED: (
        Template(
            text=_(
                "Your new ID card is linked to your e-ID account. Your ways to sign in have not changed."
            ),
            channels=(INBOX,),
            security=False,
        ),
    ),
    NoticeKind.ACCOUNT_ACTIVATED: (
        Template(
            text=_(
                "Your e-ID account was activated at %(time)s on %(date)s."
                " If it was not you, call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account was activated at %(time)s on %(date)s."
                " If it was not you, call %(helpline)s.",
            ),
        ),
    ),
    NoticeKind.NEW_DEVICE: (
        Template(
            text=_(
                "Sign-in on a new device (%(device)s) at %(time)s on %(date)s."
                " If it was not you, lock your account at once."
            ),
            sms=pgettext_lazy(
                "sms",
                "Sign-in to your e-ID account on a new device at %(time)s on %(date)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
        ),
    ),
    NoticeKind.AUTHENTICATOR_ADDED: (
        Template(
            text=_("A way to sign in was added: %(kind)s. If it was not you, call %(helpline)s."),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in was added to your e-ID account: %(kind)s."
                " If it was not you, call %(helpline)s.",
            ),
        ),
    ),
    NoticeKind.STRANGERS_TRY: (
        Template(
            text=_(
                "Somebody tried to sign in to your account many times and failed. New devices are refused from now on."
                " Sign in on a device you have used before, or show your ID card at any counter."
            ),
            sms=pgettext_lazy(
                "sms",
                "Somebody keeps trying to sign in to your e-ID account."
                " Use a device you have used before, or show your card at a counter.",
            ),
        ),
    ),
    NoticeKind.AUTHENTICATOR_DISABLED: (
        Template(
            text=_(
                "A way to sign in was disabled after 100 failures in a row: %(kind)s."
                " Take your ID card to any ID-card counter to set it up again."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was disabled after 100 failures."
                " Take your ID card to a counter.",
            ),
        ),
    ),
    NoticeKind.CARD_EXPIRES: (
        Template(
            text=_(
                "Your ID card expires on %(date)s. Ask for a new one at any ID-card counter."
                " After that day your e-ID account is locked until you have the new card."
            ),
            # It names no day: that would give away the birthday to whoever sees the phone.
            sms=pgettext_lazy(
                "sms",
                "Your ID card expires within %(days)s days. Ask for a new one at any ID-card counter,"
                " or your e-ID account will be locked.",
            ),
            security=False,
        ),
    ),
    NoticeKind.PHONE_CHANGED: (
        Template(
            text=_(
                "The phone of your e-ID account was changed at a counter. If it was not you, call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The phone of your e-ID account was changed at a counter. If it was not you, call %(helpline)s.",
            ),
        ),
    ),
    NoticeKind.DATA_UNMASKED: (
        Template(
            text=_("An administrator opened your data. The reason given: %(reason)s"),
            channels=(INBOX,),
        ),
    ),
    NoticeKind.ACCOUNT_LOCKED: (
        Template(
            text=_(
                "The portal locked your e-ID account on %(date)s because your ID card has expired."
                " Ask for a new card at any ID-card counter: the account opens again with it, and your"
                " documents, history and ways to sign in stay. Questions: call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account is locked: your ID card has expired. It opens again with a new card"
                " from any ID-card counter. Help: %(helpline)s",
            ),
            security=False,
        ),
    ),
    NoticeKind.RECOVERY_STARTED: (
        Template(
            text=_(
                "A recovery of your account was started at %(time)s on %(date)s (%(device)s), reference %(reference)s."
                " It can be finished from %(ready_time)s on %(ready_date)s with a second proof."
                " If it was not you, cancel it: on your first page, or with the code or link we sent you."
            ),
            sms=pgettext_lazy(
                "sms",
                "A recovery of your e-ID account was started."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s"
                " before %(ready_time)s on %(ready_date)s.",
            ),
            email=_(
                "A recovery of your account was started at %(time)s on %(date)s (%(device)s), reference %(reference)s."
                " It can be finished from %(ready_time)s on %(ready_date)s with a second proof.\n\n"
                "If it was not you, cancel it here, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.RECOVERY_REMINDER: (
        Template(
            text=_(
                "A recovery of your account, started at %(time)s on %(date)s (%(device)s), can be finished"
                " from %(ready_time)s on %(ready_date)s with a second proof."
                " If it was not you, cancel it: on your first page, or with the code or link we sent you."
            ),
            sms=pgettext_lazy(
                "sms",
                "A recovery of your e-ID account goes on."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s"
                " before %(ready_time)s on %(ready_date)s.",
            ),
            email=_(
                "A recovery of your account, started at %(time)s on %(date)s (%(device)s), can be finished"
                " from %(ready_time)s on %(ready_date)s with a second proof.\n\n"
                "If it was not you, cancel it here, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.RECOVERY_CANCELLED: (
        Template(
            text=_(
                "The recovery of your account was cancelled at %(time)s on %(date)s by %(by)s. Nothing has changed."
                " If you had started it yourself, begin again or go to any ID-card counter."
                " Questions: call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The recovery of your e-ID account was cancelled at %(time)s on %(date)s."
                " Nothing has changed. Help: %(helpline)s",
            ),
        ),
    ),
    NoticeKind.RECOVERED: (
        Template(
            text=_(
                "Your account was recovered at %(time)s on %(date)s (%(device)s): it has a new password, and every"
                " device was signed out. Your level and documents stay. If it was not you, lock your account at once:"
                " on the page /stop/ with the code we sent you, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account was recovered and has a new password."
                " Not you? Lock it: open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "Your account was recovered at %(time)s on %(date)s (%(device)s): it has a new password, and every"
                " device was signed out. Your level and documents stay.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Then take your ID card to any ID-card"
                " counter, or call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.ROUTES_CHECK: (
        Template(
            text=_(
                "Would you still get in if your phone were gone? Take 30 seconds to check your ways of recovery:"
                " Security, Ways of recovery."
            ),
            sms=pgettext_lazy(
                "sms",
                "Take 30 seconds to check that you could get back into your e-ID account:"
                " sign in, Security, Ways of recovery.",
            ),
            security=False,
        ),
    ),
    NoticeKind.GUARDIANSHIP: (
        Template(
            text=_("Guardianship of %(guardian)s for %(ward)s: %(guardianship_news)s."),
            sms=pgettext_lazy(
                "sms",
                "There is news of a guardianship in your e-ID account. Sign in to the portal to read it."
                " Questions: %(helpline)s",
            ),
            security=False,
        ),
    ),
    NoticeKind.GUARDIANSHIP_ENDED: (
        Template(
            text=_(
                "The guardianship of %(guardian)s for %(ward)s ended on %(date)s."
                " The reason: %(guardianship_end)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A guardianship in your e-ID account has ended. Sign in to the portal to read more."
                " Questions: %(helpline)s",
            ),
            security=False,
        ),
    ),
}


def newest(kind: NoticeKind) -> tuple[int, Template]:
    """The version in force of a kind, and its template."""
    versions = TEMPLATES[kind]
    return len(versions), versions[-1]


def body(template: Template, channel: NoticeChannel) -> Any:
    """The words a template has for a channel; empty if it does not go out on it."""
    match channel:
        case NoticeChannel.SMS:
            return template.sms
        case NoticeChannel.EMAIL:
            return template.email or template.text
        case NoticeChannel.INBOX:
            return template.text


# Values that are codes: whoever reads the notice reads their words in their own language.
CODED: Final[dict[str, type[TextChoices]]] = {
    "kind": AuthenticatorKind,
    "lock_reason": LockReason,
    "by": ActedBy,
    "guardianship_end": GuardianshipEnd,
    "guardianship_news": GuardianshipNews,
    "request_kind": DataRequestKind,
    "task": CaseTask,
}


def fill(words_: Any, values: Mapping[str, Any]) -> str:
    """Words with their values, in the language now active."""
    shown = {
        name: str(CODED[name](value).label) if name in CODED and value else value
        for name, value in values.items()
    }
    return str(words_) % shown


def words(kind: str, version: int, values: Mapping[str, Any]) -> str:
    """A notice as it is read in the inbox, in the language now active."""
    return fill(TEMPLATES[NoticeKind(kind)][version - 1].text, values)
