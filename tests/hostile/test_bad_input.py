"""Whatever anybody sends to any address, the answer is no fault of ours and tells nothing of the inside."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from django import forms
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter

import accounts.admin.officers
import accounts.admin.people
import accounts.forms.activation
import accounts.forms.counter
import accounts.forms.sign_in
import payments.admin.billers
import payments.admin.tariffs
from accounts.enums import AccountKind, Role
from accounts.models import CardCase, Office
from eid_portal.core.models import Approval
from eid_portal.sandbox import data
from tests import factories
from tests.outside_world import OutsideWorld

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WAITS, SERVED, OFFICER, SUPERVISOR = "042093000091", "079090000006", "001192000020", "001176000022"
FORM = "application/x-www-form-urlencoded"
MANY = 300  # more fields than a form may have

# --- Every address ------------------------------------------------------------------------------
Place = tuple[str, dict[str, Any]]  # the route, and the converters of its parts that vary


def places(resolver: URLResolver, before: str = "", parts: Any = None) -> Iterator[Place]:
    parts = parts or {}
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        all_parts = parts | getattr(entry.pattern, "converters", {})
        if isinstance(entry, URLResolver):
            yield from places(entry, route, all_parts)
        else:
            assert isinstance(entry, URLPattern)
            yield route, all_parts


def filled(place: Place, value: Callable[[str, Any], str]) -> str:
    """The address with its parts filled in; ``value`` gets the route before a part, and the part's converter."""
    route, parts = place
    route = route.replace(
        "^(?P<app_label>accounts|core|documents|payments|procedures)/$", "accounts/"
    )
    route = route.replace("(?P<url>.*)$", "<path:url>")
    for name, converter in (parts | {"url": None}).items():
        head, mark, rest = route.partition(f":{name}>")
        if mark:
            route = head[: head.rindex("<")] + value(head, converter) + rest
    assert not set(route) & set("<>^()$?"), route
    return f"/{route}"


def all_places() -> list[Place]:
    """Signing out comes last: after it one is a stranger."""
    return sorted(places(get_resolver()), key=lambda place: place[0] == "sign-out/")


def fields() -> list[str]:
    """The name of every field that a form has, and what views ask for without a form."""
    modules = (
        *(accounts.forms.activation, accounts.forms.counter, accounts.forms.sign_in),
        *(accounts.admin.officers, accounts.admin.people),
        *(payments.admin.billers, payments.admin.tariffs),
    )
    found = {
        name
        for module in modules
        for form in vars(module).values()
        if isinstance(form, type) and issubclass(form, forms.Form | forms.ModelForm)
        for name in form.base_fields
    }
    others = ("action", "after", "networks", "next", "no_phone", "o", "p", "q", "reason", "to", "way",
              "_selected_action", "csrfmiddlewaretoken", "select_across", "state__exact", "e")  # fmt: skip
    return sorted(found | set(others))


# --- Who asks -------------------------------------------------------------------------------------
@pytest.fixture
def known(sandbox: OutsideWorld) -> dict[str, str]:
    """Rows that the addresses can be about; what comes last in an address decides which."""
    office = factories.make_office()
    person = data.PEOPLE[OFFICER]
    officer = factories.make_staff(
        citizen=factories.make_citizen(
            personal_number=OFFICER, full_name=person.name, birth_date=person.born, sex=person.sex
        )
    )
    role = factories.make_role(officer, office, Role.COUNTER)
    desk = factories.signed_in(Client(), officer, office)
    for number in (WAITS, SERVED):
        assert desk.post("/counter/", {"card": data.PEOPLE[number].qr}).status_code == 302
    waits = CardCase.objects.earliest("opened_at")
    ready = {"checks": ["face", "fingerprint"], "no_phone": "1"}
    desk.post(f"/counter/cases/{waits.public_id}/issue/", ready)
    approval = Approval.objects.get()
    case = CardCase.objects.latest("opened_at")
    return {
        "counter/cases/": case.public_id,
        "counter/approvals/": approval.public_id,
        "admin/accounts/account/": str(officer.pk),
        "admin/accounts/citizen/": str(officer.citizen_id),
        "admin/accounts/office/": str(office.pk),
        "admin/accounts/officerole/": str(role.pk),
        "admin/accounts/province/": str(office.province_id),
        "admin/core/approval/": str(approval.pk),
        "api/v1/registries/": "traffic-police",
        "api/v1/banks/": "napas",
        "api/v1/billers/": "evn",
        "session of the officer": desk.cookies["__Host-session"].value,
    }


