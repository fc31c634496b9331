"""GET cannot write. The named exception is the record that somebody looked.

The guard knows what reads, and refuses the rest: also row locks, sequences and NOTIFY, which only make sense on the way
to a write. It sees what passes Django's cursors; the portal uses no other.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_READS: Final = re.compile(
    r"\s*(SELECT|WITH|SHOW|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\b", re.IGNORECASE
)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_MORE: Final = re.compile(
    r"\b(INSERT|INTO|UPDATE|DELETE|MERGE|SHARE|nextval|setval|pg_notify|pg_(try_)?advisory\w*)\b",
    re.IGNORECASE,
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


def _refuse_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
    text = sql if isinstance(sql, str) else sql.as_string(None)
    if not _allowed.get() and not _only_reads(text):
        raise GetMayNotWrite(text.split(None, 1)[0])
    return execute(sql, params, many, context)


@lru_cache(maxsize=1024)
def _only_reads(sql: str) -> bool:
    if not _READS.match(sql):
        return False
    several = _QUOTED.sub("", sql).split(";")
    return all(_READS.match(one) and not _MORE.search(one) for one in several if one.strip())
