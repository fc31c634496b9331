"""The sandbox for tests: the same application, called in the same process, or over a real socket.

Fixtures: ``sandbox`` (the outside world answers every gateway; ``sandbox.messages("+84…")`` reads a phone,
``sandbox.mails("…@…")`` a mailbox).
"""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from eid_portal import env
from eid_portal.core import clock, keys, outside
from eid_portal.sandbox.app import Sandbox
from eid_portal.sandbox.prepare import prepare
from eid_portal.sandbox.settings import Settings
from eid_portal.sandbox.store import SentMail, SentMessage
from eid_portal.sandbox.world import World

URL = "http://localhost:8001"


class WsgiAdapter(BaseAdapter):
    """Carries a request to a WSGI application in this process."""

    def __init__(self, application: Any) -> None:
        super().__init__()
        self.application = application
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Call the application and wrap its answer as ``requests`` does."""
        self.sent.append(request)
        assert request.url is not None
        assert isinstance(request.body, bytes | None)
        body = request.body or b""
        path, _mark, query = request.url.removeprefix(URL).partition("?")
        environ = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in request.headers.items():
            if name.lower() not in {"content-type", "content-length"}:
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        started: list[Any] = []
        content = b"".join(self.application(environ, lambda *given: started.extend(given)))
        status, headers = started[0], started[1]
        raw = HTTPResponse(
            io.BytesIO(content),
            headers=HTTPHeaderDict(headers),
            status=int(status[:3]),
            preload_content=False,
        )
        response = requests.Response()
        response.status_code = raw.status
        response.headers = requests.structures.CaseInsensitiveDict(raw.headers)
        response.raw = raw
        response.request = request
        response.url = request.url
        return response

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class OutsideWorld:
    """The running sandbox and what tests ask of it."""

    world: World
    application: Sandbox
    adapter: WsgiAdapter

    def messages(self, phone: str) -> list[SentMessage]:
        """What a phone got, newest first."""
        return self.world.store.messages(phone)

    def mails(self, address: str) -> list[SentMail]:
        """What an e-mail address got, newest first."""
        return self.world.store.mails(address)


def new_world(folder: Path, **settings: Any) -> World:
    """A sandbox with fresh keys and an empty store, which knows the portal's key; waiting takes no time."""
    chosen = Settings(
        url=URL,
        portal_url="http://localhost:8000",
        var=folder,
        outside_keys=folder / "outside-keys.json",
    )
    chosen = replace(chosen, **settings)
    prepare(chosen)
    chosen.portal_keys.write_text(json.dumps(keys.public_keys("outbound")), encoding="utf-8")

    def wait(seconds: float) -> None:
        if seconds >= 10:
            raise requests.ReadTimeout

    return World(chosen, sleep=wait, now=clock.now)


@pytest.fixture
def sandbox(tmp_path: Path, settings: Any) -> Iterator[OutsideWorld]:
    """The outside world: every gateway's call is answered by the sandbox in this process."""
    world = new_world(tmp_path)
    settings.OUTSIDE = env.Addresses(URL)
    settings.OUTSIDE_KEYS_FILE = world.settings.outside_keys
    application = Sandbox(world)
    adapter = WsgiAdapter(application)
    with outside.transport(adapter):
        yield OutsideWorld(world, application, adapter)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Tests have no access log."""


@contextmanager
def served() -> Iterator[tuple[str, Callable[[Any], None]]]:
    """A real socket on the loopback: its address, and what to call with the application that answers there."""
    server = make_server("127.0.0.1", 0, None, handler_class=_Quiet)  # type: ignore[call-overload]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.set_app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
