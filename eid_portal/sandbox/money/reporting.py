"""What banks and billers report to the portal by themselves, kept until the portal has taken it."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from eid_portal.sandbox import money, to_portal
from eid_portal.sandbox.money import books
from eid_portal.sandbox.money.books import Movement
from eid_portal.sandbox.to_portal import Sent
from eid_portal.sandbox.world import World

_TAKEN_FROM: Final = 200
_BROKEN_FROM: Final = 500


def of_movement(moved: Movement) -> dict[str, Any]:
    """The report about a movement; the same one however often it is made."""
    told: dict[str, Any] = {
        "event_id": str(uuid5(NAMESPACE_URL, f"{moved.party}/{moved.kind}/{moved.reference}")),
        "kind": moved.kind,
        "reference": moved.reference,
        "state": moved.state,
        "amount": moved.amount,
        "at": moved.done_at,
    }
    if moved.party == money.SWITCH:
        return told | {"bank_reference": moved.receipt}
    asked = json.loads(moved.asked_for)
    return told | {
        "bill": asked["bill"],
        "customer_code": asked.get("customer_code", ""),
        "receipt": moved.receipt,
    }


def later(world: World, party: str, told: dict[str, Any], *, times: int = 1) -> None:
    """Report so many times, as soon as the clerk comes by."""
    with world.store.step() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO money_report VALUES (?, ?, ?, ?, ?)",
            (told["event_id"], party, json.dumps(told), times, _at(world.now())),
        )


def send(world: World, party: str, told: dict[str, Any]) -> Sent:
    """Report at once; what the portal answered."""
    place = "banks" if party == money.SWITCH else "billers"
    return to_portal.post(
        world, f"/api/v1/{place}/{party}/events", told, party=party, tag=money.EVENTS_TAG
    )


def work(world: World) -> int:
    """Finish what is due and send the reports that wait; how many the portal took or refused for good."""
    for key in books.due(world.store, now=world.now()):
        finished = books.finish(world.store, key, now=world.now())
        if finished is not None:
            later(world, finished.party, of_movement(finished))
    with world.store.step() as connection:
        waiting = connection.execute(
            "SELECT event_id, party, body, times FROM money_report WHERE times > 0 AND due_at <= ? LIMIT 100",
            (_at(world.now()),),
        ).fetchall()
    return sum(_send_all(world, *row) for row in waiting)


def _send_all(world: World, event_id: str, party: str, body: str, times: int) -> int:
    for gone in range(times):
        answered = send(world, party, json.loads(body))
        if not _TAKEN_FROM <= answered.status < _BROKEN_FROM:
            return gone
        with world.store.step() as connection:
            connection.execute(
                "UPDATE money_report SET times = times - 1 WHERE event_id = ? AND times > 0",
                (event_id,),
            )
    return times


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
