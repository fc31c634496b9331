"""The country signing certificates whose cards are believed (ICAO Doc 9303-12 §3)."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.db import transaction

from accounts import events
from accounts.models import CountrySigner
from eid_portal.core import audit
from eid_portal.core.events import SYSTEM


class NotASigner(Exception):
    """The certificate, or the list, is not one of a country signer."""


class NotTrusted(Exception):
    """The certificate is not in the trust store."""


@transaction.atomic
def withdraw(certificate: bytes, *, now: datetime) -> CountrySigner:
    """Believe a country signing certificate (X.509, DER) no longer, from now on; its row stays and says since when.

    Raises:
        NotTrusted: see the class.
    """
    row = (
        CountrySigner.objects.select_for_update()
        .filter(certificate=certificate, ended_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotTrusted("this certificate is not in the trust store")
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    audit.record(
        events.ReferenceChanged(code="country_signer", added=False, fields=["ended_at"]),
        actor=SYSTEM,
        target=row,
        now=now,
    )
    return row


@transaction.atomic
def trust(certificate: bytes, revocation_list: bytes | None, *, now: datetime) -> CountrySigner:
    """Put a country signing certificate (X.509, DER) into the trust store; the same one again renews its list.

    Raises:
        NotASigner: it does not sign itself, may not sign others, or did not sign the list.
        ValueError: it cannot be read.
    """
    read = x509.load_der_x509_certificate(certificate)
    try:
        read.verify_directly_issued_by(read)
        is_ca = read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (InvalidSignature, x509.ExtensionNotFound):
        raise NotASigner("not a country signing certificate") from None
    if not is_ca:
        raise NotASigner("not a country signing certificate")
    if revocation_list is not None:
        listed = x509.load_der_x509_crl(revocation_list)
        if not listed.is_signature_valid(read.public_key()):  # type: ignore[arg-type] # it signs
            raise NotASigner("the revocation list was signed by somebody else")
    row = CountrySigner.objects.filter(certificate=certificate, ended_at__isnull=True).first()
    added = row is None
    if row is None:
        row = CountrySigner(
            name=read.subject.rfc4514_string()[:120],
            certificate=certificate,
            valid_from=read.not_valid_before_utc,
            valid_to=read.not_valid_after_utc,
            added_at=now,
        )
    if revocation_list is not None:
        row.revocation_list = revocation_list
    row.save()
    audit.record(
        events.ReferenceChanged(code="country_signer", added=added, fields=["revocation_list"]),
        actor=SYSTEM,
        target=row,
        now=now,
    )
    return row
