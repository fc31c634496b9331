"""Requests and answers of the sandbox, in as few lines as WSGI needs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eid_portal.sandbox.signing import Key

LARGEST_BODY: Final = 64 * 1024
_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refuse(Exception):
    """The request is answered with this status and code, and nothing is done."""

    def __init__(self, status: int, code: str, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """Path and query as the sender wrote them."""
        path = quote(self.path, safe="/:@!$&'()*+,;=~-._")
        return f"{path}?{self.query}" if self.query else path

    def refuse_other_sites(self) -> None:
        """Only pages of the sandbox may ask for this.

        Raises:
            Refuse: another site sent the browser here.
        """
        if self.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Refuse(403, "another_site")

    def fields(self) -> dict[str, str]:
        """The fields of a posted form."""
        try:
            return dict(parse_qsl(self.body.decode(), max_num_fields=20))
        except ValueError:
            raise Refuse(400, "malformed_form") from None

    def arguments(self) -> dict[str, str]:
        """The arguments in the query."""
        return dict(parse_qsl(self.query))

    def payload(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one if there is no body."""
        if not self.body:
            return {}
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refuse(400, "malformed_json") from None
        if not isinstance(document, dict):
            raise Refuse(400, "malformed_json")
        return document


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; ``key`` signs it instead of the party's own, ``stream`` follows the signed body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    key: Key | None = None
    stream: Iterable[bytes] = ()

    @property
    def status_line(self) -> str:
        """As WSGI wants it."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def read(environ: Mapping[str, Any]) -> Request:
    """The request of a WSGI environment.

    Raises:
        Refuse: it is too large or cannot be read.
    """
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refuse(400, "malformed_request")
    if int(length) > LARGEST_BODY:
        raise Refuse(413, "too_large")
    try:
        path = str(environ.get("PATH_INFO") or "/").encode("latin-1").decode()
    except UnicodeError:
        raise Refuse(400, "malformed_request") from None
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = str(environ["CONTENT_TYPE"])
    body = environ["wsgi.input"].read(int(length)) if int(length) else b""
    return Request(
        str(environ["REQUEST_METHOD"]), path, str(environ.get("QUERY_STRING", "")), headers, body
    )


def page(template: str, *, status: int = 200, **context: Any) -> Answer:
    """An HTML page."""
    text = _PAGES.get_template(template).render(**context)
    return Answer(
        status, text.encode(), {"content-type": "text/html; charset=utf-8"} | _PAGE_HEADERS
    )


def to(address: str) -> Answer:
    """The browser goes on to another page of the sandbox."""
    return Answer(303, b"", {"location": address, "content-type": "text/plain"})


def document(data: object, *, status: int = 200) -> Answer:
    """A JSON document."""
    text = json.dumps(data, ensure_ascii=False)
    return Answer(
        status, text.encode(), {"content-type": "application/json", "cache-control": "no-store"}
    )


def refusal(refused: Refuse) -> Answer:
    """A JSON answer that says why not."""
    answer = document({"code": refused.code}, status=refused.status)
    if refused.retry_after is not None:
        answer.headers["retry-after"] = str(refused.retry_after)
    return answer