def real(known: dict[str, str]) -> Callable[[str, Any], str]:
    """Fills in rows that are there."""

    def value(head: str, converter: Any) -> str:
        nothing = str(UUID(int=0)) if isinstance(converter, UUIDConverter) else "1"
        return next((row for start, row in known.items() if head.startswith(start)), nothing)

    return value


def person(kind: str, known: dict[str, str]) -> dict[str, str]:
    """The cookies of somebody who is as the name says."""
    client = Client()
    match kind:
        case "citizen" | "halfway":
            account = factories.make_account(factories.make_citizen(21))
            factories.make_password(account)
            factories.make_phone(account, "+84912000021")
            factories.make_totp(account)
            if kind == "citizen":
                factories.signed_in(client, account)
            else:
                number = account.citizen.personal_number
                client.post("/sign-in/", {"username": number, "password": factories.PASSWORD})
                assert "__Host-flow" in client.cookies
        case "with a slip" | "with a phone" | "with a password":
            account = factories.make_account(
                factories.make_citizen(22), state="ISSUED", activated_at=None
            )
            factories.make_card(account.citizen)
            factories.make_phone(account, "+84912000022")
            factories.make_slip(account)
            number = account.citizen.personal_number
            client.post("/activate/", {"username": number, "code": factories.SLIP_CODE})
            if kind != "with a slip":
                client.post("/activate/code/", {"code": factories.sent_code()})
            if kind == "with a password":
                client.post("/activate/password/", {"password": factories.PASSWORD})
            assert client.get(ACTIVATION[kind]).status_code == 200
        case "officer":
            client.cookies["__Host-session"] = known["session of the officer"]
        case "supervisor":
            boss = factories.make_staff(61)
            office = Office.objects.get()
            factories.make_role(boss, office, Role.SUPERVISOR)
            factories.signed_in(client, boss, office)
        case "administrator":
            factories.signed_in(client, factories.make_staff(62, kind=AccountKind.ADMINISTRATOR))
        case _:
            assert kind == "stranger"
    return {name: morsel.value for name, morsel in client.cookies.items()}


ACTIVATION = {
    "with a slip": "/activate/code/",
    "with a phone": "/activate/password/",
    "with a password": "/activate/factor/",
}
PEOPLE = (
    *("stranger", "halfway", *ACTIVATION, "citizen", "officer", "supervisor", "administrator"),
)


def browser(cookies: dict[str, str], *, careful: bool = False) -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=careful)
    client.cookies.load(cookies)
    return client


def good(answer: HttpResponseBase, what: str) -> None:
    """No fault; a refusal is a page or a problem document, and nobody sees the inside."""
    assert answer.status_code < 500, what
    body = bytes(getattr(answer, "content", b""))
    assert b"Traceback" not in body, what
    # The verifier of printed cards is a program whose address pages name.
    assert b'.py"' not in body.replace(b"/verify_card.py", b""), what
    if answer.status_code >= 400 and answer.request["REQUEST_METHOD"] != "HEAD":  # type: ignore[attr-defined]
        kind = answer.headers["Content-Type"]
        assert kind == "application/problem+json" or b"<h1" in body, (what, kind)
    assert answer.headers["X-Request-ID"]


