"""Requests of the parties the sandbox plays to the portal's API, signed as theirs."""

import http.client
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from eid_portal.sandbox import keys, signing
from eid_portal.sandbox.signing import Key
from eid_portal.sandbox.world import World

_LONGEST_ANSWER: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What the portal answered; status 0 if it could not be reached."""

    status: int
    answer: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A signed request, ready to go."""

    message: signing.Message
    body: bytes


def sign(
    world: World, path: str, document: dict[str, Any], *, key: Key, tag: str, now: datetime
) -> Letter:
    """A document for an address of the portal, signed with a key."""
    body = json.dumps(document, ensure_ascii=False).encode()
    message = signing.Message(
        "POST", world.settings.portal_url + path, {"content-type": "application/json"}
    )
    signing.sign_request(message, body, key=key, tag=tag, now=now)
    return Letter(message, body)


def deliver(letter: Letter) -> Sent:
    """Send it; again is the same request, byte for byte."""
    parts = urlsplit(letter.message.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "localhost", parts.port, timeout=60)
    try:
        connection.request("POST", parts.path, letter.body, letter.message.headers)
        answer = connection.getresponse()
        return Sent(answer.status, answer.read(_LONGEST_ANSWER).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Sent(0, f"The portal did not answer: {type(error).__name__}")
    finally:
        connection.close()


def post(world: World, path: str, document: dict[str, Any], *, party: str, tag: str) -> Sent:
    """Send a document, signed as a party."""
    key = keys.of(world.settings, party)
    return deliver(sign(world, path, document, key=key, tag=tag, now=world.now()))
