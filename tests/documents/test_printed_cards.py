"""Printed cards: their code verifies without the portal, holds what was chosen and nothing else, and can be revoked."""

import ast
import base64
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from documents import events, policy
from documents.enums import DocumentState, Level
from documents.models import PrintedCard
from documents.services import copied_papers, printed_cards, showable, wallets
from eid_portal.core import clock, jws, keys, sealed, verify
from eid_portal.core.events import ANYONE
from eid_portal.core.models import AuditEvent
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from eid_portal.env import ROOT
from tests import factories
from tests.documents import pdfs
from tests.documents.wallets import make_paper, session_of

pytestmark = pytest.mark.django_db

SCRIPT = ROOT / "static/offline/verify_card.py"
VALID, WRONG, ENDED, REVOKED, UNUSABLE = range(5)


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def holder(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def issue(account: Any, **changes: Any) -> PrintedCard:
    """A card of the ID card."""
    values: dict[str, Any] = {
        "session": session_of(account),
        "wallet": wallets.open_own(session_of(account)),
        "public_id": "id-card",
        "form_id": verify.new_code(printed_cards.CARDS),
        "level": Level.BASIC,
        "with_name": True,
        "language": "vi",
        "now": clock.now(),
    }
    return printed_cards.issue(**values | changes)


def revoke(account: Any, row: PrintedCard) -> None:
    printed_cards.revoke(
        wallet=wallets.open_own(session_of(account)),
        public_id=row.public_id,
        now=clock.now(),
    )


def check(row: PrintedCard) -> Genuine | Nothing:
    viewer = Viewer(actor=ANYONE, press="p", device="", place="")
    return verify.open_code(row.public_id, viewer=viewer, now=clock.now())


class Desk:
    """Somebody with a scanner and the two files, and no network."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.list = folder / "card-keys.json", folder / "revoked-cards.jws"
        self.fetch()

    def fetch(self, *, now: datetime | None = None) -> None:
        self.keys.write_text(printed_cards.key_set(), encoding="utf-8")
        self.list.write_text(printed_cards.revocation_list(now=now or clock.now()))

    def verify(self, code: str, *, language: str = "en", lists: bool = True) -> tuple[int, str]:
        """The outcome and what is said; by a Python that knows none of our packages and settings."""
        given = [f"--keys={self.keys}", f"--language={language}"]
        given += [f"--revoked={self.list}"] if lists else []
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPT), "-", *given],
            input=code.encode(),
            capture_output=True,
            env={},
            check=False,
            timeout=60,
        )
        assert done.stderr == b""
        return done.returncode, done.stdout.decode()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- Without the portal -----------------------------------------------------------------------------
def test_a_card_verifies_without_the_portal(account: Any, desk: Desk) -> None:
    row = issue(account)

    outcome, said = desk.verify(row.code)

    assert outcome == VALID
    assert account.citizen.full_name.upper() in said
    assert row.public_id in said
    assert "0 minutes old" in said or "minutes old" in said
    assert "Compare the face" in said


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_card_of_either_language_is_read_in_either(
    account: Any, desk: Desk, language: str
) -> None:
    row = issue(account, language=language)
    label = {"vi": "Số tận cùng", "en": "Number ends in"}[language]

    vietnamese, english = (desk.verify(row.code, language=one) for one in ("vi", "en"))

    assert (vietnamese[0], english[0]) == (VALID, VALID)
    assert vietnamese[1].startswith("HỢP LỆ")
    assert english[1].startswith("VALID")
    content = jws.content_of(row.code)
    assert content["lang"] == language
    assert label in {fact[0] for fact in content["facts"]} or language == "vi"


def test_whatever_is_altered_is_seen(account: Any, desk: Desk) -> None:
    code = str(issue(account).code)
    places = range(0, len(code), max(1, len(code) // 14))

    for place in places:
        other = "A" if code[place] != "A" else "B"
        outcome, said = desk.verify(code[:place] + other + code[place + 1 :])
        assert outcome == WRONG, place
        assert account.citizen.full_name.upper() not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "é.é.é",
        "x" * 100_000,
        "eyJhbGciOiJub25lIn0.e30.",
        "{}",
        base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.AA",
    ],
)
def test_what_is_no_card_is_said_to_be_none(desk: Desk, text: str) -> None:
    outcome, said = desk.verify(text)
    assert outcome == WRONG
    assert "no code of a card" in said


def forged(content: dict[str, Any], key: Ed25519PrivateKey, **header: Any) -> str:
    head = {"alg": "EdDSA", "kid": "card_signing-1", "typ": "eid-card"} | header
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (head, content)
    ]
    text = ".".join(parts)
    return f"{text}.{base64.urlsafe_b64encode(key.sign(text.encode())).rstrip(b'=').decode()}"


def test_a_card_of_another_key_is_refused(account: Any, desk: Desk) -> None:
    content = jws.content_of(issue(account).code)
    stranger = Ed25519PrivateKey.generate()

    outcome, said = desk.verify(forged(content, stranger))
    assert (outcome, "signature is wrong" in said) == (WRONG, True)
    outcome, said = desk.verify(forged(content, stranger, kid="card_signing-9"))
    assert (outcome, "not among the keys" in said) == (WRONG, True)


def test_what_is_signed_for_something_else_is_no_card(account: Any, desk: Desk) -> None:
    row = issue(account)
    _key_id, key = keys.signing_key("card_signing")

    for header in ({"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"crit": ["x"]}):
        assert desk.verify(forged(jws.content_of(row.code), key, **header))[0] == WRONG
    assert desk.verify(desk.list.read_text())[0] == WRONG  # the list is no card
    desk.list.write_text(row.code)  # and a card is no list
    assert desk.verify(row.code)[0] == UNUSABLE


def test_a_revoked_card_is_refused_once_the_list_was_fetched_anew(account: Any, desk: Desk) -> None:
    row, other = issue(account), issue(account)
    revoke(account, row)
    assert desk.verify(row.code)[0] == VALID  # this list is from before

    desk.fetch()

    outcome, said = desk.verify(row.code)
    assert (outcome, said.startswith("REVOKED")) == (REVOKED, True)
    assert desk.verify(other.code)[0] == VALID


def test_a_card_of_a_paper_that_its_registry_revoked_is_refused_as_long_as_that_holds(
    account: Any, desk: Desk
) -> None:
    paper = make_paper(account)
    row = issue(account, public_id=paper.public_id)
    desk.fetch()
    assert desk.verify(row.code)[0] == VALID

    make_paper(account, state=DocumentState.REVOKED, instead_of=paper)
    desk.fetch()
    assert desk.verify(row.code)[0] == REVOKED

    make_paper(account, state=DocumentState.VERIFIED, instead_of=paper)
    desk.fetch()
    assert desk.verify(row.code)[0] == VALID


def test_a_card_that_ended_is_refused_and_its_holder_not_named(account: Any, desk: Desk) -> None:
    with clock.frozen(clock.now() - timedelta(days=400)):
        row = issue(account)

    outcome, said = desk.verify(row.code)

    assert outcome == ENDED
    assert said.startswith("ENDED")
    assert account.citizen.full_name.upper() not in said


def test_a_card_of_the_future_asks_for_the_clock(account: Any, desk: Desk) -> None:
    with clock.frozen(clock.now() + timedelta(days=3)):
        row = issue(account)
    assert desk.verify(row.code)[0] == UNUSABLE


@pytest.mark.parametrize(("days", "words"), [(0, "minutes old"), (3, "3 days old"), (9, "old: ")])
def test_the_answer_says_how_old_the_list_is(
    account: Any, desk: Desk, days: int, words: str
) -> None:
    row = issue(account)
    desk.fetch(now=clock.now() - timedelta(days=days, hours=1 if days else 0))

    outcome, said = desk.verify(row.code)

    assert outcome == VALID
    assert words in said
    assert ("fetch a new one" in said) is (days > 7)


def test_without_a_list_it_says_what_is_not_known(account: Any, desk: Desk) -> None:
    outcome, said = desk.verify(issue(account).code, lists=False)
    assert outcome == VALID
    assert "nobody can say that it was not revoked" in said


@pytest.mark.parametrize("content", ["", "not a list", "a.b.c"])
def test_a_list_that_is_not_ours_is_said(account: Any, desk: Desk, content: str) -> None:
    row = issue(account)
    desk.list.write_text(content)
    assert desk.verify(row.code)[0] == UNUSABLE


@pytest.mark.parametrize("content", ["", "[]", '{"keys": 3}', '{"keys": [{"crv": "Ed25519"}]}'])
def test_keys_that_cannot_be_read_are_said(account: Any, desk: Desk, content: str) -> None:
    row = issue(account)
    desk.keys.write_text(content)
    assert desk.verify(row.code)[0] == UNUSABLE


def test_the_verifier_needs_nothing_and_asks_no_network() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported == {
        "argparse", "base64", "contextlib", "hashlib", "json", "pathlib", "re", "sys", "time", "typing",
    }  # fmt: skip


def test_the_page_asks_no_network_either() -> None:
    page = (ROOT / "static/offline/verify_card.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(
        r"fetch\(|XMLHttpRequest|WebSocket|import\(|src=|href=|url\(|http:|https:", page
    )


# Signatures as RFC 8032 §7.1 has them: key, text and signature, all in hexadecimal.
RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
)


def verifier() -> dict[str, Any]:
    """The script's own functions."""
    import runpy

    return runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize(("public", "text", "signature"), RFC_8032)
def test_it_verifies_as_the_standard_says(public: str, text: str, signature: str) -> None:
    verifies = verifier()["verifies"]
    key, said, signed = map(bytes.fromhex, (public, text, signature))

    assert verifies(key, said, signed)
    assert not verifies(key, said + b"x", signed)
    assert not verifies(key, said, signed[:-1])
    order = 2**252 + 27742317777372353535851937790883648493
    again = (int.from_bytes(signed[32:], "little") + order).to_bytes(32, "little")
    assert not verifies(key, said, signed[:32] + again)  # the same signature written in another way


# --- What a code holds ------------------------------------------------------------------------------
def test_a_code_holds_what_was_chosen_and_nothing_else(account: Any) -> None:
    number = account.citizen.personal_number
    least = jws.content_of(issue(account, level=Level.MINIMUM, with_name=False).code)
    usual = jws.content_of(issue(account, level=Level.BASIC, with_name=False).code)
    full = jws.content_of(issue(account, level=Level.FULL).code)

    assert list(least) == ["v", "id", "iat", "exp", "kind", "lang", "paper", "facts"]
    assert len(least["facts"]) == 1
    assert number[-4:] not in json.dumps(least["facts"])
    assert number[-4:] in json.dumps(usual["facts"])
    assert account.citizen.full_name.upper() not in json.dumps(usual, ensure_ascii=False)
    assert full["name"] == account.citizen.full_name.upper()
    assert number not in json.dumps(usual["facts"]).replace(" ", "")
    assert number in json.dumps(full["facts"]).replace(" ", "")


def test_a_card_lasts_a_year_at_most_and_never_longer_than_its_paper(account: Any) -> None:
    now = clock.now()
    lasting = issue(account, now=now)
    paper = make_paper(account, valid_until=f"{clock.today() + timedelta(days=40):%Y-%m-%d}")
    short = issue(account, public_id=paper.public_id)

    assert lasting.expires_at == (now + policy.PRINTED_CARD_LASTS).replace(microsecond=0)
    last = clock.today() + timedelta(days=40)
    end = datetime(last.year, last.month, last.day, tzinfo=clock.VIET_NAM) + timedelta(days=1)
    assert short.expires_at == end.astimezone(UTC)
    assert jws.content_of(short.code)["exp"] == int(end.timestamp())


def squares(svg: str) -> list[list[int]]:
    """The modules that an SVG of segno draws, without the quiet border."""
    size = int(
        re.findall(r'viewBox="0 0 (\d+)', svg)[0]
        if "viewBox" in svg
        else re.findall(r'width="(\d+)"', svg)[0]
    )
    rows = [[0] * size for _row in range(size)]
    path = re.findall(r' d="([^"]+)"', svg)[-1]
    x, y = 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(number) for number in numbers.split()]
        if step == "M":
            x, y = values
        elif step == "m":
            x, y = x + values[0], y + values[1]
        else:
            for at in range(int(x), int(x + values[0])):
                rows[int(y)][at] = 1
            x += values[0]
    return [row[4:-4] for row in rows[4:-4]]