def is_for(kind: str, route: str) -> bool:
    """Whether there is more behind the address for them than for the others."""
    begins: dict[str, tuple[str, ...]] = {
        "halfway": ("sign-in/",),
        **{step: (page[1:],) for step, page in ACTIVATION.items()},
        "citizen": ("account/security/", "papers/", "sign-in/again/", "sign-out/"),
        "officer": ("counter/cases/", "counter/"),
        "supervisor": ("counter/approvals/",),
        "administrator": ("admin/",),
    }
    if kind in begins:
        return route.startswith(begins[kind]) or (kind == "citizen" and not route)
    return route == "counter/sign-in/" or not route.startswith(("counter/", "admin/"))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside did not happen. No ``atomic``: inside of one nobody outside may be called."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def test_a_fault_would_be_seen(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.hostile.test_faults"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "accounts" not in name]

    good(browser({}).get("/help/"), "a page")
    with pytest.raises(AssertionError):
        good(browser({}).get("/bug/x/"), "a fault")


# --- What is sent ---------------------------------------------------------------------------------
VALUES: dict[str, str | bytes] = {
    "NUL": "0010\x0085000001",
    "control": "\x1b[31m\x07\x7f\x85",
    "bidi": "\u202e100000580100\u2066",
    "full-width": "００１０８５０００００１",
    "half a character": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfe\xc3\x28",
    "markup": "\"'><script>alert(1)</script>{{ 7*7 }}{% x %}%(x)s%s\\",
    "number": "-99999999999999999999999999",
    "json": '{"a": [1, {"$ne": null}]}',
    "path": "../../../../etc/passwd",
    "long": "Ạ" * 1_000_000,
    "marks": "a" + "\u0301" * 3000,
    "list": "a\nb\nc,d;e",
    "empty": "",
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_hostile_values_in_every_part_of_every_address_and_form(
    known: dict[str, str], kind: str
) -> None:
    cookies = person(kind, known)
    answers: Counter[int] = Counter()
    for name, value in VALUES.items():
        with undone():
            answers += send_everywhere(name, value, kind=kind, cookies=cookies, known=known)
    # Forms were read, not only addresses.
    assert answers[200] + answers[422] > len(VALUES) // 3, answers


def send_everywhere(
    name: str, value: str | bytes, *, kind: str, cookies: dict[str, str], known: dict[str, str]
) -> Counter[int]:
    """How often each status was answered."""
    answers: Counter[int] = Counter()
    short = value[:300]
    form = urlencode(dict.fromkeys(fields(), short))
    if len(value) > len(short):  # in some fields is enough
        form += "&" + urlencode({"card": value, "password": value, "reason": value})

    def hostile(_head: str, converter: Any) -> str:
        if isinstance(converter, UUIDConverter):
            return str(UUID(int=0))
        return quote(short, safe="") or "0"

    for place in all_places():
        if not is_for(kind, place[0]):
            continue
        address, what = filled(place, real(known)), f"{name} as {kind} to {place[0]}"
        good(browser(cookies).get(address, QUERY_STRING=form[:4000]), what)
        answer = browser(cookies).post(address, form, content_type=FORM)
        good(answer, what)
        answers[answer.status_code] += 1
        if place[1]:
            address = filled(place, hostile)
            good(browser(cookies).get(address), f"{what}, part changed")
            good(browser(cookies).post(address), f"{what}, part changed")
    return answers


BODIES: dict[str, tuple[str, bytes]] = {
    "deep JSON": ("application/json", b"[" * 100_000),
    "deep JSON closed": ("application/json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "JSON": ("application/json", b'{"action": "send", "code": null}'),
    "XML": ("text/xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'),
    "no kind": ("", b"code=1"),
    "unknown charset": (f"{FORM}; charset=klingon", b"code=%ff"),
    "UTF-16": (f"{FORM}; charset=utf-16", "code=1".encode("utf-16")),
    "form that is none": (FORM, b"%%%=&&&==\xff\x00;"),
    "many fields": (FORM, b"&".join(b"a%d=1" % place for place in range(MANY))),
    "too big": (FORM, b"a=" + b"x" * 3_000_000),
    "no boundary": ("multipart/form-data", b"code=1"),
    "bad boundary": ("multipart/form-data; boundary=\xe9".encode().decode("latin-1"), b"--\xe9"),
    "cut off": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="c'),
    "bad base64": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="code"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--',
    ),
    "file instead of text": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="code"; filename="../a\x00"\r\n\r\n1\r\n--x--\r\n',
    ),
    "many files": (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="a"\r\n\r\n1\r\n' % place
            for place in range(MANY)
        ) + b"--x--\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PEOPLE)
def test_bodies_of_every_kind_at_every_address(known: dict[str, str], kind: str) -> None:
    cookies = person(kind, known)
    for place in all_places():
        address = filled(place, real(known))
        for name, (content_type, body) in BODIES.items():
            if is_for(kind, place[0]):
                answer = browser(cookies).generic("POST", address, body, content_type=content_type)
                good(answer, f"{address} {name}")


HEADERS: list[dict[str, str]] = [
    {"Accept-Language": "\u202e".encode().decode("latin-1") + ",," * 2000},
    {"Accept-Language": "vi;q=1e999,en;q=-1,zz-" + "z" * 500, "Accept": "nothing/at-all"},
    {"Host": "evil.example"},
    {"Host": "local host:port:1"},
    {"X-Forwarded-For": "'; DROP TABLE, ::ffff:999.1.1.1", "X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "gopher", "Forwarded": "for=unknown"},
    {"User-Agent": "x" * 16_000},
    {"User-Agent": "\xff"},
    {"User-Agent": "", "Referer": "javascript:alert(1)", "Origin": "null"},
    {"If-Modified-Since": "yesterday", "If-None-Match": "*", "Range": "bytes=-1-,9-2"},
    {"Authorization": "Basic !!!", "X-Requested-With": "XMLHttpRequest"},
    {"X-Request-ID": "a" * 32, "X-HTTP-Method-Override": "DELETE"},
    {"Signature": "sig=:!:", "Signature-Input": "sig=((((", "Content-Digest": "sha-256=:=:"},
    {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked", "Expect": "100-continue"},
]
COOKIES = (
    *("__Host-session", "__Host-device", "__Host-flow", "__Host-csrf", "__Host-language"),
    *("messages", "sessionid", "csrftoken"),
)
COOKIE_VALUES = ("x" * 7000, "\x00", '"\\000\\033"', "%00%ff", "\u202e".encode().decode("latin-1"),
                 "\xff", '[["__json_message",0,25,"<b>x</b>"]]:1:1', "deleted", "=;=;,", "")  # fmt: skip


@pytest.mark.parametrize("kind", PEOPLE)
def test_headers_and_cookies_at_every_address(known: dict[str, str], kind: str) -> None:
    cookies = person(kind, known)
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    for place in all_places():
        if not is_for(kind, place[0]):
            continue
        address = filled(place, real(known))
        for headers in HEADERS:
            good(browser(cookies).get(address, headers=headers), f"{address} {headers}")
        for value in COOKIE_VALUES if kind != "administrator" else ():
            every = "; ".join(f"{cookie}={value}" for cookie in COOKIES)
            for header in (f"{every}; {jar}", every):
                client = Client(raise_request_exception=False)
                good(client.get(address, HTTP_COOKIE=header), f"{address} {header!r}")


@pytest.mark.parametrize("kind", PEOPLE)
def test_methods_at_every_address(known: dict[str, str], kind: str) -> None:
    cookies = person(kind, known)
    for place in all_places():
        address = filled(place, real(known))
        methods = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get")
        for method in methods if is_for(kind, place[0]) else methods[:1]:
            answer = browser(cookies).generic(method, address, b"code=1", content_type=FORM)
            good(answer, f"{method} {address}")


@pytest.mark.parametrize("kind", PEOPLE)
def test_no_form_is_taken_without_its_token(known: dict[str, str], kind: str) -> None:
    cookies = person(kind, known)
    for place in all_places():
        address = filled(place, real(known))
        if not is_for(kind, place[0]):
            continue
        for token in ({}, {"csrfmiddlewaretoken": "a" * 64}, {"csrfmiddlewaretoken": "\x00"}):
            answer = browser(cookies, careful=True).post(address, token)
            good(answer, address)
            # The API looks at no cookie, so there is nothing to forge; a form is no JSON.
            reads_no_cookie = address.startswith(("/api/v1/", "/api/schema/"))
            refused = {401, 405, 415} if reads_no_cookie else {403}
            assert answer.status_code in refused, address
