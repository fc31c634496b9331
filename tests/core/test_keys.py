"""The key file: made once, read again when it changes, never readable by others, never missing a moment."""

import base64
import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command

from eid_portal.core import certificates, checks, clock, keys


def add(file: Path, purpose: str) -> str:
    """A new key of the purpose, already current."""
    ids = keys.announce(file, [purpose])
    keys.make_current(file, ids)
    return ids[purpose]


@pytest.fixture
def file(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.KEYS_FILE = tmp_path / "secrets" / "keys.json"
    settings.VAR = tmp_path
    monkeypatch.setattr(keys, "_CHECK_EVERY", 0.0)
    monkeypatch.setattr(keys, "_file", keys._File())
    keys.write(settings.KEYS_FILE, keys.new_document())
    return Path(settings.KEYS_FILE)


def test_there_is_a_fresh_key_for_every_purpose(file: Path) -> None:
    made = {purpose: keys.current(purpose) for purpose in keys.PURPOSES}

    assert {len(key) for _, key in made.values()} == {32}
    assert len({key for _, key in made.values()}) == len(keys.PURPOSES)
    assert made["kek"][0] == "kek-1"


def test_only_its_owner_reads_the_file(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert checks.keys_are_private() == []
    assert list(file.parent.iterdir()) == [file]

    file.chmod(0o640)
    assert [problem.id for problem in checks.keys_are_private()] == ["eid.E004"]
    file.unlink()
    assert [problem.id for problem in checks.keys_are_private()] == ["eid.E003"]


def test_a_key_that_was_added_is_used_and_the_older_one_stays(file: Path) -> None:
    old = keys.current("kek")

    new_id = add(file, "kek")

    assert new_id == "kek-2"
    assert keys.current("kek")[0] == new_id
    assert keys.get("kek", old[0]) == old[1]
    assert list(keys.every("kek")) == ["kek-2", "kek-1"]


def test_a_key_never_takes_the_name_of_one_that_was_removed(file: Path) -> None:
    add(file, "kek")
    document = json.loads(file.read_text())
    del document["kek"]["keys"]["kek-1"]
    keys.write(file, document)
    second = keys.current("kek")

    assert add(file, "kek") == "kek-3"
    assert keys.get("kek", "kek-2") == second[1]
    with pytest.raises(keys.KeyMissing):
        keys.get("kek", "kek-1")


def test_a_file_another_process_wrote_is_read_without_a_restart(file: Path) -> None:
    before = keys.current("pepper")
    document = keys.new_document()

    keys.write(file, document)

    assert keys.current("pepper") != before


def test_a_key_made_a_moment_ago_elsewhere_is_found(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.current("kek")
    monkeypatch.setattr(keys, "_CHECK_EVERY", 3600.0)
    document = json.loads(file.read_text())
    document["kek"]["keys"]["kek-9"] = base64.b64encode(b"9" * 32).decode()
    keys.write(file, document)

    assert keys.get("kek", "kek-9") == b"9" * 32


def test_what_is_missing_is_said_plainly(file: Path) -> None:
    for ask in (
        lambda: keys.current("nothing"),
        lambda: keys.get("kek", "kek-7"),
        lambda: keys.get("nothing", "kek-1"),
    ):
        with pytest.raises(keys.KeyMissing):
            ask()
    file.unlink()
    with pytest.raises(keys.KeyMissing, match="make_keys"):
        keys.current("kek")


def test_readers_never_see_half_a_file(file: Path) -> None:
    stop = threading.Event()
    problems: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                assert len(keys.current("kek")[1]) == 32
            except BaseException as problem:  # noqa: BLE001 - reported below
                problems.append(problem)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        add(file, "kek")
    stop.set()
    for reader in readers:
        reader.join()

    assert problems == []
    assert keys.current("kek")[0] == "kek-21"


def test_public_keys_verify_what_the_signing_key_signs(file: Path) -> None:
    key_id, private = keys.signing_key("audit_signing")
    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(keys.public_keys("audit_signing")[key_id])
    )

    public.verify(private.sign(b"block"), b"block")


def test_make_keys_makes_a_file_once(file: Path) -> None:
    file.unlink()
    call_command("make_keys")
    made = file.read_bytes()

    call_command("make_keys")

    assert file.read_bytes() == made
    published = json.loads((file.parent.parent / "audit-public-keys.json").read_text())
    assert published == keys.public_keys("audit_signing")
    assert made not in (file.parent.parent / "portal-public-keys.json").read_bytes()


def test_make_keys_adds_what_a_newer_version_needs(file: Path) -> None:
    document = json.loads(file.read_text())
    kek = keys.current("kek")
    del document["outbound"]
    keys.write(file, document)

    call_command("make_keys")

    assert keys.current("outbound")[0] == "outbound-1"
    assert keys.current("kek") == kek


def test_a_file_of_before_documents_were_signed_gains_their_keys_once(file: Path) -> None:
    document = json.loads(file.read_text())
    for purpose in ("card_signing", "document_ca", "document_signing"):
        del document[purpose]
    keys.write(file, document)
    kek = keys.current("kek")

    call_command("make_keys")
    made = file.read_bytes()
    call_command("make_keys")

    assert file.read_bytes() == made
    assert keys.current("kek") == kek
    assert keys.current("card_signing")[0] == "card_signing-1"
    assert set(keys.certificates_of("document_signing")) == {"document_signing-1"}


# --- Certificates -----------------------------------------------------------------------------------
def certificate(purpose: str, key_id: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(keys.certificates_of(purpose)[key_id])


def test_the_authority_vouches_for_the_signer_of_documents(file: Path) -> None:
    authority = certificate("document_ca", "document_ca-1")
    signer = certificate("document_signing", "document_signing-1")

    signer.verify_directly_issued_by(authority)
    authority.verify_directly_issued_by(authority)

    material = keys.current("document_signing")[1]
    assert signer.public_key() == certificates.private_key(material).public_key()
    constraints = [
        one.extensions.get_extension_for_class(x509.BasicConstraints).value
        for one in (authority, signer)
    ]
    assert [one.ca for one in constraints] == [True, False]
    usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)


def test_a_new_signer_is_announced_with_its_certificate_and_the_old_one_stays(file: Path) -> None:
    before = keys.certificates_of("document_signing")

    coming = keys.announce(file, ["document_ca", "document_signing"])
    announced = keys.certificates_of("document_signing")
    keys.make_current(file, coming)

    assert list(announced) == ["document_signing-1", "document_signing-2"]
    assert announced["document_signing-1"] == before["document_signing-1"]
    # Readers know the authority of before; the next one signs what is made after them.
    certificate("document_signing", "document_signing-2").verify_directly_issued_by(
        certificate("document_ca", "document_ca-1")
    )
    later = keys.announce(file, ["document_signing"])["document_signing"]
    certificate("document_signing", later).verify_directly_issued_by(
        certificate("document_ca", "document_ca-2")
    )
    assert next(iter(keys.certificates_of("document_signing"))) == "document_signing-2"


def test_a_forgotten_signers_certificate_stays_for_what_it_signed(file: Path) -> None:
    keys.make_current(file, keys.announce(file, ["document_signing"]))

    keys.remove(file, "document_signing", "document_signing-1")

    assert set(keys.certificates_of("document_signing")) == {
        "document_signing-1",
        "document_signing-2",
    }
    with pytest.raises(keys.KeyMissing):
        keys.get("document_signing", "document_signing-1")


def test_a_key_without_a_certificate_is_said_plainly(file: Path) -> None:
    with pytest.raises(keys.KeyMissing, match="certificate of kek-1"):
        keys.certificates_of("kek")


def test_a_signers_certificate_that_ends_soon_is_said_in_time(file: Path) -> None:
    assert checks.documents_can_be_signed() == []

    with clock.frozen(clock.now() + certificates.SIGNER_LASTS - timedelta(days=80)):
        assert [problem.id for problem in checks.documents_can_be_signed()] == ["eid.W001"]
        keys.make_current(file, keys.announce(file, ["document_signing"]))
        assert checks.documents_can_be_signed() == []

    document = json.loads(file.read_text())
    del document["document_signing"]
    keys.write(file, document)
    assert [problem.id for problem in checks.documents_can_be_signed()] == ["eid.E005"]


def test_a_crash_while_writing_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def crash(_descriptor: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        add(file, "kek")

    assert file.read_bytes() == before
