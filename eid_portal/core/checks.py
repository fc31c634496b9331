"""System checks: what a machine can see of a dangerous installation."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks

from eid_portal.core import certificates, clock, keys

_SOON: Final = timedelta(days=90)


def register() -> None:
    """Register all checks."""
    checks.register(demonstration_is_not_production, checks.Tags.security)
    checks.register(keys_are_private, checks.Tags.security, deploy=True)
    checks.register(documents_can_be_signed, checks.Tags.security, deploy=True)


def demonstration_is_not_production(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Demonstration people and the sandbox never meet real ones."""
    production = (settings.SETTINGS_MODULE or "").endswith(
        ".production"
    )  # None: overridden in a test
    if not production:
        return []
    problems: list[checks.CheckMessage] = []
    if settings.DEMONSTRATION:
        problems.append(checks.Error("DEMONSTRATION is on in production", id="eid.E001"))
    for party, address in settings.OUTSIDE.items():
        if address.startswith(settings.SANDBOX_URL):
            problems.append(checks.Error(f"{party} is the sandbox in production", id="eid.E002"))
    return problems


def keys_are_private(**_kwargs: Any) -> list[checks.CheckMessage]:
    """The key file exists and only its owner reads it."""
    path = Path(settings.KEYS_FILE)
    if not path.exists():
        return [checks.Error("no key file; `manage.py make_keys` makes one", id="eid.E003")]
    if path.stat().st_mode & 0o077:
        return [checks.Error("the key file is readable by others", id="eid.E004")]
    return []


def documents_can_be_signed(**_kwargs: Any) -> list[checks.CheckMessage]:
    """The certificate that signs documents is there and lasts a while: readers refuse what an ended one signed."""
    try:
        key_id, _key = keys.current(certificates.SIGNER)
        ends = certificates.ends_at(keys.certificates_of(certificates.SIGNER)[key_id])
    except keys.KeyMissing:
        hint = "`manage.py make_keys` adds what is missing"
        return [checks.Error("no key signs documents", hint=hint, id="eid.E005")]
    if ends > clock.now() + _SOON:
        return []
    text = f"the certificate of {key_id} ends on {ends:%Y-%m-%d}"
    hint = f"`manage.py rotate_keys {certificates.SIGNER}` makes a new one"
    return [checks.Warning(text, hint=hint, id="eid.W001")]
