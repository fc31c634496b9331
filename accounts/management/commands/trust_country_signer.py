"""Believe what a country signer's document signers sign, or with ``--end`` no longer: ``trust_country_signer FILE``."""

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import trust_store
from eid_portal.core import clock


class Command(BaseCommand):
    help = "Adds a country signing certificate (CSCA) to the trust store, renews its revocation list, or ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("certificate", type=Path, help="X.509, DER or PEM")
        parser.add_argument("--revocations", type=Path, help="its revocation list, DER or PEM")
        parser.add_argument("--end", action="store_true", help="believe it no longer, from now on")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            certificate = _certificate(options["certificate"].read_bytes())
            if options["end"]:
                trust_store.withdraw(certificate, now=clock.now())
                self.stdout.write("The certificate is not believed any more.")
                return
            path = options["revocations"]
            revocations = _revocations(path.read_bytes()) if path else None
            trust_store.trust(certificate, revocations, now=clock.now())
        except (OSError, ValueError, trust_store.NotASigner, trust_store.NotTrusted) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The certificate is in the trust store.")


def _certificate(content: bytes) -> bytes:
    if content.startswith(b"-----"):
        return x509.load_pem_x509_certificate(content).public_bytes(serialization.Encoding.DER)
    return content


def _revocations(content: bytes) -> bytes:
    if content.startswith(b"-----"):
        return x509.load_pem_x509_crl(content).public_bytes(serialization.Encoding.DER)
    return content
