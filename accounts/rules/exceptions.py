"""What an officer must check before an account is issued, and what needs a second human."""

from collections.abc import Collection
from enum import StrEnum

from accounts import policy
from accounts.enums import ExceptionReason, RegisterStatus, ScanSource
from accounts.rules.findings import NOTES, STOPS, Finding


class Check(StrEnum):
    """Something the officer confirms with their own eyes or reader; a code in ``CardCase.checks``."""

    FACE = "face"
    FINGERPRINT = "fingerprint"
    GUARDIAN = "guardian"
    PAPER = "paper"


def required_checks(*, age: int, has_guardian: bool) -> tuple[Check, ...]:
    """What must be confirmed: fingerprints from six on (Law on Identification 2023 art. 16), a guardian for wards."""
    checks = [Check.FACE]
    if age >= policy.CARD_AGE:
        checks.append(Check.FINGERPRINT)
    if age < policy.LEVEL_2_AGE or has_guardian:
        checks.append(Check.GUARDIAN)
    return tuple(checks)


def level_is_asked(age: int, *, is_foreign: bool) -> bool:
    """Whether level 2 is a choice (Decree 69/2024 art. 7)."""
    return age >= policy.CARD_AGE and (is_foreign or age < policy.LEVEL_2_AGE)


def reasons(
    *,
    source: ScanSource,
    status: RegisterStatus,
    findings: Collection[str],
    has_phone: bool,
    phone_changes: bool,
    issued_recently: bool,
) -> list[ExceptionReason]:
    """Why another human must approve, in the order people read them; empty: nobody must."""
    disagreements = {Finding(code) for code in findings} - NOTES - STOPS
    return [
        reason
        for reason, holds in (
            (ExceptionReason.NO_CARD, source == ScanSource.TYPED),
            (ExceptionReason.DISAGREEMENT, bool(disagreements)),
            (ExceptionReason.NO_PHONE, not has_phone),
            (ExceptionReason.PHONE_CHANGE, phone_changes),
            (ExceptionReason.RECENT_ISSUE, issued_recently),
            (ExceptionReason.REGISTER_AWAY, status == RegisterStatus.UNAVAILABLE),
        )
        if holds
    ]