def test_the_square_is_the_code_and_can_be_read_off_a_card(account: Any) -> None:
    for level in Level:
        row = issue(account, level=level)
        made = segno.make(row.code, error="m", boost_error=False, micro=False)
        assert squares(printed_cards.qr_of(row)) == [list(line) for line in made.matrix]
        modules = made.symbol_size(border=4)[0]
        assert 47.5 / modules > 0.33, (
            level
        )  # millimetres a module: what phones and office printers manage


def test_so_much_that_no_scanner_reads_it_is_refused(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed_cards, "LONGEST", 300)
    with pytest.raises(printed_cards.CardTooFull):
        issue(account, level=Level.FULL)
    assert not PrintedCard.objects.exists()


# --- Made once, of what may be vouched for -----------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_is_one_card(account: Any) -> None:
    form_id, session = verify.new_code(printed_cards.CARDS), session_of(account)
    made: list[Any] = []

    def press() -> None:
        made.append(issue(account, session=session, form_id=form_id).pk)
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), len(set(made))) == (4, 1)
    assert AuditEvent.objects.filter(name=events.CardPrinted.name).count() == 1


def test_a_form_that_is_gone_back_to_and_changed_is_another_card(account: Any) -> None:
    form_id = verify.new_code(printed_cards.CARDS)
    first = issue(account, form_id=form_id)
    other = make_paper(account)

    made = [
        issue(account, form_id=form_id, **changes)
        for changes in (
            {"level": Level.FULL}, {"with_name": False}, {"language": "en"}, {"public_id": other.public_id},
        )
    ]  # fmt: skip

    assert len({first.pk, *(row.pk for row in made)}) == 5
    assert made[0].level == Level.FULL
    assert made[3].document_id == other.pk


