"""GET cannot write. The named exception is the record that somebody looked."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_WRITES: Final = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE|COPY|ALTER|CREATE|DROP|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)",
    re.IGNORECASE | re.DOTALL,
)
_allowed: ContextVar[bool] = ContextVar("writes_allowed", default=False)


class GetMayNotWrite(Exception):
    """Code behind a safe request tried to change the database."""


@contextmanager
def access_record() -> Iterator[None]:
    """Let the block write although the request is safe: only to record that data was looked at, or a session used."""
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)


class ReadOnlyMiddleware:
    """Guards the view of every safe request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer under the guard if the method is safe."""
        if request.method not in _SAFE:
            return self.get_response(request)
        with connection.execute_wrapper(_refuse_writes):
            return self.get_response(request)


def _refuse_writes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
    if _WRITES.match(sql) and not _allowed.get():
        raise GetMayNotWrite(sql.split(None, 1)[0])
    return execute(sql, params, many, context)
