"""Sign in by passkey, both requests with CSRF, session and audit, against password and code in the same portal.

The unit is per CPU-second of the server's process tree; what the visitor's device computes is not counted.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.client import Browser
from benchmarks.ground import Ground, web
from benchmarks.meter import Figure, per_cpu_second
from benchmarks.people import Person, make_people
from benchmarks.sign_in_password import sign_in as sign_in_by_password

ROUNDS, EACH, BY_PASSWORD = 7, 200, 40
UNLOCKED = b"\x1d"  # present, verified, may be backed up and is


@dataclass
class Device:
    """Holds every person's passkey; they share a key, which costs the server the same."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    ids: dict[Person, bytes] = field(default_factory=dict)

    def enroll(self, people: list[Person]) -> None:
        """Write the passkeys with the portal's own models."""
        import cbor2

        from accounts.models import Authenticator, Passkey
        from eid_portal.core import clock

        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        self.ids = {person: secrets.token_bytes(32) for person in people}
        rows = [
            Authenticator(
                state="ACTIVE", account_id=person.account_id, account_kind="citizen", kind="PASSKEY", label="Đo",
                bound_at=clock.now(),
            )
            for person in people
        ]  # fmt: skip
        Authenticator.objects.bulk_create(rows, batch_size=500)
        Passkey.objects.bulk_create(
            [
                Passkey(
                    authenticator=row, credential_id=self.ids[person], public_key=cose,
                    backup_eligible=True, backed_up=True,
                )
                for person, row in zip(people, rows, strict=True)
            ],
            batch_size=500,
        )  # fmt: skip

    def answer(self, person: Person, options: dict[str, Any], origin: str) -> str:
        """What the browser posts."""
        said = {"type": "webauthn.get", "challenge": options["challenge"], "origin": origin}
        client = json.dumps(said).encode()
        data = sha256(options["rpId"].encode()).digest() + UNLOCKED + bytes(4)
        signed = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        name = _b64(self.ids[person])
        response = {
            "clientDataJSON": _b64(client),
            "authenticatorData": _b64(data),
            "signature": _b64(signed),
        }
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def measure(here: Ground) -> Figure:
    """Password and passkey in turn."""
    import django

    django.setup()
    figure = Figure(
        "sign_in_passkey",
        "sign-ins/CPU-s",
        peer_name="this portal's sign-in by password and code",
        note="goal: at least 8 times the peer; both requests",
    )
    people, device = make_people(ROUNDS * EACH + 10), Device()
    device.enroll(people)
    with web(here) as (port, pid):
        _sign_in(port, people[-10:], device)
        sign_in_by_password(port, people[-10:])
        for place in range(ROUNDS):
            _forget_networks(here)
            chosen = people[place * EACH : (place + 1) * EACH]
            figure.ours.append(per_cpu_second(lambda: _sign_in(port, chosen, device), pid=pid))  # noqa: B023
            figure.peer.append(
                per_cpu_second(lambda: sign_in_by_password(port, chosen[:BY_PASSWORD]), pid=pid)  # noqa: B023
            )
    return figure


def _sign_in(port: int, people: list[Person], device: Device) -> int:
    browser = Browser(port)
    token = browser.csrf("/sign-in/")
    csrf = dict(browser.cookies)
    for person in people:
        browser.cookies = csrf | {"__Host-device": person.device_token}
        _status, said = browser.get("/sign-in/passkey/options/")
        answer = device.answer(person, json.loads(said), f"http://localhost:{port}")
        fields = {"csrfmiddlewaretoken": token, "answer": answer}
        status, text = browser.post("/sign-in/passkey/", fields)
        if status != 303 or "__Host-session" not in browser.cookies:
            raise SystemExit(f"the passkey was not taken: {status} {text[:2000]}")
    return len(people)


def _forget_networks(here: Ground) -> None:
    """All visitors come from one address, which may not sign in so often."""
    from redis import Redis

    with Redis.from_url(here.redis.url()) as client:
        client.flushdb()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
