"""Bad input end to end, over sockets: clear words for the person, a code for the operator, nothing lost, no fault."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

from accounts.models import Account
from documents.enums import DocumentState, VerificationReason
from documents.models import Document, Verification
from documents.services import verification
from eid_portal import env
from eid_portal.core import clock
from eid_portal.sandbox import data, papers, registries
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.reports import Way
from tests import factories
from tests.alarm import Alarm
from tests.documents import wired
from tests.documents.wired import LICENCE, POLICE, VEHICLE
from tests.outside_world import OutsideWorld, new_world, served

pytestmark = pytest.mark.django_db
HEALTH, MOTOR = "HEALTH_INSURANCE", "MOTOR_INSURANCE"


# --- An outside world behind a socket, and a listener nobody may ring -----------------------------------
@dataclass
class Canary:
    """A door on the loopback that no request of ours may reach."""

    address: str
    rang: list[Any] = field(default_factory=list)


@contextmanager
def canary() -> Iterator[Canary]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.05)
        here = Canary(f"http://127.0.0.1:{door.getsockname()[1]}/")
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    here.rang.append(door.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield here
        over.set()
        thread.join()


@dataclass
class Outside:
    """The registries behind their socket; ``instead`` answers in their place."""

    application: Sandbox
    door: Canary
    instead: Callable[..., Any] | None = None
    asked: int = 0

    def __call__(self, environ: Any, start: Any) -> Any:
        """Answer as the sandbox does; a redirect leads to the canary's door."""
        self.asked += 1
        if self.instead is not None:
            return self.instead(environ, start)

        def begin(status: str, headers: Any, *rest: Any) -> Any:
            there = [
                (name, self.door.address if name.lower() == "location" else value)
                for name, value in headers
            ]
            return start(status, there, *rest)

        return self.application(environ, begin)


@pytest.fixture
def outside(tmp_path: Path, settings: Any) -> Iterator[Outside]:
    with served() as (url, answer_with), canary() as door:
        world = new_world(tmp_path, url=url)
        settings.OUTSIDE = env.Addresses(url)
        settings.OUTSIDE_KEYS_FILE = world.settings.outside_keys
        here = Outside(Sandbox(world), door)
        answer_with(here)
        yield here
        assert door.rang == [], "a request reached an address that nobody of ours may ask"


@pytest.fixture
def account(db: None) -> Account:
    return wired.make_an()


@pytest.fixture
def browser(account: Account) -> Client:
    client = factories.signed_in(Client(), account)
    client.cookies["__Host-language"] = "en"
    return client


def page_of(browser: Client, document: Document) -> str:
    answer = browser.get(f"/papers/{document.public_id}/", secure=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def links(browser: Client, kind: str, number: str) -> Any:
    return browser.post("/papers/number/", {"kind": kind, "number": number}, secure=True)


def spoil(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    """The registry's paper says this instead."""
    whole = papers.find

    def spoiled(*given: Any) -> Any:
        found = whole(*given)
        return found and replace(found, document=found.document | fields)

    monkeypatch.setattr(papers, "find", spoiled)


# --- What a registry may answer -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("83", "answer_"),  # signed by another key
        ("85", "status_302"),  # a redirect to an inner address
        ("86", "answer_too_large_or_slow"),  # 100 MB
        ("87", "two_answers"),
        ("89", "malformed_answer"),  # HTML
        ("90", "other_number"),
        ("94", "status_500"),
    ],
)
def test_what_cannot_be_believed_is_asked_again_and_the_operator_knows_why(
    ending: str,
    code: str,
    outside: Outside,
    account: Account,
    browser: Client,
    personal_data_alarm: Alarm,
) -> None:
    document = wired.link(account, f"7901234567{ending}")

    [asked] = Verification.objects.all()
    assert asked.code.startswith(code)
    assert (asked.outcome, asked.tries) == ("PENDING", 1)
    assert asked.next_try_at
    assert document.state == DocumentState.VERIFYING
    page = page_of(browser, document)
    assert "does not answer" in page
    assert "Asked again" in page


