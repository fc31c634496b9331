"""The virus scanner, where one is set up: ClamAV's daemon, asked over its socket before anything else reads a file."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import structlog
from django.conf import settings

PATIENCE: Final = 10.0  # seconds of every read and write
_CHUNK: Final = 256 * 1024
_ANSWER_MOST: Final = 4096
log = structlog.get_logger()


class Silent(Exception):
    """The scanner that is set up does not answer, or not in a way we know: nothing may be taken unscanned."""


def is_set_up() -> bool:
    """Whether there is a scanner to ask (``settings.CLAMD_SOCKET``)."""
    return bool(settings.CLAMD_SOCKET)


def is_clean(content: bytes) -> bool:
    """Whether the scanner found nothing in it.

    Raises:
        Silent: see the class.
    """
    try:
        with closing(_connected()) as line:
            line.sendall(b"zINSTREAM\0")
            for part in _parts(content):
                line.sendall(part)
            answer = _answer(line)
    except OSError as error:
        log.warning("virus_scan.silent", error=type(error).__name__)
        raise Silent from None
    if answer == b"stream: OK":
        return True
    if answer.startswith(b"stream: ") and answer.endswith(b" FOUND"):
        return False
    log.warning("virus_scan.not_understood")  # its limit is below ours, for one
    raise Silent


def _connected() -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(PATIENCE)
    try:
        line.connect(settings.CLAMD_SOCKET)
    except OSError:
        line.close()
        raise
    return line


def _parts(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), _CHUNK):
        part = content[at : at + _CHUNK]
        yield struct.pack(">I", len(part)) + part
    yield struct.pack(">I", 0)


def _answer(line: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\0") and len(said) < _ANSWER_MOST:
        more = line.recv(_ANSWER_MOST)
        if not more:
            break
        said += more
    return said.rstrip(b"\0\n")
