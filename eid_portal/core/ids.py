"""Identifiers: UUIDv7 primary keys (RFC 9562 §5.7) and opaque public ids."""

import secrets
import time
from datetime import datetime, timedelta
from uuid import UUID

PUBLIC_ID_LENGTH = 22
_MILLISECOND = timedelta(milliseconds=1)
_CLOCKS_DIFFER = timedelta(minutes=1)


def uuid7() -> UUID:
    """A new primary key: 48 bits of milliseconds, then 74 random bits, so that keys grow with time."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def uuid7_before(ago: timedelta) -> UUID:
    """A key below all that were made here within ``ago``: where to stop in an index of keys."""
    return _first(time.time_ns() // 1_000_000 - ago // _MILLISECOND)


def uuid7_at(moment: datetime) -> UUID:
    """A key below all that were made at a moment or after it."""
    return _first(int(moment.timestamp() * 1000))


def uuid7_since(key: UUID) -> UUID:
    """A key below all that were made with this one or after it.

    Keys of one millisecond stand in any order, and another machine's clock may be a little behind.
    """
    return _first((key.int >> 80) - _CLOCKS_DIFFER // _MILLISECOND)


def _first(milliseconds: int) -> UUID:
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80)


def public_id() -> str:
    """An id for URLs: 128 random bits as 22 characters; says nothing about the row."""
    return secrets.token_urlsafe(16)


def token() -> str:
    """A bearer secret for a cookie: 256 random bits as 43 characters. Only its hash is stored."""
    return secrets.token_urlsafe(32)
