"""Bytes that are no request, or hardly one, break nothing: sent to the socket as they are."""

import re
import socket
import time
from errno import ECONNRESET, ENOTCONN, EPIPE

import pytest

from tests.running import Portal

pytestmark = pytest.mark.slow

RAW: dict[str, bytes] = {
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET /\r\n\r\n",
    "path in raw bytes": b"GET /\xff\xfe\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "whole address": b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: 1\r\n" * 2000 + b"\r\n",
    "huge cookie": b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"a" * 60_000 + b"\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "length below zero": b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    "no length": b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
    "length and chunks": b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bad chunks": b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "upgrade": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "other protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "hidden NUL": b"GET /counter/cases/%00/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW)
def test_bytes_that_are_no_request_break_nothing(running: Portal, sent: bytes) -> None:
    answer = b""
    with socket.create_connection(("localhost", running.port), timeout=10) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            while part := line.recv(65536):
                answer += part
        except OSError as failure:  # hanging up is a way to refuse; silence is not
            if failure.errno not in {ECONNRESET, EPIPE, ENOTCONN}:
                raise

    assert b"HTTP/1.1 5" not in answer
    assert b"Traceback" not in answer
    assert b"django_admin" not in answer
    assert running.answers()


@pytest.mark.parametrize(
    ("path", "origin"), [("/sign-in/", "http://evil.example"), ("/sign-in/?next=%00", "null")]
)
def test_a_refusal_reaches_who_is_still_sending(running: Portal, path: str, origin: str) -> None:
    """A slow network: the form's fields come after the answer is known, and the line stays usable."""
    fields = b"username=x"
    with socket.create_connection(("localhost", running.port), timeout=10) as line:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost:{running.port}\r\nOrigin: {origin}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(fields)}\r\n\r\n"
        )
        line.sendall(head.encode())
        time.sleep(0.3)
        line.sendall(fields)
        assert re.match(rb"HTTP/1.1 40[03]", line.recv(65536))
        line.sendall(f"GET /healthz HTTP/1.1\r\nHost: localhost:{running.port}\r\n\r\n".encode())
        while b'{"status": "alive"}' not in (part := line.recv(65536)):
            assert part, "hung up"
