"""What the counter's pages say about findings, exceptions, checks and states: what is wrong, and what to do."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountState, CaseState, CaseTask, ChipVerdict, ExceptionReason
from accounts.rules.exceptions import Check
from accounts.rules.findings import NOTES, STOPS, Finding

__all__ = [
    "AccountState",
    "CaseState",
    "CaseTask",
    "ChipVerdict",
    "Explained",
    "explain",
    "reasons",
]  # templates label states


@dataclass(frozen=True, slots=True)
class Explained:
    """A disagreement in words."""

    kind: str  # err: nobody can issue; empty: a second human decides; info: to know
    icon: str
    title: Any
    advice: Any


FINDINGS: Final[dict[Finding, tuple[Any, Any]]] = {
    Finding.NAME_MARKS: (
        _("The name on the card lacks marks, or its tone mark stands elsewhere"),
        _("It is the same name. The register's spelling is used."),
    ),
    Finding.NAME_KEYBOARD: (
        _("The scanner typed the name through a Vietnamese keyboard"),
        _("It is the same name. Set the keyboard to English for the next person."),
    ),
    Finding.NAME_DIFFERS: (
        _("The card and the register have different names"),
        _("Read the name printed on the card aloud. If the card is right, the register must be corrected."),
    ),
    Finding.BIRTH_DATE_DIFFERS: (
        _("The card and the register have different birth dates"),
        _("Look at the printed date. A supervisor decides; the register may need correcting."),
    ),
    Finding.SEX_DIFFERS: (
        _("The card and the register have different sexes"),
        _("Ask whether the register was changed lately. A supervisor decides."),
    ),
    Finding.RESIDENCE_DIFFERS: (
        _("The place of residence changed since the card was made"),
        _("The register's address is used."),
    ),
    Finding.ISSUED_ON_DIFFERS: (
        _("The register has another day of issue for the card"),
        _("Ask whether the citizen has a newer card. Scan that one."),
    ),
    Finding.EXPIRES_ON_DIFFERS: (
        _("The register knows a card that ends on another day"),
        _("Ask whether the citizen has a newer card. Scan that one."),
    ),
    Finding.NUMBER_CHANGED: (
        _("The register gave this person a new number"),
        _("The card with the old number must be changed. A supervisor decides."),
    ),
    Finding.HELD_NAME_DIFFERS: (
        _("The name changed in the register since the account was issued"),
        _("With the new card the account takes the register's name."),
    ),
    Finding.HELD_BIRTH_DATE_DIFFERS: (
        _("The birth date changed in the register since the account was issued"),
        _("A supervisor decides whether it is the same person."),
    ),
    Finding.HELD_SEX_DIFFERS: (
        _("The sex changed in the register since the account was issued"),
        _("With the new card the account takes what the register says."),
    ),
    Finding.BIRTH_YEAR_NUMBER: (
        _("The birth year contradicts the personal number"),
        _("Scan the card again. If it stays so, keep the card and call the supervisor: it may be false."),
    ),
    Finding.SEX_NUMBER: (
        _("The sex contradicts the personal number"),
        _("After a change of sex the register gives a new number: the card must be changed first."),
    ),
    Finding.PROVINCE_UNKNOWN: (
        _("The number begins with no province's code"),
        _("The birth was registered abroad, or in a province whose code is no longer used. Nothing needs doing."),
    ),
    Finding.PROVINCE_DIFFERS: (
        _("The register has another place of birth registration than the number"),
        _("Ask where the birth was registered. The number stays as it is; the register may need correcting."),
    ),
    Finding.CARD_EXPIRED: (
        _("The card has expired"),
        _("The citizen changes the card first; the account comes with the new card."),
    ),
    Finding.CARD_NOT_VALID: (
        _("The card was reported lost or revoked"),
        _("Keep the card, and have a new one made. The account comes with the new card."),
    ),
    Finding.NO_CARD_KNOWN: (
        _("The register knows no card of this person"),
        _("The citizen applies for a card first; the account comes with it."),
    ),
    Finding.NOT_FOUND: (
        _("The register has nobody with this number"),
        _("Check the number with the card. If it is right, keep the card and call the supervisor."),
    ),
    Finding.DEAD: (
        _("The register says this person has died"),
        _("Keep the card and call the supervisor."),
    ),
    Finding.REGISTER_AWAY: (
        _("The population register does not answer"),
        _("Try again. Whoever had an account before can be served with a supervisor's approval."),
    ),
    Finding.CHIP_FALSE: (
        _("The chip proves that this card is not genuine, or not this person's"),
        _("Keep the card and call the supervisor: what is wrong stands beside the chip."),
    ),
    Finding.CHIP_DOUBTFUL: (
        _("The chip could not be proved genuine"),
        _("Read it again. If it stays so, a supervisor decides with the card in hand."),
    ),
    Finding.CHIP_DIFFERS: (
        _("The chip says something else than the card or the register"),
        _("Compare the fields named beside the chip. A supervisor decides."),
    ),
}  # fmt: skip

CHECKS: Final = {
    Check.FACE: _("The face is that of the photo"),
    Check.FINGERPRINT: _("The fingerprint matches (reader)"),
    Check.GUARDIAN: _("A guardian is here and agrees"),
    Check.PAPER: _("The paper was seen, and its number is the one stated (not needed to refuse)"),
}

REASONS: Final = {
    ExceptionReason.NO_CARD: _("No card in hand: the number was typed"),
    ExceptionReason.DISAGREEMENT: _("The card, the register and what we hold do not agree"),
    ExceptionReason.NO_PHONE: _("The citizen has no phone of their own"),
    ExceptionReason.PHONE_CHANGE: _("The citizen wants another phone than the one on file"),
    ExceptionReason.RECENT_ISSUE: _("An account was issued for this citizen within 30 days"),
    ExceptionReason.REGISTER_AWAY: _("The population register does not answer"),
    ExceptionReason.RECOVERY: _("The citizen cannot sign in any more: all ways in are made anew"),
    ExceptionReason.REMOVAL: _("A way to sign in is removed at the counter"),
    ExceptionReason.UNLOCK: _("An account its holder locked is unlocked, with form TK03"),
}

# What the officer reads before a task: icon and words.
TASKS: Final = {
    CaseTask.RECOVERY: (
        "refresh-cw",
        _(
            "All ways to sign in but the phone are removed and every device is signed out. A slip opens the way"
            " to new ones; level and papers stay. A supervisor must approve."
        ),
    ),
    CaseTask.PHONE_CHANGE: (
        "smartphone",
        _(
            "Confirm the new phone on the case first. The old phone is told, and no money leaves for 24 hours."
            " A supervisor must approve."
        ),
    ),
    CaseTask.REMOVAL: (
        "key-round",
        _("For a device that is gone. Other ways to sign in stay. A supervisor must approve."),
    ),
    CaseTask.LOCK: (
        "lock",
        _("At once: every device is signed out, and nobody signs in or pays until it is unlocked."),
    ),
    CaseTask.UNLOCK: (
        "lock",
        _("For accounts their holder locked, with form TK03. A supervisor must approve."),
    ),
    CaseTask.LOST_CARD: (
        "id-card",
        _("At once: the card is void and the account locked. Both come back with a new card."),
    ),
    CaseTask.GUARDIANSHIP: (
        "users",
        _("Compare the paper with what was entered, and both people with the register."),
    ),
}

# Beside the chip: kind, icon and what to do.
CHIP: Final = {
    ChipVerdict.GENUINE: (
        "ok",
        "badge-check",
        _("Compare the face below with the person. A chip can be copied: the face cannot."),
    ),
    ChipVerdict.ALTERED: (
        "err",
        "circle-alert",
        _("Somebody changed what the State wrote. Keep the card and call the supervisor."),
    ),
    ChipVerdict.FORGED: (
        "err",
        "circle-alert",
        _("The signature is not the State's. Keep the card and call the supervisor."),
    ),
    ChipVerdict.ANOTHER_CARD: (
        "err",
        "circle-alert",
        _("Another person's chip was read. Put the card that was scanned on the reader."),
    ),
    ChipVerdict.SIGNER_REVOKED: (
        "err",
        "circle-alert",
        _("Cards of this signer are no longer believed. Keep the card and call the supervisor."),
    ),
    ChipVerdict.SIGNER_EXPIRED: (
        "warn",
        "triangle-alert",
        _(
            "The signer's time was over, or the list of revoked signers is out of date."
            " A supervisor decides with the card in hand; tell the administrators."
        ),
    ),
    ChipVerdict.UNKNOWN_COUNTRY_SIGNER: (
        "warn",
        "triangle-alert",
        _("The portal does not know who signed. A supervisor decides; tell the administrators."),
    ),
    ChipVerdict.UNREADABLE: (
        "warn",
        "triangle-alert",
        _("Lay the card on the reader again, and read all three files."),
    ),
}
CHIP_FIELDS: Final = {"name": _("Full name"), "birth_date": _("Date of birth"), "sex": _("Sex")}

ACTIVATIONS: Final = {
    "counter_network": _("An activation came from a counter's own network"),
    "no_phone": _("An activation at the counter, without a phone"),
}

# State of a case: kind and icon of its pill.
STATES: Final = {
    CaseState.OPEN: ("info", "clock"),
    CaseState.WAITING: ("warn", "clock"),
    CaseState.APPROVED: ("warn", "check"),
    CaseState.ISSUED: ("ok", "badge-check"),
    CaseState.DONE: ("ok", "badge-check"),
    CaseState.REFUSED: ("err", "x"),
    CaseState.ABANDONED: ("info", "x"),
}


def explain(codes: list[str]) -> list[Explained]:
    """The findings of a case in words, the gravest first."""
    explained = []
    for code in codes:
        finding = Finding(code)
        title, advice = FINDINGS[finding]
        if finding in STOPS:
            explained.append(Explained("err", "circle-alert", title, advice))
        elif finding in NOTES:
            explained.append(Explained("info", "eye", title, advice))
        else:
            explained.append(Explained("", "triangle-alert", title, advice))
    order = {"err": 0, "": 1, "info": 2}
    return sorted(explained, key=lambda one: order[one.kind])


def reasons(codes: list[str]) -> list[Any]:
    """Why a second human decides, in words."""
    return [
        ACTIVATIONS[code] if code in ACTIVATIONS else REASONS[ExceptionReason(code)]
        for code in codes
    ]
