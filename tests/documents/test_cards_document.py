"""docs/cards.md says what the code does, to the byte."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from documents import policy
from documents.enums import Level
from documents.services import printed_cards, wallets
from eid_portal.core import clock, jws, keys, verify
from eid_portal.env import ROOT
from tests import factories
from tests.documents.wallets import session_of

TEXT: Final = (ROOT / "docs/cards.md").read_text(encoding="utf-8")
EXAMPLES: Final = dict(
    re.findall(r"^```\w+ ([a-z ]+)\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
)


def names_in(heading: str) -> list[str]:
    """The first column of the table below a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


@pytest.fixture
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = base64.urlsafe_b64decode(EXAMPLES["key"] + "=")
    private = Ed25519PrivateKey.from_private_bytes(raw)
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    monkeypatch.setattr(keys, "signing_key", lambda _purpose: ("card_signing-1", private))
    monkeypatch.setattr(keys, "public_keys", lambda _purpose: {"card_signing-1": public})


@pytest.mark.parametrize("what", ["card", "list"])
def test_the_example_is_what_we_sign(known_key: None, what: str) -> None:
    kind = {"card": printed_cards.CARD, "list": printed_cards.REVOKED}[what]
    content = json.loads(EXAMPLES[f"{what} content"])

    made, key_id = jws.sign(content, purpose=printed_cards.KEYS, kind=kind)

    assert made == EXAMPLES[what]
    assert key_id == "card_signing-1"
    for part, name in zip(made.split("."), ("header", "content"), strict=False):
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        assert raw.decode() == EXAMPLES[f"{what} {name}"]


def test_the_keys_are_published_as_the_example_has_them(known_key: None) -> None:
    assert printed_cards.key_set() == EXAMPLES["keys"]


def test_the_fingerprint_is_the_one_of_the_example() -> None:
    card, revoked = (json.loads(EXAMPLES[f"{what} content"]) for what in ("card", "list"))
    assert revoked["revoked"] == [printed_cards.fingerprint(card["id"])]


def test_the_verifier_reads_the_example(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(EXAMPLES["keys"])
    (tmp_path / "list").write_text(EXAMPLES["list"])
    script = ROOT / "static/offline/verify_card.py"

    done = subprocess.run(
        [sys.executable, "-I", script, EXAMPLES["card"], f"--keys={tmp_path / 'keys'}",
         f"--revoked={tmp_path / 'list'}"],
        capture_output=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (3, b"")  # it is the revoked one


@pytest.mark.django_db
def test_the_tables_name_what_a_card_and_the_list_hold() -> None:
    account = factories.make_account()
    factories.make_card(account.citizen)
    row = printed_cards.issue(
        session=session_of(account),
        wallet=wallets.open_own(session_of(account)),
        public_id="id-card",
        form_id=verify.new_code(printed_cards.CARDS),
        level=Level.FULL,
        with_name=True,
        language="vi",
        now=clock.now(),
    )
    published = printed_cards.revocation_list(now=clock.now())

    assert names_in("What a card says") == list(jws.content_of(row.code))
    assert names_in("What the list says") == list(jws.content_of(published))
    assert names_in("A signed text") == list(header_of(row.code)) == list(header_of(published))


def header_of(text: str) -> dict[str, Any]:
    part = text.split(".", maxsplit=1)[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header


def test_the_numbers_are_documented() -> None:
    minutes = int(printed_cards.LIST_MADE_EVERY.total_seconds()) // 60
    assert f"every {minutes} minutes" in TEXT
    assert f"at most {policy.PRINTED_CARD_LASTS.days} days" in TEXT
    assert f"longer than {printed_cards.LONGEST:,} characters" in TEXT
