"""A citizen's own application: speaks to the API as an application would, without a browser's cookies."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any, Final
from uuid import UUID

from django.test import Client
from django.urls import get_resolver
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from accounts.api.account import samples, urls
from accounts.api.account.operations import CitizenOperation, Operation, Told
from accounts.models import Account
from accounts.services import sessions
from documents.api.papers import urls as paper_urls
from eid_portal.core import clock
from payments.api import order_urls
from procedures.api import urls as procedure_urls
from tests import factories

AT: Final = "/api/v1/account/"
API: Final = "/api/v1/"
NOTHING: Final = UUID(int=0)
METHODS: Final = ("get", "post")


def whole(path: str) -> str:
    """An address: of the account's API unless it is written out."""
    return path if path.startswith("/") else AT + path


@dataclass
class App:
    """One installation, signed in or not."""

    key: str = ""
    device: str = ""
    language: str = "en"
    more: dict[str, str] = field(default_factory=dict)  # headers
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: str) -> Any:
        answer = self._client().get(whole(path), query, headers=self._headers())
        return promised("get", path, answer)

    def post(self, path: str, **body: Any) -> Any:
        return self.send(path, json.dumps(body))

    def send(self, path: str, body: str | bytes, content_type: str = "application/json") -> Any:
        client, headers = self._client(), self._headers()
        answer = client.post(whole(path), body, content_type=content_type, headers=headers)
        return promised("post", path, answer)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return self.get(path) if method == "get" else self.send(path, json.dumps(body or {}))

    def _client(self) -> Client:
        client = Client()
        client.cookies.load(self.cookies)
        return client

    def _headers(self) -> dict[str, str]:
        headers = {"Accept-Language": self.language} | self.more
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if self.device:
            headers["Device-Token"] = self.device
        return headers


_one_at_a_time = Lock()  # two threads that make the schema take views out of each other's hands


def schema() -> dict[str, Any]:
    """The OpenAPI schema, in English."""
    with _one_at_a_time:
        return _schema()


@cache
def _schema() -> dict[str, Any]:
    with override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    sent: dict[str, Any] = json.loads(json.dumps(made))
    return sent


def operation_at(method: str, path: str) -> dict[str, Any] | None:
    """What the schema says of an address."""
    # A name comes before an id.
    for template, methods in sorted(schema()["paths"].items(), key=lambda one: one[0].count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, whole(path)) and method in methods:
            found: dict[str, Any] = methods[method]
            return found
    return None


def promised(method: str, path: str, answer: Any) -> Any:
    """The answer, which is as the schema says: its status, its media type, its shape."""
    operation = operation_at(method, path)
    if operation is None or answer.status_code == 500:
        return answer
    assert str(answer.status_code) in operation["responses"], (path, answer.status_code)
    content = operation["responses"][str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return answer
    media_type = answer["Content-Type"].partition(";")[0]
    assert media_type in content, (path, media_type)
    if media_type != "application/pdf" and "$ref" in content[media_type]["schema"]:
        whole = content[media_type]["schema"] | {"components": schema()["components"]}
        Draft202012Validator(whole).validate(answer.json())
        if answer.status_code >= 400:
            codes = {one["value"]["code"] for one in content[media_type]["examples"].values()}
            assert answer.json()["code"] in codes, (path, answer.json()["code"], codes)
    return answer


def signed_in(account: Account, *, office_id: Any = None, now: Any = None) -> App:
    """An application with a session of the account that began now."""
    key, device, _new = sessions.start(
        account=account,
        device_token=None,
        device_label="App, Android",
        amr=("pwd", "otp"),
        address="203.0.113.9",
        office_id=office_id,
        now=now or clock.now(),
    )
    return App(key, device)


def make_person(serial: int = 15, **columns: Any) -> Account:
    """A citizen with a card, a password, an app and a phone."""
    account = factories.make_account(factories.make_citizen(serial), **columns)
    factories.make_card(account.citizen)
    factories.make_password(account)
    factories.make_totp(account)
    factories.make_phone(account, f"+849120000{serial:02d}")
    return account


# --- Every operation ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Known:
    """An operation of the API."""

    method: str
    path: str  # below AT or whole, with ids of nothing
    view: type[Operation]
    told: Told

    @property
    def needs_session(self) -> bool:
        return issubclass(self.view, CitizenOperation)

    def sample(self) -> dict[str, Any]:
        """A body of the right shape."""
        return samples.of(self.told.takes()) if self.told.takes else {}


def operations() -> Iterator[Known]:
    """All of them, by the addresses that there are."""
    assert get_resolver().resolve(AT + "me").func.cls is not None  # type: ignore[attr-defined]
    for at, entries in (
        ("", urls.urlpatterns),
        (API, paper_urls.urlpatterns),
        (API, order_urls.urlpatterns),
        (API, procedure_urls.urlpatterns),
    ):
        for entry in entries:
            route = at + str(entry.pattern)
            path = route.replace("<str:public_id>", "A" * 22).replace(
                "<uuid:event_id>", str(NOTHING)
            )
            path = path.replace("<slug:code>", "nothing")
            view = entry.callback.cls  # type: ignore[attr-defined]
            for method in METHODS:
                if handler := getattr(view, method, None):
                    yield Known(method, path, view, handler.told)


OPERATIONS: Final = tuple(operations())
BY_NAME: Final = {each.told.name: each for each in OPERATIONS}


def neutral(answer: Any) -> tuple[Any, ...]:
    """An answer without the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    body = answer.content.replace(answer.headers["X-Request-ID"].encode(), b"ID")
    return answer.status_code, tuple(sorted(headers.items())), body
