"""A registry of driver licences to measure against: it answers after a while, signed as registries sign.

``python -m benchmarks.registry PORT MILLISECONDS KEY_FILE``: one process, one loop, written for speed, so that what is
measured is the portal. A request without a signature gets an answer without one: the limit that no signature lowers.
It prints how often it was asked about each number, and how often within a second at most, when it is told to (SIGUSR1)
and when it is told to end.
"""

import asyncio
import base64
import hashlib
import json
import signal
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_ID: Final = "bench-1"
TAG: Final = "eid-traffic-police"
NAME: Final = "Nguyễn Thị Đo Lường"
BORN: Final = "2000-01-01"
_COVERED: Final = '("@status" "content-type" "content-digest" "signature";req)'


class Registry(asyncio.Protocol):
    """One connection; requests come one after another."""

    delay: float
    key: Ed25519PrivateKey
    asked: Final[Counter[str]] = Counter()
    lately: Final[deque[float]] = deque()
    most = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody called."""
        self.transport = cast("asyncio.Transport", transport)
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        """Read one request and answer it later."""
        self.heard += data
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found:
            return
        headers = {
            name.strip().lower(): value.strip()
            for name, _colon, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        if len(body) < int(headers.get(b"content-length", b"0")):
            return
        self.heard = b""
        asked = json.loads(body)
        _count(asked["licence_no"])
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self._answer, headers.get(b"signature"), asked)

    def _answer(self, signature: bytes | None, asked: dict[str, str]) -> None:
        if self.transport.is_closing():
            return
        content = json.dumps({"licence": licence_of(asked)}, ensure_ascii=False).encode()
        head = [b"HTTP/1.1 200 OK", b"Content-Type: application/json"]
        if signature is not None:
            head += self._signed(signature, content)
        head.append(b"Content-Length: %d" % len(content))
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + content)

    def _signed(self, signature: bytes, content: bytes) -> list[bytes]:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        params = f'{_COVERED};created={int(time.time())};keyid="{KEY_ID}";alg="ed25519";tag="{TAG}"'
        base = (
            f'"@status": 200\n"content-type": application/json\n"content-digest": sha-256=:{digest}:\n'
            f'"signature";req: {signature.decode()}\n"@signature-params": {params}'
        )
        signed = base64.b64encode(self.key.sign(base.encode())).decode()
        return [
            f"Content-Digest: sha-256=:{digest}:".encode(),
            f"Signature-Input: sig={params}".encode(),
            f"Signature: sig=:{signed}:".encode(),
        ]


def licence_of(asked: dict[str, str]) -> dict[str, object]:
    """What it says of a licence."""
    return {
        "licence_no": asked["licence_no"],
        "full_name": NAME,
        "birth_date": BORN,
        "personal_number": asked["personal_number"],
        "status": "valid",
        "issued_on": "2025-03-03",
        "issuer": "Phòng Cảnh sát giao thông",
        "address": "Phường Cửa Nam, Hà Nội",
        "old_form": False,
        "classes": [
            {"class": "A1", "passed_on": "2019-05-05", "valid_until": None},
            {"class": "B", "passed_on": "2020-06-06", "valid_until": "2035-06-06"},
        ],
        "points": 12,
    }


def new_key(private: Path, public: Path) -> None:
    """Write a fresh key: its private half, and the public one as the portal reads those of parties."""
    key = Ed25519PrivateKey.generate()
    private.write_bytes(key.private_bytes_raw())
    encoded = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    public.write_text(json.dumps({"traffic-police": {KEY_ID: encoded}}), encoding="utf-8")


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGUSR1, _say)
    server = await loop.create_server(Registry, "127.0.0.1", port, backlog=512)
    async with server:
        await stopping.wait()
    _say()


def _count(number: str) -> None:
    now = time.monotonic()
    Registry.asked[number] += 1
    Registry.lately.append(now)
    while Registry.lately[0] <= now - 1:
        Registry.lately.popleft()
    Registry.most = max(Registry.most, len(Registry.lately))


def _say() -> None:
    print(json.dumps({"asked": Registry.asked, "most": Registry.most}), flush=True)


if __name__ == "__main__":
    Registry.delay = float(sys.argv[2]) / 1000
    Registry.key = Ed25519PrivateKey.from_private_bytes(Path(sys.argv[3]).read_bytes())
    asyncio.run(_serve(int(sys.argv[1])))
