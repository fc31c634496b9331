"""The registry of what can be verified: codes are made, read and told apart by their letter."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from eid_portal.core import clock, ids, verify
from eid_portal.core.events import ANYONE
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why


@dataclass(frozen=True)
class Tickets:
    """A kind of code that knows one."""

    prefix: str = "Z"
    length: int = 8
    known: str = "Z2345678"

    def peek(self, code: str, now: object) -> Peek | Nothing:
        return Peek(about="a ticket", until=None) if code == self.known else Nothing(why=Why.USED)

    def open(self, code: str, viewer: Viewer, now: object) -> Genuine | Nothing:
        if code != self.known:
            return Nothing(why=Why.NOT_OURS)
        return Genuine(title="A ticket", text=viewer.device, template="x.html", values={})


@pytest.fixture
def tickets(monkeypatch: pytest.MonkeyPatch) -> Tickets:
    monkeypatch.setattr(verify, "_kinds", {})
    kind = Tickets()
    verify.register(kind)
    return kind


def test_a_code_is_read_however_it_is_typed(tickets: Tickets) -> None:
    for typed in ("Z2345678", " z234-5678 ", "z 2345 678", "Z234\xa05678", "z234–5678"):
        assert verify.read(typed) == tickets.known, typed
    assert verify.grouped(tickets.known) == "Z234-5678"


def test_letters_that_look_alike_are_the_same(tickets: Tickets) -> None:
    assert verify.read("ZoOiIlL1") == "Z0011111"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Z",
        "Z234567",
        "Z23456789",
        "Y2345678",
        "Z234567U",
        "Ｚ2345678",
        "Z234567٨",
        "Z" * 500,
        "é",
    ],
)
def test_what_is_no_code_is_none(tickets: Tickets, typed: str) -> None:
    assert verify.read(typed) is None


def test_codes_of_a_kind_are_fresh_and_readable(tickets: Tickets) -> None:
    made = {verify.new_code(tickets) for _time in range(200)}
    assert len(made) == 200
    assert all(verify.read(code) == code for code in made)


def test_a_kind_answers_for_its_codes(tickets: Tickets) -> None:
    now = clock.now()
    viewer = Viewer(actor=ANYONE, press="p", device="Firefox, Linux", place="")

    assert verify.peek(tickets.known, now=now) == Peek(about="a ticket", until=None)
    assert verify.peek("Z0000000", now=now) == Nothing(why=Why.USED)
    opened = verify.open_code(tickets.known, viewer=viewer, now=now + timedelta(seconds=1))
    assert isinstance(opened, Genuine)
    assert opened.text == "Firefox, Linux"


def test_a_letter_belongs_to_one_kind(tickets: Tickets) -> None:
    verify.register(Tickets(known="Z0000000"))  # ready() may run twice

    class Others(Tickets):
        pass

    with pytest.raises(ValueError, match="Z"):
        verify.register(Others())
    with pytest.raises(ValueError, match="O"):
        verify.register(Tickets(prefix="O"))


# --- Codes of rows, of which nothing is stored ----------------------------------------------------------
def test_the_code_of_a_row_leads_back_to_it() -> None:
    kind = Tickets(length=verify.NAMED)
    for row in (*(ids.uuid7() for _time in range(50)), UUID(int=0), UUID(int=2**128 - 1)):
        code = verify.name(kind, "receipts", row)
        assert len(code) == verify.NAMED
        assert code[0] == kind.prefix
        assert verify.named(kind, "receipts", code) == [row]


def test_the_code_of_a_row_is_another_in_every_kind() -> None:
    row = ids.uuid7()
    one, other = Tickets(length=verify.NAMED), Tickets(prefix="Y", length=verify.NAMED)
    code = verify.name(one, "receipts", row)
    assert verify.name(other, "receipts", row)[1:] != code[1:]
    assert verify.named(other, "receipts", other.prefix + code[1:]) != [row]


def test_a_code_too_large_for_a_key_names_nothing() -> None:
    assert verify.named(Tickets(length=verify.NAMED), "receipts", "Z" * verify.NAMED) == []
