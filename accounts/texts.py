"""What people are told: the words of every notice, by kind.

A template that changes gets a new version below the old one, so that what was written keeps its words. Text messages
are at most 160 characters (GSM 03.38) without links; their Vietnamese has no marks. Values are plain: "%(time)s" is
"09:41", "%(date)s" "26/11/2026", "%(helpline)s" the helpline's number; these three are there without being given: when
the notice was written.
"""

from collections.abc import Callable, Mapping
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
    DataRequestNews,
    GuardianshipEnd,
    GuardianshipNews,
    LockEnd,
    LockEndShort,
    LockOrderKind,
    LockOrderState,
    LockReason,
    MoneyNote,
    NoticeChannel,
    NoticeKind,
    OwnerLockReason,
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
        Template(
            text=_(
                "Your e-ID account was activated at %(time)s on %(date)s."
                " If it was not you, lock it at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account was activated at %(time)s on %(date)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "Your e-ID account was activated at %(time)s on %(date)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
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
            email=_(
                "Sign-in on a new device (%(device)s) at %(time)s on %(date)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
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
        Template(
            text=_(
                "A way to sign in was added at %(time)s on %(date)s: %(kind)s."
                " If it was not you, remove it under Security, or lock your account and call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in was added to your e-ID account: %(kind)s."
                " If it was not you, call %(helpline)s.",
            ),
        ),
        Template(
            text=_(
                "A way to sign in was added at %(time)s on %(date)s: %(kind)s."
                " If it was not you, lock your account at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in was added to your e-ID account: %(kind)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "A way to sign in was added at %(time)s on %(date)s: %(kind)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
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
        Template(
            text=_(
                "Somebody tried to sign in to your account many times and failed, last at %(time)s on %(date)s."
                " New devices are refused from now on."
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
        Template(
            text=_(
                "A way to sign in was disabled after 100 failures in a row: %(kind)s."
                " Set it up again under Security, or take your ID card to any ID-card counter."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was disabled after 100 failures."
                " Set it up again under Security, or take your ID card to a counter.",
            ),
        ),
        Template(
            text=_(
                "A way to sign in was disabled at %(time)s on %(date)s after 100 failures in a row: %(kind)s."
                " Take your ID card to any ID-card counter to set it up again."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was disabled after 100 failures."
                " Take your ID card to a counter.",
            ),
        ),
        Template(
            text=_(
                "A way to sign in was disabled at %(time)s on %(date)s after 100 failures in a row: %(kind)s."
                " Set it up again under Security, or take your ID card to any ID-card counter."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was disabled after 100 failures."
                " Set it up again under Security, or take your ID card to a counter.",
            ),
        ),
    ),
    NoticeKind.PASSKEY_COPIED: (
        Template(
            text=_(
                "Somebody tried to sign in at %(time)s on %(date)s with a passkey that counts backwards, which happens"
                " when it was copied. It was refused. Remove the passkey “%(label)s” under Security and add a new one."
            ),
            sms=pgettext_lazy(
                "sms",
                "A passkey of your e-ID account may have been copied. It was refused."
                " Sign in, remove it and add a new one.",
            ),
        ),
        Template(
            text=_(
                "Somebody tried to sign in at %(time)s on %(date)s with the passkey “%(label)s”, which counted"
                " backwards: that happens when it was copied. It was refused and does not work any more. Remove it"
                " under Security with another passkey, or at any ID-card counter. If it was not you, lock your account"
                " at once: on the page /stop/ with the code we sent you, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A passkey of your e-ID account may have been copied and was disabled."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "Somebody tried to sign in at %(time)s on %(date)s with the passkey “%(label)s”, which counted"
                " backwards: that happens when it was copied. It was refused and does not work any more.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
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
        Template(
            text=_(
                "The phone of your e-ID account was changed at a counter at %(time)s on %(date)s."
                " If it was not you, call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The phone of your e-ID account was changed at a counter. If it was not you, call %(helpline)s.",
            ),
        ),
        Template(
            text=_(
                "The phone of your e-ID account was changed at a counter at %(time)s on %(date)s."
                " If it was not you, lock your account at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The phone of your e-ID account was changed at a counter."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "The phone of your e-ID account was changed at a counter at %(time)s on %(date)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.CASE_DONE: (
        Template(
            text=_(
                "You were at an ID-card counter at %(time)s on %(date)s: %(task)s."
                " If it was not you, lock your account and call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "At an ID-card counter, for your e-ID account: %(task)s. Not you? Call %(helpline)s.",
            ),
        ),
        Template(
            text=_(
                "You were at an ID-card counter at %(time)s on %(date)s: %(task)s."
                " If it was not you, lock your account at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "At an ID-card counter, for your e-ID account: %(task)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "You were at an ID-card counter at %(time)s on %(date)s: %(task)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.NUMBER_CHANGED: (
        Template(
            text=_(
                "The population register re-established your personal number at %(time)s on %(date)s: you have another"
                " one now, which stands on your new ID card. Your account, level and documents stay, and you sign in"
                " with the new number or the one before. Any ID-card counter tells you why."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your personal number was re-established. Sign in to your e-ID account with the new number"
                " or the old one. Any ID-card counter tells you why.",
            ),
        ),
    ),
    NoticeKind.DATA_UNMASKED: (
        Template(
            text=_("An administrator opened your data. The reason given: %(reason)s"),
            channels=(INBOX,),
        ),
        Template(
            text=_(
                "An administrator opened your data at %(time)s on %(date)s. The reason given: %(reason)s"
                " If you did not expect this, say so in your Data log."
            ),
            channels=(INBOX,),
        ),
    ),
    NoticeKind.LOOK_INSPECTED: (
        Template(
            text=_(
                "A look at your data stood out or was drawn at random, and was inspected without your asking"
                " (%(reference)s). What was found stands in your data log."
            ),
            sms=pgettext_lazy(
                "sms",
                "A look at your data was inspected (%(reference)s)."
                " Read what was found in your data log in the e-ID portal.",
            ),
            security=False,
        ),
    ),
    NoticeKind.INSPECTION_ANSWERED: (
        Template(
            text=_(
                "Your question %(reference)s about a look at your data was answered."
                " The answer is in your data log."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your question %(reference)s about a look at your data was answered."
                " Read it in your data log in the e-ID portal.",
            ),
            security=False,
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
        Template(
            text=_(
                "Your e-ID account was locked at %(time)s on %(date)s by %(by)s. Reason: %(why)s. %(lock_end)s"
                " Nobody can sign in, show your ID or pay meanwhile; nothing was deleted."
                " Questions: call %(helpline)s."
            ),
            # It names no day: with an expired card that would give away the birthday.
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account was locked by %(by)s: %(lock_end_short)s Help: %(helpline)s",
            ),
        ),
    ),
    NoticeKind.ACCOUNT_UNLOCKED: (
        Template(
            text=_(
                "Your e-ID account was unlocked at %(time)s on %(date)s by %(by)s. %(money)s"
                " If it was not you, lock it again: My account, Lock and unlock, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your e-ID account was unlocked by %(by)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "Your e-ID account was unlocked at %(time)s on %(date)s by %(by)s. %(money)s\n\n"
                "If it was not you, lock it here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.ACCOUNT_CLOSED: (
        Template(
            text=_(
                "This e-ID account was closed at %(time)s on %(date)s by %(by)s, which says that its holder has died."
                " It cannot be opened again. If that is a mistake, take the ID card to any ID-card counter"
                " or call %(helpline)s."
            ),
            channels=(INBOX,),  # nobody is told on the phone of somebody who died
        ),
    ),
    NoticeKind.LOCK_ORDER: (
        Template(
            text=_(
                "%(authority)s asked in writing (%(document)s): %(order_kind)s, your e-ID account."
                " On %(date)s: %(order_state)s. The reason given: %(reason)s"
                " You may complain in writing to the head of the identity agency, at any ID-card counter,"
                " or ask at %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "An authority's request about your e-ID account: %(order_state)s."
                " Its reason, and how to complain: at any ID-card counter or %(helpline)s.",
            ),
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
    NoticeKind.RECOVERY_CODE_REUSED: (
        Template(
            text=_(
                "A recovery code of your account that was used before was tried again at %(time)s on %(date)s"
                " and refused. If it was not you, somebody may have seen your sheet: print a new one under Security."
            ),
            sms=pgettext_lazy(
                "sms",
                "A used recovery code of your e-ID account was tried again and refused."
                " Not you? Print new recovery codes under Security.",
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
    NoticeKind.PHONE_REPLACED: (
        Template(
            text=_(
                "The phone of your account was replaced at %(time)s on %(date)s by the number ending in %(place)s."
                " If it was not you, take it back before %(until_time)s on %(until_date)s: on the page /stop/ with the"
                " code we sent to the old phone and by e-mail, or under Security. Questions: call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The phone of your e-ID account was replaced."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s"
                " before %(until_time)s on %(until_date)s.",
            ),
            email=_(
                "The phone of your account was replaced at %(time)s on %(date)s by the number ending in %(place)s.\n\n"
                "If it was not you, take it back before %(until_time)s on %(until_date)s,"
                " without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.EMAIL_CHANGED: (
        Template(
            text=_(
                "The e-mail address of your account was set to %(place)s at %(time)s on %(date)s."
                " If it was not you, take it back before %(until_time)s on %(until_date)s: on the page /stop/ with the"
                " code we sent to your phone and the old address, or under Security. Questions: call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The e-mail of your e-ID account was changed."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s"
                " before %(until_time)s on %(until_date)s.",
            ),
            email=_(
                "The e-mail address of your account was set to %(place)s at %(time)s on %(date)s.\n\n"
                "If it was not you, take it back before %(until_time)s on %(until_date)s,"
                " without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.CHANGE_REVERTED: (
        Template(
            text=_(
                "The last change of your phone or e-mail address was taken back at %(time)s on %(date)s by %(by)s: the"
                " old one is in use again, and every device was signed out. If it was not you, lock your account"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The last change of phone or e-mail of your e-ID account was taken back."
                " Every device was signed out. Help: %(helpline)s",
            ),
        ),
        Template(
            text=_(
                "The last change of your phone or e-mail address was taken back at %(time)s on %(date)s by %(by)s: the"
                " old one is in use again, and every device was signed out. If it was not you, lock your account at"
                " once, on the page /stop/ with the code we sent you, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The last change of phone or e-mail of your e-ID account was taken back."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "The last change of your phone or e-mail address was taken back at %(time)s on %(date)s by %(by)s: the"
                " old one is in use again, and every device was signed out.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.PASSWORD_CHANGED: (
        Template(
            text=_(
                "Your password was changed at %(time)s on %(date)s, and every other device was signed out."
                " If it was not you, lock your account at once or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "The password of your e-ID account was changed."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s to lock the account.",
            ),
            email=_(
                "Your password was changed at %(time)s on %(date)s, and every other device was signed out.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.AUTHENTICATOR_REMOVED: (
        Template(
            text=_(
                "A way to sign in was removed at %(time)s on %(date)s: %(kind)s."
                " If it was not you, lock your account and call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was removed: %(kind)s."
                " If it was not you, call %(helpline)s.",
            ),
        ),
        Template(
            text=_(
                "A way to sign in was removed at %(time)s on %(date)s: %(kind)s."
                " If it was not you, lock your account at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A way to sign in to your e-ID account was removed: %(kind)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "A way to sign in was removed at %(time)s on %(date)s: %(kind)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.SIM_CHANGED: (
        Template(
            text=_(
                "Your operator told us that the SIM of your phone (%(place)s) was changed at %(time)s on %(date)s."
                " We text no codes to it before %(until_time)s on %(until_date)s."
                " Sign in with a passkey, an authenticator app or a recovery code."
                " If you did not change your SIM, call your operator at once, and %(helpline)s."
            ),
            channels=(INBOX, EMAIL),
        ),
    ),
    NoticeKind.DATA_REQUEST: (
        Template(
            text=_(
                "Your request %(reference)s (%(request_kind)s): %(request_news)s."
                " What the administrator wrote: %(words)s"
            ),
            email=_(
                "There is news about your request %(reference)s."
                " Read it in the e-ID portal: My account, My data."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.EXPORT_READY: (
        Template(
            text=_(
                "The copy of all your data that you asked for is ready: My account, My data."
                " It is deleted at %(time)s on %(date)s."
                " If it was not you, lock your account at once: My account, Lock and unlock."
            ),
            sms=pgettext_lazy(
                "sms",
                "A copy of all your data is ready in the e-ID portal."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "The copy of all your data that you asked for is ready in the e-ID portal: My account, My data."
                " It is deleted at %(time)s on %(date)s.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s"
            ),
        ),
    ),
    NoticeKind.CONSENT_WITHDRAWN: (
        Template(
            text=_(
                "You withdrew your consent to %(party)s. We send them nothing from now on."
                " They must have stopped using your data, and deleted it, by %(date)s."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
        Template(
            text=_(
                "You withdrew your consent to %(party)s. We send them nothing from now on."
                " By law they have to stop using your data, and to delete it, by %(date)s."
                " They do not report that to us: if they go on, make a request under My data."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
        Template(  # a guardian withdraws for a ward, who is told too
            text=_(
                "The consent to %(party)s is withdrawn. We send them nothing from now on."
                " By law they have to stop using your data, and to delete it, by %(date)s."
                " They do not report that to us: if they go on, make a request under My data."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.PAPER_VERIFIED: (
        Template(
            text=_("In your wallet and verified by its registry: %(paper)s, ending in %(ending)s."),
            sms=pgettext_lazy(
                "sms", "In your e-ID wallet and verified: %(paper)s, ending in %(ending)s."
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAPER_MISMATCH: (
        Template(
            text=_(
                "%(paper)s, ending in %(ending)s: what its registry says does not agree with the population register."
                " Open it under Papers to see both values and who corrects them."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(paper)s, ending in %(ending)s, does not agree with the population register."
                " Open the portal, Papers.",
            ),
            security=False,
        ),
    ),
    NoticeKind.PAPER_NOT_FOUND: (
        Template(
            text=_(
                "%(paper)s, ending in %(ending)s: its registry has no such paper."
                " Open it under Papers to see what was searched and to ask the registry."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.PAPER_CHANGED: (
        Template(
            text=_(
                "Its registry changed something on %(paper)s, ending in %(ending)s, at %(time)s on %(date)s."
                " Open it under Papers to see it."
            ),
            sms=pgettext_lazy(
                "sms",
                "Its registry changed something on: %(paper)s, ending in %(ending)s. Open the portal, Papers.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAPER_REVOKED: (
        Template(
            text=_(
                "Its registry revoked %(paper)s, ending in %(ending)s. It can no longer be shown from your wallet."
                " Open it under Papers to see what to do."
            ),
            sms=pgettext_lazy(
                "sms",
                "Revoked by its registry: %(paper)s, ending in %(ending)s. Open the portal, Papers.",
            ),
            security=False,
        ),
    ),
    NoticeKind.PAPER_EXPIRES: (
        Template(
            text=_(
                "%(paper)s, ending in %(ending)s, expires on %(expires)s. Open it under Papers to renew it."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(paper)s, ending in %(ending)s, expires on %(expires)s. Open the portal, Papers.",
            ),
            security=False,
        ),
    ),
    NoticeKind.PAPER_EXPIRED: (
        Template(
            text=_(
                "%(paper)s, ending in %(ending)s, expired on %(expires)s. Open it under Papers to renew it."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.HOLDER_DOUBTED: (
        Template(
            text=_(
                "%(paper)s: somebody who had the code reported at %(time)s on %(date)s that the person before them"
                " was not its holder. If you were there yourself, nothing need be done. If not, open it under Papers"
                " and revoke its shared and signed copies and printed cards, and lock your account, on the page /stop/"
                " with the code we sent you, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(paper)s: reported as shown by somebody else, %(time)s %(date)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "%(paper)s: somebody who had the code reported at %(time)s on %(date)s that the person before them"
                " was not its holder.\n\n"
                "If you were there yourself, nothing need be done. If not, lock your account here at once, without"
                " signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Then open the paper under Papers and revoke"
                " its shared and signed copies and printed cards. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.HOLDER_DOUBTED_ROAD: (
        Template(
            text=_(
                "%(paper)s: a traffic officer of %(office)s reported at %(time)s on %(date)s that the driver was not"
                " its holder (%(reference)s). If it was you, nothing need be done. If not, open it under Papers and"
                " revoke its shared and signed copies and printed cards, and lock your account, on the page /stop/"
                " with the code we sent you, or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(paper)s: shown by somebody else on the road, %(time)s %(date)s, %(reference)s."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "%(paper)s: a traffic officer of %(office)s reported at %(time)s on %(date)s that the driver was not"
                " its holder (%(reference)s).\n\n"
                "If it was you, nothing need be done. If not, lock your account here at once, without signing in:"
                " %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Then open the paper under Papers and revoke"
                " its shared and signed copies and printed cards. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.CORRECTION_ANSWERED: (
        Template(
            text=_(
                "Your request %(reference)s was answered. We check the paper anew by ourselves;"
                " open it under Papers to see what came out."
            ),
            sms=pgettext_lazy(
                "sms", "Your request %(reference)s was answered. Open the portal, Papers."
            ),
            security=False,
        ),
    ),
    NoticeKind.CORRECTION_LATE: (
        Template(
            text=_(
                "Your request %(reference)s should have been answered by %(due)s; %(office)s has it."
                " Our operators take it up with the registry."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.REFUND_DECIDED: (
        Template(
            text=_(
                "%(amount)s ₫ of your payment %(reference)s goes back to the bank account it came from: %(words)s"
                " If this is not right, call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(amount)s VND of payment %(reference)s goes back to your bank account. Questions: %(helpline)s.",
            ),
            security=False,
        ),
    ),
    NoticeKind.BILL_DUE: (
        Template(
            text=_(
                "%(amount)s ₫ to %(payee)s is to be paid by %(date)s. It stands under Payments."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(amount)s VND to %(payee)s is to be paid by %(date)s. Open the portal, Pay.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_SETTLED: (
        Template(
            text=_(
                "Paid: %(amount)s ₫ to %(payee)s (%(reference)s). The receipt stands under Payments."
            ),
            sms=pgettext_lazy(
                "sms",
                "It is certain now: %(amount)s VND of payment %(reference)s reached its payee. Open the portal, Pay.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_REFUNDED: (
        Template(
            text=_(
                "%(amount)s ₫ of your payment %(reference)s to %(payee)s is back in the bank account it came from."
                " Open it under Payments to see why."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(amount)s VND of payment %(reference)s is back in your bank account. Open the portal, Pay.",
            ),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_REFUSED: (
        Template(
            text=_(
                "Your bank did not pay %(amount)s ₫ (%(reference)s). No money was taken."
                " Open it under Payments to see why, and to try again."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your bank did not pay %(amount)s VND (%(reference)s). No money was taken. Open the portal, Pay.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_UNKNOWN: (
        Template(
            text=_(
                "It is not certain yet whether your payment %(reference)s of %(amount)s ₫ was made."
                " Do not pay it again: we ask by ourselves, and tell you as soon as it is certain."
            ),
            channels=(INBOX,),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_SCHEDULED: (
        Template(
            text=_(
                "%(amount)s ₫ to %(payee)s will be paid automatically at %(until_time)s on %(until_date)s."
                " If you do not want that, press “Not this time” under Payments, Automatic."
            ),
            sms=pgettext_lazy(
                "sms",
                "%(amount)s VND will be paid automatically at %(until_time)s on %(until_date)s."
                " Not this time? Open the portal, Pay, Automatic.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_OVER_CAP: (
        Template(
            text=_(
                "The bill of %(payee)s over %(amount)s ₫ is above your cap of %(cap)s ₫, so it is"
                " not paid automatically. Pay it yourself, under Bills."
            ),
            sms=pgettext_lazy(
                "sms",
                "A bill of %(amount)s VND is above your cap of %(cap)s VND and is not paid automatically."
                " Open the portal, Pay.",
            ),
            channels=(INBOX, SMS),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_NOT_SCHEDULED: (
        Template(
            text=_(
                "The bill of %(payee)s over %(amount)s ₫ is not paid automatically."
                " Why, and how to pay it if it still has to be, stands under Payments, Automatic."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.PAYMENT_SCHEDULE_ENDED: (
        Template(
            text=_(
                "Bills of %(payee)s are no longer paid automatically: the bank account is not linked any more,"
                " or the customer code was forgotten. Set it up again under Payments, Automatic."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.BANK_LINKED: (
        Template(
            text=_(
                "Your account at %(bank)s ending in %(ending)s was linked at %(time)s on %(date)s: you can pay"
                " from it here. If you did not do this, unlink it under Payments, Banks, and call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your account at %(bank)s ending in %(ending)s was linked to your e-ID account."
                " Not you? Call %(helpline)s.",
            ),
        ),
    ),
    NoticeKind.TRANSFERS_STOPPED: (
        Template(
            text=_(
                "Transfers were stopped at %(time)s on %(date)s from your account, because somebody was telling you to"
                " send money. What was not sent was taken back. The stop ends by itself at %(until_time)s on"
                " %(until_date)s; nobody can end it sooner, whatever they tell you. Bills can be paid with a passkey."
                " If it was not you, lock your account at once, on the page /stop/ with the code we sent you,"
                " or call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Transfers stopped until %(until_time)s on %(until_date)s; nobody can end it sooner."
                " Not you? Open the portal, page /stop/, and type %(stop_code)s.",
            ),
            email=_(
                "Transfers were stopped at %(time)s on %(date)s from your account, because somebody was telling you to"
                " send money. What was not sent was taken back. The stop ends by itself at %(until_time)s on"
                " %(until_date)s; nobody can end it sooner, whatever they tell you.\n\n"
                "If it was not you, lock your account here at once, without signing in: %(stop_link)s\n"
                "Or open the portal, page /stop/, and type %(stop_code)s. Questions: call %(helpline)s."
            ),
        ),
    ),
    NoticeKind.BANK_UNLINKED: (
        Template(
            text=_(
                "Your account at %(bank)s ending in %(ending)s is no longer linked: nothing is paid from it here."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.DISPUTE_ASKED: (
        Template(
            text=_(
                "You disputed your payment of %(amount)s ₫ to %(payee)s, %(reference)s. We look into it and answer by"
                " %(due)s. If you did not do this, lock your account and call %(helpline)s."
            ),
            channels=(INBOX, EMAIL),
            security=False,
        ),
    ),
    NoticeKind.DISPUTE_ANSWERED: (
        Template(
            text=_(
                "We looked into your payment of %(amount)s ₫ to %(payee)s, %(reference)s. No money goes back: %(words)s"
                " If this is not right, call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "Your dispute of payment %(reference)s was answered."
                " Open the portal, Payments, to read it. Questions: %(helpline)s.",
            ),
            security=False,
        ),
    ),
    NoticeKind.APPLICATION_RECEIVED: (
        Template(
            text=_(
                "We received your application %(reference)s. By when it is decided stands on its page."
            ),
            sms=pgettext_lazy(
                "sms",
                "We received your application %(reference)s. Open the portal, Procedures, to follow it.",
            ),
            security=False,
        ),
    ),
    NoticeKind.APPLICATION_DECIDED: (
        Template(
            text=_("Your application %(reference)s was decided. The decision stands on its page."),
            sms=pgettext_lazy(
                "sms",
                "Your application %(reference)s was decided. Open the portal, Procedures, to read it.",
            ),
            security=False,
        ),
    ),
    NoticeKind.RESULT_REVOKED: (
        Template(
            text=_(
                "The office took back the result of your application %(reference)s. Its page says why; do not rely on"
                " the paper any more."
            ),
            sms=pgettext_lazy(
                "sms",
                "The office took back the result of your application %(reference)s."
                " Open the portal, Procedures, to read why.",
            ),
            security=False,
        ),
    ),
    NoticeKind.APPLICATION_ASKED: (
        Template(
            text=_(
                "The office needs something from you for your application %(reference)s."
                " Its page says what, and until when."
            ),
            sms=pgettext_lazy(
                "sms",
                "The office needs something from you for application %(reference)s. Open the portal, Procedures.",
            ),
            security=False,
        ),
    ),
    NoticeKind.APPLICATION_MESSAGE: (
        Template(
            text=_("The office wrote to you about your application %(reference)s."),
            sms=pgettext_lazy(
                "sms",
                "The office wrote to you about application %(reference)s. Open the portal, Procedures, to read it.",
            ),
            security=False,
        ),
    ),
    NoticeKind.APPLICATION_DELAYED: (
        Template(
            text=_(
                "Your application %(reference)s is not decided in time. We are sorry."
                " The new date is %(until_date)s; the reason stands on its page."
            ),
            sms=pgettext_lazy(
                "sms",
                "We are sorry: application %(reference)s is late."
                " The new date is %(until_date)s. Open the portal, Procedures.",
            ),
            security=False,
        ),
    ),
    NoticeKind.CONSENT_ASKED: (
        Template(
            text=_(
                "%(name)s asks for your consent: %(procedure)s. Answer by %(until_date)s"
                " on the page My consents. If you know nothing of it, do not agree."
            ),
            sms=pgettext_lazy(
                "sms",
                "Somebody asks for your consent by %(until_date)s."
                " Open the portal, My consents. If you know nothing of it, do not agree.",
            ),
            security=False,
        ),
        Template(  # the hour at which it lapses
            text=_(
                "%(name)s asks for your consent: %(procedure)s. Answer by %(until_time)s on %(until_date)s,"
                " on the page My consents. If you know nothing of it, do not agree."
            ),
            sms=pgettext_lazy(
                "sms",
                "Somebody asks for your consent by %(until_time)s on %(until_date)s."
                " Open the portal, My consents. If you know nothing of it, do not agree.",
            ),
            security=False,
        ),
    ),
    NoticeKind.CONSENT_ANSWERED: (
        Template(
            text=_(
                "The person you asked answered about your application %(reference)s."
                " Its page says what they answered."
            ),
            sms=pgettext_lazy(
                "sms",
                "The person you asked answered about application %(reference)s. Open the portal, Procedures.",
            ),
            security=False,
        ),
    ),
    NoticeKind.MANDATE_GIVEN: (
        Template(
            text=_(
                "%(giver)s lets %(holder)s file for them until %(until_date)s: %(procedure)s."
                " Either of the two can end it on the page Mandates."
                " If you did not expect this, end it there and call %(helpline)s."
            ),
            sms=pgettext_lazy(
                "sms",
                "A mandate to file a procedure was given, until %(until_date)s."
                " Not expected? End it on the portal, Mandates, or call %(helpline)s.",
            ),
        ),
    ),
    NoticeKind.MANDATE_ENDS: (
        Template(
            text=_(
                "%(holder)s can file for %(giver)s until %(until_date)s, and not after that day: %(procedure)s."
                " To go on, who gave the mandate gives it again on the page Mandates."
            ),
            sms=pgettext_lazy(
                "sms",
                "A mandate to file a procedure ends after %(until_date)s. What was filed stays filed."
                " To go on, give it again on the portal, Mandates.",
            ),
            security=False,
        ),
    ),
    NoticeKind.MANDATE_ENDED: (
        Template(
            text=_(
                "%(holder)s can no longer file for %(giver)s, from %(time)s on %(date)s on: %(procedure)s."
                " What was filed stays filed."
            ),
            sms=pgettext_lazy(
                "sms",
                "A mandate to file a procedure ended at %(time)s on %(date)s. What was filed stays filed."
                " Open the portal, Mandates, to see yours.",
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


def _why(code: str) -> TextChoices:
    """Why an account is locked: what its owner said, else the reason of the lock."""
    return OwnerLockReason(code) if code in OwnerLockReason.values else LockReason(code)


# Values that are codes: whoever reads the notice reads their words in their own language.
CODED: Final[dict[str, Callable[[str], Any]]] = {
    "why": _why,
    "lock_end": LockEnd,
    "lock_end_short": LockEndShort,
    "money": MoneyNote,
    "order_kind": LockOrderKind,
    "order_state": LockOrderState,
    "kind": AuthenticatorKind,
    "lock_reason": LockReason,
    "by": ActedBy,
    "guardianship_end": GuardianshipEnd,
    "guardianship_news": GuardianshipNews,
    "request_kind": DataRequestKind,
    "request_news": DataRequestNews,
    "task": CaseTask,
}


def register_code(name: str, word: Callable[[str], Any]) -> None:
    """Let values called ``name`` be codes of another app; ``word`` gives a code's words."""
    CODED[name] = word


def _label(word: Any) -> str:
    return str(word.label if isinstance(word, TextChoices) else word)


def fill(words_: Any, values: Mapping[str, Any]) -> str:
    """Words with their values, in the language now active."""
    shown = {
        name: _label(CODED[name](value)) if name in CODED and value else value
        for name, value in values.items()
    }
    return str(words_) % shown


def words(kind: str, version: int, values: Mapping[str, Any]) -> str:
    """A notice as it is read in the inbox, in the language now active."""
    return fill(TEMPLATES[NoticeKind(kind)][version - 1].text, values)
