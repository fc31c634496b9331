"""Requests of the parties the sandbox plays to the portal's API, signed as theirs."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from eid_portal.sandbox import keys, signing
from eid_portal.sandbox.world import World

_LONGEST_ANSWER: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What the portal answered; status 0 if it could not be reached."""

    status: int
    answer: str


def post(world: World, path: str, document: dict[str, Any], *, party: str, tag: str) -> Sent:
    """Send a document, signed as a party."""
    url = world.settings.portal_url + path
    body = json.dumps(document, ensure_ascii=False).encode()
    message = signing.Message("POST", url, {"content-type": "application/json"})
    signing.sign_request(
        message, body, key=keys.of(world.settings, party), tag=tag, now=world.now()
    )
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "localhost", parts.port, timeout=60)
    try:
        connection.request("POST", path, body, message.headers)
        answer = connection.getresponse()
        return Sent(answer.status, answer.read(_LONGEST_ANSWER).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Sent(0, f"The portal did not answer: {type(error).__name__}")
    finally:
        connection.close()
