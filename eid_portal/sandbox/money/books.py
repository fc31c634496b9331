"""The books of banks and billers: each reference once, what was asked, how often, and what was done.

A step is kept whole before it is answered, so what was answered is still there after a kill.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from eid_portal.sandbox.money import outcomes
from eid_portal.sandbox.money.outcomes import Outcome
from eid_portal.sandbox.store import Store
from eid_portal.sandbox.web import Refuse

PROCESSED_AFTER: Final = timedelta(seconds=5)
_LOST: Final = "lost"  # the request vanished: nobody at the party knows of it


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that was asked to move under one reference; ``about`` is the debit, bill or account it concerns."""

    party: str
    kind: str  # debit, refund, payout, payment
    reference: str
    amount: int
    asked_for: str  # JSON, as it came first
    bank: str
    about: str
    state: str  # done, refused, processing, lost
    code: str | None
    receipt: str
    asked: int = 1
    done: int = 0
    asked_at: str = ""
    done_at: str | None = None
    due_at: str | None = None

    def shown(self) -> dict[str, Any]:
        """For programs that count."""
        return asdict(self) | {"asked_for": json.loads(self.asked_for)}


Check = Callable[[sqlite3.Connection], str | None]
_COLUMNS: Final = ", ".join(
    "standing" if field.name == "state" else field.name for field in fields(Movement)
)
_MOVEMENTS: Final = f"SELECT {_COLUMNS} FROM movement"  # noqa: S608 - of names of columns alone
_PLACES: Final = ", ".join("?" * len(fields(Movement)))
_INSERT: Final = f"INSERT INTO movement VALUES ({_PLACES})"  # noqa: S608 - of names of columns alone


def move(
    store: Store, asked: Movement, *, now: datetime, check: Check, effect: Callable[..., None]
) -> tuple[Movement, bool]:
    """Do what is asked, once a reference; what the books now say, and whether this call wrote it.

    ``check`` says why not, by what the party holds; ``effect`` is called in the same step with what was written.

    Raises:
        Refuse: the reference was used for something else.
    """
    with store.step() as connection:
        connection.execute("BEGIN IMMEDIATE")
        found = _find(connection, asked.party, asked.kind, asked.reference)
        if found is not None:
            _count(connection, found)
            if json.loads(found.asked_for) != json.loads(asked.asked_for):
                connection.commit()
                raise Refuse(409, "reference_used")
            return replace(found, asked=found.asked + 1), False
        made = _decided(asked, now, check(connection))
        connection.execute(_INSERT, astuple(made))
        effect(connection, made)
        return made, True


def _decided(asked: Movement, now: datetime, why_not: str | None) -> Movement:
    at = now.isoformat(timespec="milliseconds")
    outcome = outcomes.of(asked.party, asked.amount)
    if outcome is Outcome.SILENT_LOST:
        return replace(asked, state=_LOST, asked_at=at)
    code = why_not or outcomes.REFUSALS.get(outcome)
    if code is not None:
        return replace(asked, state="refused", code=code, asked_at=at)
    if outcome is Outcome.PROCESSING:
        due = (now + PROCESSED_AFTER).isoformat(timespec="milliseconds")
        return replace(asked, state="processing", asked_at=at, due_at=due)
    return replace(
        asked, state="done", done=1, receipt=_receipt(asked.party), asked_at=at, done_at=at
    )


def _receipt(party: str) -> str:
    return f"{party[:2].upper()}{secrets.randbelow(10**12):012d}"


def find(
    store: Store, party: str, kind: str, reference: str, *, now: datetime
) -> tuple[Movement | None, bool]:
    """What became of a reference, None if it never arrived; and whether it was finished just now."""
    finished = finish(store, (party, kind, reference), now=now)
    with store.step() as connection:
        found = _find(connection, party, kind, reference)
    return (None if found is None or found.state == _LOST else found), finished is not None


def finish(store: Store, key: tuple[str, str, str], *, now: datetime) -> Movement | None:
    """Finish what is processing and due; None if there is nothing to finish."""
    at = now.isoformat(timespec="milliseconds")
    with store.step() as connection:
        done = connection.execute(
            "UPDATE movement SET standing = 'done', done = done + 1, receipt = ?, done_at = ?"
            " WHERE party = ? AND kind = ? AND reference = ? AND standing = 'processing' AND due_at <= ?",
            (_receipt(key[0]), at, *key, at),
        )
        return _find(connection, *key) if done.rowcount == 1 else None


def due(store: Store, *, now: datetime) -> list[tuple[str, str, str]]:
    """What is processing and due: party, kind and reference."""
    with store.step() as connection:
        return connection.execute(
            "SELECT party, kind, reference FROM movement WHERE standing = 'processing' AND due_at <= ? LIMIT 100",
            (now.isoformat(timespec="milliseconds"),),
        ).fetchall()


def taken_of(connection: sqlite3.Connection, party: str, kind: str, about: str) -> int:
    """The sum of what was done or is processing about something."""
    row = connection.execute(
        "SELECT coalesce(sum(amount), 0) FROM movement WHERE party = ? AND kind = ? AND about = ?"
        " AND standing IN ('done', 'processing')",
        (party, kind, about),
    ).fetchone()
    return int(row[0])


def debit_of(connection: sqlite3.Connection, party: str, reference: str) -> Movement | None:
    """A debit that was done."""
    found = _find(connection, party, "debit", reference)
    return found if found is not None and found.state == "done" else None


def every(store: Store, party: str = "") -> list[Movement]:
    """All movements, of one party or of all, in the order they were asked for."""
    with store.step() as connection:
        rows = connection.execute(
            f"{_MOVEMENTS} WHERE ? IN ('', party) ORDER BY asked_at, reference",
            (party,),
        ).fetchall()
    return [Movement(*row) for row in rows]


def newest(store: Store, party: str, limit: int = 100) -> list[Movement]:
    """The newest movements of a party, newest first."""
    with store.step() as connection:
        rows = connection.execute(
            f"{_MOVEMENTS} WHERE party = ? ORDER BY asked_at DESC LIMIT ?",
            (party, limit),
        ).fetchall()
    return [Movement(*row) for row in rows]


def done_until(store: Store, party: str, end: datetime) -> list[Movement]:
    """What a party did before a moment, in order."""
    with store.step() as connection:
        rows = connection.execute(
            f"{_MOVEMENTS} WHERE party = ? AND standing = 'done' AND done_at < ?"
            " ORDER BY done_at, kind, reference",
            (party, end.isoformat(timespec="milliseconds")),
        ).fetchall()
    return [Movement(*row) for row in rows]


def _find(connection: sqlite3.Connection, party: str, kind: str, reference: str) -> Movement | None:
    row = connection.execute(
        f"{_MOVEMENTS} WHERE party = ? AND kind = ? AND reference = ?",
        (party, kind, reference),
    ).fetchone()
    return Movement(*row) if row else None


def _count(connection: sqlite3.Connection, found: Movement) -> None:
    connection.execute(
        "UPDATE movement SET asked = asked + 1 WHERE party = ? AND kind = ? AND reference = ?",
        (found.party, found.kind, found.reference),
    )
