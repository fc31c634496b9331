"""Bills as the sandbox keeps them: the written ones, and those that were added on its page."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from eid_portal.sandbox import data
from eid_portal.sandbox.money import written
from eid_portal.sandbox.money.written import Bill
from eid_portal.sandbox.world import World

_COLUMNS: Final = (
    "reference, customer_code, period, amount, due_on, customer_name, details, standing, owner,"
    " meanwhile, paid_by"
)
_BILLS: Final = f"SELECT {_COLUMNS} FROM bill"  # noqa: S608 - of names of columns alone
_WITH_BILLER: Final = f"SELECT biller, {_COLUMNS} FROM bill"  # noqa: S608 - of names of columns alone
_INSERT: Final = (
    f"INSERT OR IGNORE INTO bill (party, biller, {_COLUMNS})"  # noqa: S608 - of names of columns alone
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A bill in the store, and the payment that paid it."""

    bill: Bill
    paid_by: str | None

    def shown(self) -> dict[str, Any]:
        """As the wire carries it."""
        bill = self.bill
        return {
            "reference": bill.reference,
            "customer_code": bill.customer_code,
            "period": bill.period,
            "amount": bill.amount,
            "due_on": bill.due_on,
            "customer_name": bill.customer_name,
            "state": bill.state,
            "details": bill.details,
        }


def of_code(world: World, party: str, biller: str, code: str) -> list[Kept]:
    """The bills of a customer code, newest month first."""
    _keep(world, party, biller, written.of_code(party, biller, code, world.today))
    return _some(world, party, biller, "customer_code", code)


def of_person(world: World, party: str, biller: str, number: str) -> list[Kept]:
    """The bills that are found by a personal number; nobody has none."""
    person = data.find(number, today=world.today)
    if person is None:
        return []
    if not biller:
        _keep(world, party, biller, written.of_person(party, person, world.today))
    return _some(world, party, biller, "owner", written.owner_of(party, person))


def add(world: World, party: str, biller: str, bill: Bill) -> bool:
    """Add a bill; False if there is one of this reference."""
    return _keep(world, party, biller, [bill]) == 1


def insert(connection: sqlite3.Connection, party: str, bill: Bill) -> None:
    """Add a bill of a party that speaks for itself, in a step that others join."""
    connection.execute(_INSERT, _values(party, "", bill))


def of_owner(connection: sqlite3.Connection, party: str, owner: str) -> list[Kept]:
    """The bills of a person or household, in a step that others join."""
    rows = connection.execute(f"{_BILLS} WHERE party = ? AND owner = ?", (party, owner)).fetchall()
    return [_read(row) for row in rows]


def find(connection: sqlite3.Connection, party: str, biller: str, reference: str) -> Kept | None:
    """The bill of a reference."""
    row = connection.execute(
        f"{_BILLS} WHERE party = ? AND biller = ? AND reference = ?",
        (party, biller, reference),
    ).fetchone()
    return _read(row) if row else None


def change(connection: sqlite3.Connection, party: str, biller: str, kept: Kept) -> None:
    """Write what became of a bill."""
    bill = kept.bill
    connection.execute(
        "UPDATE bill SET amount = ?, standing = ?, meanwhile = ?, paid_by = ?"
        " WHERE party = ? AND biller = ? AND reference = ?",
        (
            bill.amount,
            bill.state,
            bill.meanwhile,
            kept.paid_by,
            party,
            biller,
            bill.reference,
        ),
    )


def newest(world: World, party: str) -> list[tuple[str, Kept]]:
    """Some bills of a party with their billers, open ones first."""
    with world.store.step() as connection:
        rows = connection.execute(
            f"{_WITH_BILLER} WHERE party = ? ORDER BY standing <> 'open', period DESC LIMIT 100",
            (party,),
        ).fetchall()
    return [(row[0], _read(row[1:])) for row in rows]


def _keep(world: World, party: str, biller: str, several: list[Bill]) -> int:
    if not several:
        return 0
    with world.store.step() as connection:
        return connection.executemany(
            _INSERT, [_values(party, biller, bill) for bill in several]
        ).rowcount


def _values(party: str, biller: str, bill: Bill) -> tuple[str | int, ...]:
    return (
        party, biller, bill.reference, bill.customer_code, bill.period, bill.amount, bill.due_on, bill.customer_name,
        json.dumps(bill.details, ensure_ascii=False), bill.state, bill.owner, bill.meanwhile,
    )  # fmt: skip


def _some(world: World, party: str, biller: str, column: str, value: str) -> list[Kept]:
    with world.store.step() as connection:
        rows = connection.execute(
            f"{_BILLS} WHERE party = ? AND biller = ? AND {column} = ?"
            " ORDER BY period DESC, reference LIMIT 50",
            (party, biller, value),
        ).fetchall()
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Kept:
    names = _COLUMNS.split(", ")
    values = dict(zip(names, row, strict=True))
    paid_by, state = values.pop("paid_by"), values.pop("standing")
    return Kept(
        Bill(**values | {"state": state, "details": json.loads(values["details"])}), paid_by
    )
