"""People's applications: they pay over HTTP, try again as an application does, and keep a list of what they were told.

An application makes the key of an order itself. Whatever it did not hear an answer to it asks again under the same key.
"""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from tests.chaos.people import Owed, Payer

PATIENCE: Final = 150.0  # seconds that an application goes on with one order
CODE_WAITED_FOR: Final = 20.0  # seconds until another code is asked for
AGAIN: Final = 0.3  # seconds
_CODES: Final = "CODE"  # among other messages
_CODE: Final = re.compile(r"\b\d{6}\b")
_BUSY: Final = frozenset({408, 425, 429})
_BROKEN_FROM: Final = 500
GOOD: Final = range(200, 300)


class GaveUp(Exception):
    """An order was not agreed to: the message says why."""


@dataclass
class Agreed:
    """What an application was told: this order is agreed to."""

    payer: Payer
    key: str
    id: str
    reference: str
    amount: int
    owed: list[Owed]
    last: dict[str, Any] = field(default_factory=dict)  # the order as it was last shown


@dataclass
class Callers:
    """All applications, and what they keep together."""

    port: int
    sandbox_port: int
    given_up: list[str] = field(default_factory=list)
    tried_again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)  # everybody gives up

    def count_again(self) -> None:
        """Something was asked once more."""
        with self.lock:
            self.tried_again += 1

    def give_up(self, why: str) -> None:
        """Somebody could not do what they came for."""
        with self.lock:
            self.given_up.append(why)


@dataclass
class Clients(Callers):
    """Applications that pay bills, and the list they keep together."""

    agreed: list[Agreed] = field(default_factory=list)

    def pay(self, payers: Sequence[Payer], *, at_once: int) -> None:
        """Everybody pays everything, so many at a time."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="payer") as pool:
            list(pool.map(self._pay_all, payers))

    def look(self, one: Agreed) -> dict[str, Any]:
        """An order as the portal shows it to its payer."""
        phone = Phone(self, one.payer, PATIENCE)
        _status, one.last = phone.ask("GET", f"/api/v1/payments/orders/{one.id}")
        return one.last

    def again(self, one: Agreed) -> tuple[str, str]:
        """The order that the same key gives once more: id and reference."""
        status, order = _Bills(self, one.payer, PATIENCE).order(one.key, one.owed)
        return (order["id"], order["reference"]) if status in GOOD else ("", "")

    def _pay_all(self, payer: Payer) -> None:
        read: set[str] = set()
        for owed in payer.orders:
            try:
                agreed = _Bills(self, payer, PATIENCE).pay(owed, read)
            except GaveUp as why:
                self.give_up(str(why))
            else:
                with self.lock:
                    self.agreed.append(agreed)


class Phone:
    """The application on one person's phone: it asks until it hears an answer, and reads the codes."""

    def __init__(self, callers: Callers, payer: Payer, patience: float) -> None:
        self.callers = callers
        self.payer = payer
        self.until = time.monotonic() + patience

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Ask until there is an answer that says something.

        Raises:
            GaveUp: there was none in time.
        """
        while time.monotonic() < self.until and not self.callers.over.is_set():
            status, said = self._once(method, path, body, key)
            if status and status not in _BUSY and status < _BROKEN_FROM:
                return status, said
            self.callers.count_again()
            time.sleep(AGAIN)
        raise GaveUp(f"{method} was not answered in time")

    def _once(self, method: str, path: str, body: Any, key: str) -> tuple[int, dict[str, Any]]:
        port = self.callers.port
        headers = {
            "Host": f"localhost:{port}",
            "Authorization": f"Bearer {self.payer.session}",
            "Content-Type": "application/json",
        }
        if key:
            headers["Idempotency-Key"] = key
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = line.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            line.close()

    def codes(self, order: str, read: set[str]) -> Iterator[str]:
        """Codes as they come to the phone: the one that beginning sends, and others asked for when none comes.

        Raises:
            GaveUp: no other code is sent.
        """
        while time.monotonic() < self.until and not self.callers.over.is_set():
            asked = time.monotonic()
            while time.monotonic() - asked < CODE_WAITED_FOR:
                yield from self._unread(read)
                time.sleep(AGAIN)
            status, said = self._once("POST", f"/api/v1/payments/orders/{order}/code", None, "")
            if status and status not in GOOD and status < _BROKEN_FROM:
                raise GaveUp(f"code: {status} {said}")

    def _unread(self, read: set[str]) -> Iterator[str]:
        line = http.client.HTTPConnection("127.0.0.1", self.callers.sandbox_port, timeout=20)
        try:
            line.request(
                "GET",
                f"/phones/{self.payer.phone}/messages.json",
                headers={"Host": f"localhost:{self.callers.sandbox_port}"},
            )
            messages = json.loads(line.getresponse().read())["messages"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return
        finally:
            line.close()
        for message in messages:
            if message["purpose"] == _CODES and message["message_id"] not in read:
                read.add(message["message_id"])
                found = _CODE.search(message["text"])
                if found:
                    yield found[0]


class _Bills(Phone):
    def pay(self, owed: list[Owed], read: set[str]) -> Agreed:
        key = str(uuid4())
        status, order = self.order(key, owed)
        if status not in GOOD:
            raise GaveUp(f"order: {status} {order}")
        for code in self.codes(order["id"], read):
            path = f"/api/v1/payments/orders/{order['id']}/confirm"
            status, said = self.ask("POST", path, {"code": code})
            if status in GOOD:
                return Agreed(
                    self.payer, key, order["id"], order["reference"], order["amount"], owed, said
                )
        raise GaveUp("no code was taken")

    def order(self, key: str, owed: list[Owed]) -> tuple[int, dict[str, Any]]:
        bills = [each.public_id for each in owed]
        body = {"account": self.payer.link, "bills": bills}
        return self.ask("POST", "/api/v1/payments/orders", body, key=key)