def _html(_environ: Any, start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/html")])
    return [b"<!doctype html><title>500</title>"]


def _gone(_environ: Any, start: Any) -> list[bytes]:
    start("410 Gone", [("Content-Type", "application/json")])
    return [b"{}"]


@pytest.mark.parametrize("instead", [_html, _gone])
def test_a_copy_that_agreed_is_not_lost_by_a_bad_answer(
    instead: Any, outside: Outside, account: Account, browser: Client
) -> None:
    kind = registries.every()[POLICE].REGISTRY.kinds[0]
    [number] = papers.held_by(kind, data.PEOPLE[wired.AN], clock.today())
    document = wired.link(account, number)
    assert document.state == DocumentState.VERIFIED
    outside.instead = instead

    verification.request(document, reason=VerificationReason.NIGHTLY, now=clock.now())
    wired.work()

    document.refresh_from_db()
    assert document.state == DocumentState.VERIFIED
    assert document.paper["number"] == number
    assert Verification.objects.latest("pk").code
    assert "/show/" in page_of(browser, document).partition("<main")[2]


def test_wrong_class_letters_are_not_believed(
    outside: Outside, account: Account, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = [{"class": "Z9", "passed_on": "2020-01-01", "valid_until": None}]
    spoil(monkeypatch, classes=classes)

    document = wired.link(account, wired.OTHER_NAME)

    assert Verification.objects.get().code == "malformed_class"
    assert document.state == DocumentState.VERIFYING
    assert "Z9" not in page_of(browser, document)


def test_an_unknown_category_of_a_health_card_is_not_believed(
    outside: Outside, account: Account, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, category="QQ")

    document = wired.link(account, "GD4790123456788", HEALTH)

    assert Verification.objects.get().code == "malformed_category"
    assert "does not answer" in page_of(browser, document)


@pytest.mark.parametrize(
    ("kind", "number"),
    [(LICENCE, "790123456788"), (VEHICLE, "51K67888"), (HEALTH, "GD4790123456788")],
)
def test_what_has_expired_says_so_and_how_it_is_renewed(
    kind: str, number: str, outside: Outside, account: Account, browser: Client
) -> None:
    document = wired.link(account, number, kind)

    assert document.state == DocumentState.EXPIRED
    page = page_of(browser, document)
    assert "Expired" in page
    assert "/show/" not in page.partition("<main")[2]


def test_an_expired_insurance_certificate_is_expired(
    outside: Outside, account: Account, browser: Client
) -> None:
    assert links(browser, MOTOR, "BM2600000088").status_code == 303
    wired.work()

    document = Document.objects.get()
    assert document.state == DocumentState.EXPIRED
    assert "Expired" in page_of(browser, document)


def test_another_persons_paper_shows_nothing_of_them(
    outside: Outside, account: Account, browser: Client
) -> None:
    document = wired.link(account, wired.FOREIGN)
    other = papers.somebody_else(data.PEOPLE[wired.AN])

    page = page_of(browser, document)
    assert document.state == DocumentState.MISMATCH
    assert "somebody else" in page
    assert other.name.upper() not in page.upper()
    assert other.number not in page


# --- What a person may type -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "number", "words"),
    [
        (VEHICLE, "51I-123.45", "I"),
        (VEHICLE, "51O-678.90", "O"),
        (VEHICLE, "99-99", ""),
        (HEALTH, "QQ4797912345678", "QQ"),
        (HEALTH, "GD9797912345678", ""),
        (LICENCE, "79012345676Đ", "Đ"),
        (LICENCE, "12", "12 digits"),
        (LICENCE, "79012345676²", ""),
        (LICENCE, "790123456\u202e767", "cannot be seen"),
        (LICENCE, "", "Enter the number"),
        (LICENCE, "7" * 41, "such a long number"),
        (LICENCE, "'; DROP TABLE documents_document; --", ""),
    ],
)
def test_a_number_that_cannot_be_is_said_and_nobody_is_asked(
    kind: str, number: str, words: str, outside: Outside, browser: Client
) -> None:
    answer = links(browser, kind, number)

    page = answer.content.decode()
    assert answer.status_code in {200, 422}
    assert "govuk-error-summary" in page
    assert words in page
    assert not Document.objects.exists()
    assert outside.asked == 0


@pytest.mark.parametrize("number", ["７９０１２３４５６７９１", "٧٩٠١٢٣٤٥٦٧٩١", "790 123.456-791"])
def test_digits_of_another_script_are_digits(
    number: str, outside: Outside, browser: Client
) -> None:
    assert links(browser, LICENCE, number).status_code == 303

    assert Document.objects.get().number == "790123456791"


@pytest.mark.parametrize("kind", ["", "NOTHING", "ID_CARD", "\x00", "x" * 300])
def test_a_kind_that_is_none_asks_which(kind: str, outside: Outside, browser: Client) -> None:
    assert links(browser, kind, "790123456791").status_code in {200, 400}
    assert not Document.objects.exists()


# --- Certificates of the wire ---------------------------------------------------------------------------
class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Tests have no access log."""


def _certificate(
    name: str, key: Any, issuer: str, issuer_key: Any, *, ends: datetime, authority: bool
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=30))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=authority, crl_sign=authority,
                content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(issuer_key, hashes.SHA256())
    )  # fmt: skip


@contextmanager
def served_with_tls(folder: Path, *, ends: datetime) -> Iterator[tuple[str, Callable[..., None]]]:
    """A socket with TLS, whose certificate ends then; its authority is in ``ca.pem`` of the folder."""
    authority, own = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    far = datetime.now(UTC) + timedelta(days=20)
    root = _certificate("Tests", authority, "Tests", authority, ends=far, authority=True)
    leaf = _certificate("localhost", own, "Tests", authority, ends=ends, authority=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    (folder / "own.pem").write_bytes(
        leaf.public_bytes(pem)
        + own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    server = make_server("localhost", 0, None, handler_class=_Quiet)  # type: ignore[call-overload]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}", server.set_app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("days", [10, -1])
def test_a_registry_whose_certificate_has_expired_is_not_spoken_to(
    days: int,
    tmp_path: Path,
    settings: Any,
    account: Account,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    with served_with_tls(tmp_path, ends=ends) as (url, answer_with), canary() as door:
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "ca.pem"))
        world = new_world(tmp_path, url=url)
        settings.OUTSIDE = env.Addresses(url)
        settings.OUTSIDE_KEYS_FILE = world.settings.outside_keys
        here = Outside(Sandbox(world), door)
        answer_with(here)
        document = wired.link(account, wired.OTHER_NAME)

    [asked] = Verification.objects.all()
    if days > 0:
        assert (asked.outcome, document.state, here.asked) == ("MISMATCH", "MISMATCH", 1)
    else:
        assert (asked.outcome, document.state, here.asked) == ("PENDING", "VERIFYING", 0)
        assert asked.code
        assert "does not answer" in page_of(browser, document)


# --- What a registry may send us ------------------------------------------------------------------------
def test_a_replayed_report_does_nothing_more(
    settings: Any, sandbox: OutsideWorld, account: Account
) -> None:
    document = wired.link(account, wired.OTHER_NAME)
    with wired.near(settings):
        statuses = [
            status for status, _said in wired.report(sandbox, wired.OTHER_NAME, way=Way.REPLAYED)
        ]

    assert statuses == [202, 401]
    reasons = Verification.objects.filter(document=document).values_list("reason", flat=True)
    assert sorted(reasons) == ["EVENT", "LINK"]
