"""Whatever an application sends to the account's API, the answer is a promised one, and nothing else is changed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as portal
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Citizen
from eid_portal.core import clock
from eid_portal.core.api import PartsParser
from payments import policy
from tests import factories
from tests.accounts.application import (
    BY_NAME,
    OPERATIONS,
    App,
    Known,
    make_person,
    schema,
    signed_in,
    whole,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# Those that take a file have tests of their own (tests/procedures/test_files_api.py).
POSTS: Final = [
    each
    for each in OPERATIONS
    if each.method == "post" and PartsParser not in each.view.parser_classes
]
WITH_BODY: Final = [each for each in POSTS if each.told.takes is not None]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside did not happen."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def named(known: Known) -> str:
    return known.told.name


@pytest.fixture
def person() -> Account:
    return make_person()


def problem_of(answer: Any, what: str) -> dict[str, Any]:
    assert answer.status_code < 500, what
    assert answer["Content-Type"] == "application/problem+json", what
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "code", "detail", "request_id"} <= problem.keys(), what
    assert problem["status"] == answer.status_code, what
    return problem


# --- Bodies that are none ---------------------------------------------------------------------------
JSON = "application/json"
DEEP = portal.API_DEPTH_LIMIT + 1
BODIES: Final[dict[str, tuple[str, bytes, int]]] = {
    "blank": (JSON, b" ", 400),
    "cut off": (JSON, b'{"code": "1', 400),
    "not UTF-8": (JSON, b'{"code": "\xff"}', 400),
    "byte-order mark": (JSON, b"\xef\xbb\xbf{}", 400),
    "UTF-16": (JSON, '{"code": "1"}'.encode("utf-16"), 400),
    "named twice": (JSON, b'{"flow": "a", "flow": "b"}', 400),
    "deep": (JSON, b'{"answer": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400),
    "bottomless": (JSON, b"[" * 100_000, 400),
    "NUL": (JSON, b'{"code": "\\u0000"}', 400),
    "half a character": (JSON, b'{"code": "\\ud800"}', 400),
    "infinite": (JSON, b'{"code": Infinity}', 400),
    "enormous number": (JSON, b'{"code": 1' + b"0" * 400 + b"}", 400),
    "comment": (JSON, b"{} // x", 400),
    "null": (JSON, b"null", 422),
    "list": (JSON, b'[{"code": "1"}]', 422),
    "text": (JSON, b'"code"', 422),
    "number": (JSON, b"1", 422),
    "unknown field": (JSON, b'{"is_superuser": true}', 422),
    "too large": (JSON, b'{"code": "' + b"x" * portal.API_BODY_LIMIT + b'"}', 413),
    "form": ("application/x-www-form-urlencoded", b"code=1", 415),
    "XML": ("text/xml", b"<code>1</code>", 415),
    "no kind": ("", b"{}", 415),
    "another character set": ("application/json; charset=latin-1", b"{}", 415),
    "parts": ("multipart/form-data; boundary=x", b"--x--", 415),
}


def keyed(person: Account) -> App:
    """An application that gives whatever it sends a key of its own, as one that pays must."""
    return replace(signed_in(person), more={"Idempotency-Key": str(uuid4())})


@pytest.mark.parametrize("known", WITH_BODY, ids=named)
def test_a_body_that_cannot_be_meant(known: Known, person: Account) -> None:
    app = keyed(person)
    for name, (content_type, body, status) in BODIES.items():
        answer = app.send(known.path, body, content_type)
        problem_of(answer, name)
        assert answer.status_code == status, (name, answer.content)
    assert Account.objects.filter(pk=person.pk, state="ACTIVE").exists()


def wrong(value: Any) -> Iterator[Any]:
    """What another kind of value than a good one looks like."""
    yield from (None, True, 0, -1.5, [], {}, [value], {"$ne": value}, "", "\u202e", "A" * 100_000)


@pytest.mark.parametrize("known", WITH_BODY, ids=named)
def test_a_field_of_another_kind_is_named(known: Known, person: Account) -> None:
    app, good = keyed(person), known.sample()
    for field in good:
        for value in wrong(good[field]):
            with undone():
                answer = app.ask("post", known.path, good | {field: value})
            assert answer.status_code < 500, (field, value)
            if isinstance(value, bool | int | float) and type(value) is not type(good[field]):
                problem = problem_of(answer, field)
                assert (problem["code"], field in problem["errors"]) == ("invalid", True), problem
    for field in good:
        lacking = {name: value for name, value in good.items() if name != field}
        with undone():
            answer = app.ask("post", known.path, lacking)
        assert answer.status_code < 500, field
        needed = known.told.takes().fields[field].required  # type: ignore[misc]
        if needed:
            assert problem_of(answer, field)["errors"][field][0]["code"] == "required"


# --- Fields of rows -------------------------------------------------------------------------------
COLUMNS: Final = sorted(
    {
        name
        for app in ("accounts", "core", "documents")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        for name in (field.name, getattr(field, "attname", field.name))
    }
)


def rows_of(person: Account) -> tuple[Any, ...]:
    """The account and its person, as they are stored."""
    return (
        Account.objects.filter(pk=person.pk).values().get(),
        Citizen.objects.filter(pk=person.citizen_id).values().get(),
    )


@pytest.mark.parametrize("known", POSTS, ids=named)
def test_no_field_of_a_row_is_taken(known: Known, person: Account) -> None:
    before = rows_of(person)
    app, good = keyed(person), known.sample()
    others = {name: "2" for name in COLUMNS if name not in good}
    assert {"state", "level", "kind", "citizen_id", "is_superuser"} & others.keys()
    with undone():
        answer = app.ask("post", known.path, good | others)
        if known.told.name == "stop_transfers":  # what it is for, and by its own clock
            held = rows_of(person)[0]["money_held_until"]
            assert abs(held - clock.now() - policy.TRANSFERS_STOPPED) < timedelta(minutes=1)
            Account.objects.filter(pk=person.pk).update(money_held_until=None)
        if known.told.takes is not None:
            problem = problem_of(answer, known.path)
            assert {one["code"] for one in problem["errors"][""]} == {"unknown"}
            for name in others:
                answer = app.ask("post", known.path, good | {name: "2"})
                assert answer.status_code == 422, name
        assert rows_of(person) == before


# --- Anything at all --------------------------------------------------------------------------------
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PLACES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_characters="/?#%\\"), min_size=1, max_size=30
).filter(lambda text: text not in {".", ".."})  # fmt: skip


def bodies(known: Known) -> st.SearchStrategy[Any]:
    """By the schema: each field as its example, as its own kind, or as anything."""
    assert known.told.takes is not None
    shape = schema()["components"]["schemas"][known.told.takes.__name__]
    good = known.sample()

    def values(name: str) -> st.SearchStrategy[Any]:
        part = shape["properties"][name]
        own = [st.just(good[name])] * 3
        if "enum" in part:
            own.append(st.sampled_from(part["enum"]))
        if part.get("type") == "string":
            own.append(st.text(max_size=part.get("maxLength", 60)))
        return st.one_of(*own, ANYTHING)

    whole = st.fixed_dictionaries({}, optional={name: values(name) for name in shape["properties"]})
    return st.one_of(whole, whole.map(lambda body: good | body), ANYTHING)


@pytest.mark.parametrize("known", OPERATIONS, ids=named)
def test_nothing_that_is_sent_is_a_fault_of_ours(known: Known, person: Account) -> None:
    """Every answer is one the schema promises."""
    gets = known.method == "get"

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def send(data: st.DataObject) -> None:
        path = known.path
        for part in ("A" * 22, "00000000-0000-0000-0000-000000000000"):
            if part in path and part.startswith("A"):
                path = path.replace(part, data.draw(PLACES))
        body = data.draw(bodies(known) if known.told.takes else ANYTHING)
        query = data.draw(st.dictionaries(st.sampled_from(["show", "before", "day", "action", "x"]),
                                          st.text(max_size=30)))  # fmt: skip
        with undone():
            app = keyed(person)
            answer = app.get(path, **query) if gets else app.send(path, json.dumps(body))
            assert answer.status_code < 500 or answer.status_code == 503
            assert b"Traceback" not in answer.content

    send()


HEADERS: Final[list[dict[str, str]]] = [
    {"Authorization": "Bearer " + "A" * 9000},
    {"Authorization": "Bearer a, Bearer b"},
    {"Authorization": "Bearer \u202e".encode().decode("latin-1")},
    {"Device-Token": "." * 5000},
    {"Device-Token": "\u202e".encode().decode("latin-1")},
    {"Accept": "text/html", "Accept-Language": ",," * 900},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Content-Encoding": "gzip"},
    {"Origin": "https://evil.example"},
]


def test_headers_at_every_operation(person: Account) -> None:
    key = signed_in(person).key
    for known in OPERATIONS:
        for headers in HEADERS:
            with undone():
                sent = {"Authorization": f"Bearer {key}"} | headers
                answer = Client().generic(
                    known.method.upper(),
                    whole(known.path),
                    json.dumps(known.sample()),
                    content_type=JSON,
                    headers=sent,
                )
            assert answer.status_code < 500, (known.path, headers)
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Set-Cookie" not in answer.headers


def test_other_methods_are_refused(person: Account) -> None:
    key = signed_in(person).key
    for known in OPERATIONS:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            answer = Client().generic(
                method, whole(known.path), b"{}", headers={"Authorization": f"Bearer {key}"}
            )
            assert problem_of(answer, known.path)["code"] == "method_not_allowed"


def test_no_secret_is_answered_twice(person: Account) -> None:
    """Of what others could sign in with, only what was just made is ever said."""
    app = keyed(person)
    secret = factories.TOTP_SECRET
    for known in OPERATIONS:
        if known.method == "get":
            text = app.get(known.path).content.decode()
            assert secret not in text
            assert "argon2" not in text
            assert person.citizen.personal_number not in text
            assert "+84912000015" not in text
    assert "me" in BY_NAME
    assert App().get("me").status_code == 401