def test_a_form_sent_again_once_its_card_is_revoked_makes_another(account: Any) -> None:
    form_id = verify.new_code(printed_cards.CARDS)
    revoke(account, issue(account, form_id=form_id))

    assert issue(account, form_id=form_id).revoked_at is None


@pytest.mark.parametrize("form_id", ["0" * 22, "X" * 22, "T" * 22, "1"])
def test_whoever_makes_a_card_does_not_choose_its_id(account: Any, form_id: str) -> None:
    row = issue(account, form_id=form_id)
    assert row.public_id != form_id
    assert verify.read(row.public_id) == row.public_id
    assert isinstance(check(row), Genuine)


def test_a_form_of_somebody_else_gives_a_card_of_ones_own(account: Any) -> None:
    theirs = issue(account)
    other = factories.make_account(factories.make_citizen(16))
    factories.make_card(other.citizen)

    mine = issue(other, form_id=theirs.public_id)

    assert mine.public_id != theirs.public_id
    assert mine.citizen_id == other.citizen_id


@pytest.mark.parametrize("state", [DocumentState.MISMATCH, DocumentState.EXPIRED])
def test_only_verified_papers_get_one(account: Any, state: DocumentState) -> None:
    paper = make_paper(account, state=state)
    with pytest.raises(showable.NotVerified):
        issue(account, public_id=paper.public_id)


