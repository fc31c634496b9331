"""The card-production system for tests: made-up events, signed as it signs them."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from eid_portal.core import clock, signatures
from eid_portal.core.signatures import SigningKey

PATH = "/api/v1/card-events"
URL = "http://localhost:8000" + PATH
TAG = "eid-card-events"
KEY = SigningKey("card-production-1", bytes(range(32)))


def event(serial: int = 15, **parts: Any) -> dict[str, Any]:
    """A card granted to a woman born in 2000; each serial (0-99) is somebody else, with a phone of her own."""
    assert 0 <= serial <= 99
    made: dict[str, Any] = {
        "event_id": str(uuid4()),
        "kind": "granted",
        "occurred_at": "2026-11-20T09:00:00+07:00",
        "personal_number": f"0013000000{serial:02d}",
        "full_name": "Đặng Thị Mẫu",
        "birth_date": "2000-02-29",
        "sex": "F",
        "nationality": "VNM",
        "residence": {"province": "Hà Nội", "commune": "Phường Cửa Nam", "line": "Số 1"},
        "card": {"number": f"3000000{serial:02d}", "issued_on": "2025-03-03", "expires_on": None},
        "phone": f"+845100000{serial:02d}",
        "photo": None,
    }
    return made | parts


def people(count: int) -> list[dict[str, Any]]:
    """Cards granted to as many different people (up to 9000)."""
    return [
        event(
            place % 100,
            personal_number=f"0{10 + place // 100}3000000{place % 100:02d}",
            phone=f"+8451{10 + place // 100}000{place % 100:02d}",
        )
        for place in range(count)
    ]


def signed(body: bytes, *, now: datetime | None = None, **given: Any) -> dict[str, str]:
    """The headers of a request with this body."""
    values: dict[str, Any] = {"key": KEY, "tag": TAG} | given
    return signatures.sign_request("POST", URL, {}, body, now=now or clock.now(), **values)


def post(body: Any, *, headers: dict[str, str] | None = None, path: str = PATH) -> Any:
    """Send a body (bytes as they are, else as JSON) with its signature."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    sent = signed(raw) if headers is None else headers
    kind = sent.get("Content-Type", "application/json")
    rest = {name: value for name, value in sent.items() if name != "Content-Type"}
    client = Client(raise_request_exception=False)
    # Sent as it is: ``post`` would encode the body anew, and leave the type of an empty one out.
    return client.generic("POST", path, raw, headers=rest, CONTENT_TYPE=kind)


def answers(*events: Any) -> list[dict[str, Any]]:
    """What the portal answers to these events."""
    response = post({"events": list(events)})
    assert response.status_code == 200, response.content
    listed: list[dict[str, Any]] = response.json()["answers"]
    return listed


@pytest.fixture
def card_production(tmp_path: Path, settings: Any) -> None:
    """The portal knows the system's key."""
    public = Ed25519PrivateKey.from_private_bytes(KEY.private).public_key().public_bytes_raw()
    settings.PORTAL_URL = "http://localhost:8000"
    settings.OUTSIDE_KEYS_FILE = tmp_path / "outside-keys.json"
    settings.OUTSIDE_KEYS_FILE.write_text(
        json.dumps({"card-production": {KEY.keyid: base64.b64encode(public).decode()}})
    )