def test_so_many_a_day(account: Any) -> None:
    for _time in range(policy.PRINT_CARD.allowed):
        issue(account)
    with pytest.raises(copied_papers.TooManyMade):
        issue(account)


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A copy of the key file, to rotate."""
    copy = tmp_path / "keys.json"
    shutil.copy(settings.KEYS_FILE, copy)
    settings.KEYS_FILE, settings.VAR = copy, tmp_path
    sealed.forget_keys()
    yield copy
    sealed.forget_keys()


def test_a_key_is_not_forgotten_while_a_card_needs_it(key_file: Path, account: Any) -> None:
    row = issue(account)
    keys.make_current(key_file, keys.announce(key_file, ["card_signing"]))

    with pytest.raises(CommandError, match=r"documents\.PrintedCard\.key_id"):
        call_command("rotate_keys", forget="card_signing-1")
    PrintedCard.objects.filter(pk=row.pk).update(expires_at=clock.now() - timedelta(days=1))
    call_command("rotate_keys", forget="card_signing-1")


# --- What is published ------------------------------------------------------------------------------
def test_keys_and_list_are_published_and_known_by_their_content(account: Any) -> None:
    visitor = Client()
    for name, media_type in (
        ("card-keys.json", "application/jwk-set+json"),
        ("revoked-cards.jws", "application/jose"),
    ):
        first = visitor.get(f"/.well-known/eid/{name}")
        again = visitor.get(f"/.well-known/eid/{name}", headers={"If-None-Match": first["ETag"]})

        assert (first.status_code, first["Content-Type"]) == (200, media_type)
        assert "max-age=300" in first["Cache-Control"]
        assert (again.status_code, again.content) == (304, b"")


def test_the_list_changes_when_a_card_is_revoked_and_names_none(account: Any) -> None:
    now = clock.now()
    row = issue(account)
    before = printed_cards.revocation_list(now=now)
    assert printed_cards.revocation_list(now=now) == before

    revoke(account, row)

    after = printed_cards.revocation_list(now=now)
    assert after != before
    content = jws.content_of(after)
    assert content["revoked"] == [printed_cards.fingerprint(row.public_id)]
    assert row.public_id not in json.dumps(content)
    assert 0 <= now.timestamp() - content["iat"] < 300
    ended = now + timedelta(days=400)
    assert jws.content_of(printed_cards.revocation_list(now=ended))["revoked"] == []


def test_the_verifiers_are_given_out_as_they_are() -> None:
    page = Client().get("/verify/cards/")
    assert page.status_code == 200
    assert "/verify/cards/verify_card.py" in page.content.decode()
    for name in ("verify_card.py", "verify_card.html"):
        answer = Client().get(f"/verify/cards/{name}")
        assert answer.content == (ROOT / "static/offline" / name).read_bytes()
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


# --- Pages ------------------------------------------------------------------------------------------
def test_a_card_is_made_printed_and_revoked(holder: Client, account: Any) -> None:
    page = holder.get("/papers/id-card/card/").content.decode()
    (form_id,) = re.findall(r'name="form_id" value="(\w{22})"', page)
    values = {"form_id": form_id, "level": "BASIC", "with_name": "on", "language": "vi"}
    made, again = (holder.post("/papers/id-card/card/", values) for _press in range(2))
    assert made.status_code == 303
    assert again["Location"] == made["Location"]
    row = PrintedCard.objects.get()
    assert made["Location"] == f"/papers/cards/{row.public_id}/"

    shown = holder.get(made["Location"])
    sheet = holder.get(f"{made['Location']}pdf/")

    assert shown["Cache-Control"] == "no-store"
    assert verify.grouped(row.public_id) in shown.content.decode()
    assert sheet["Content-Disposition"].startswith('attachment; filename="eid-card-')
    assert sheet["Cache-Control"] == "no-store"
    words = pdfs.words(sheet.content)
    assert account.citizen.full_name.upper() in words
    assert verify.grouped(row.public_id) in words.replace(" ", "")
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in sheet.content

    for _press in range(2):
        assert holder.post(f"{made['Location']}revoke/").status_code == 303
    assert AuditEvent.objects.filter(name=events.CopyRevoked.name).count() == 1
    assert holder.get(f"{made['Location']}pdf/").status_code == 404
    over = holder.get(made["Location"]).content.decode()
    assert 'class="qr' not in over
    assert account.citizen.full_name.upper() not in over


def test_what_is_somebody_elses_is_not_there(account: Any) -> None:
    row = issue(account)
    other = factories.make_account(factories.make_citizen(16))
    factories.make_card(other.citizen)
    stranger = factories.signed_in(Client(), other)

    for path in (f"/papers/cards/{row.public_id}/", f"/papers/cards/{row.public_id}/pdf/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/papers/cards/{row.public_id}/revoke/").status_code == 404
    row.refresh_from_db(fields=["revoked_at"])
    assert row.revoked_at is None


@pytest.mark.parametrize(
    "form_id", ["", "x", "T" * 23, "../../../../../../../..", "ТТТТТТТТТТТТТТТТТТТТТТ"]
)
def test_forms_nobody_gave_out_are_refused(holder: Client, form_id: str) -> None:
    values = {"form_id": form_id, "level": "BASIC", "language": "vi"}
    assert holder.post("/papers/id-card/card/", values).status_code == 422
    assert not PrintedCard.objects.exists()


def test_a_name_with_letters_our_fonts_lack_is_said_and_the_page_stays(
    client: Client, account: Any
) -> None:
    account.citizen.full_name = "王 Mẫu"
    account.citizen.save(update_fields=["full_name"])
    holder = factories.signed_in(client, account)
    row = issue(account)

    answer = holder.get(f"/papers/cards/{row.public_id}/pdf/")

    assert answer.status_code == 422
    assert b"govuk-error-summary" in answer.content


def test_nothing_personal_stands_in_clear(
    personal_data_alarm: Any, holder: Client, account: Any
) -> None:
    row = issue(account, level=Level.FULL)
    holder.get(f"/papers/cards/{row.public_id}/pdf/")
    check(row)


# --- Checked online ---------------------------------------------------------------------------------
def test_its_id_says_what_the_card_says_and_tells_the_holder(account: Any) -> None:
    row = issue(account)

    asked = verify.peek(row.public_id, now=clock.now())
    found = check(row)

    assert isinstance(asked, Peek)
    assert isinstance(found, Genuine)
    assert found.values["name"] == account.citizen.full_name.upper()
    check(row)  # the same press again
    seen = AuditEvent.objects.get(name=events.CopyChecked.name)
    assert (seen.subject_id, seen.shown, seen.target_id) == (account.citizen_id, True, row.pk)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (DocumentState.MISMATCH, Why.REVOKED),
        (DocumentState.REVOKED, Why.REVOKED),
        (DocumentState.UNLINKED, Why.REVOKED),
        (DocumentState.EXPIRED, Why.EXPIRED),
    ],
)
def test_a_paper_that_changed_since_shows_at_once(
    account: Any, state: DocumentState, why: Why
) -> None:
    paper = make_paper(account)
    row = issue(account, public_id=paper.public_id)
    make_paper(account, state=state, instead_of=paper)

    found = check(row)

    assert isinstance(found, Nothing)
    assert found.why == why
    assert f"{clock.today():%d/%m/%Y}" in found.text


def test_a_card_that_is_over_says_how(account: Any) -> None:
    with clock.frozen(clock.now() - timedelta(days=400)):
        old = issue(account)
    revoked = issue(account)
    revoke(account, revoked)

    found = [check(row) for row in (old, revoked)]

    assert [one.why for one in found if isinstance(one, Nothing)] == [Why.EXPIRED, Why.REVOKED]


def test_whoever_types_its_id_reads_what_it_says(account: Any) -> None:
    row = issue(account)
    visitor = Client()

    asked = visitor.get(f"/verify/{row.public_id}/").content.decode()
    answer = visitor.post(f"/verify/{row.public_id}/")

    assert account.citizen.full_name.upper() not in asked
    assert answer.status_code == 200
    assert account.citizen.full_name.upper() in answer.content.decode()
