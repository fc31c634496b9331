"""Passwords: one spelling, one cost, a pepper that is not in the database, and a gate that holds."""

import threading
import time
import unicodedata
from typing import Any

import argon2
import pytest
from django.contrib.auth.hashers import check_password, identify_hasher

from eid_portal.core import keys, passwords
from eid_portal.core.errors import Busy
from eid_portal.core.passwords import Gate
from eid_portal.run.programs import WEB_THREADS

WORDS = "mậtkhẩu của tôi"


@pytest.fixture(scope="module")
def encoded() -> str:
    return passwords.hash_password(WORDS)


# --- The hash -----------------------------------------------------------------------------------
def test_the_hash_is_argon2id_with_the_chosen_cost(encoded: str) -> None:
    algorithm, pepper_id, rest = encoded.split("$", 2)
    parameters = argon2.extract_parameters("$" + rest)

    assert (algorithm, pepper_id) == ("argon2pepper", keys.current("pepper")[0])
    assert parameters.type is argon2.Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
    assert (parameters.hash_len, parameters.salt_len) >= (32, 16)
    assert parameters.version == 19
    assert len(encoded) <= 200, "the column's length"


def test_a_password_opens_and_others_do_not(encoded: str) -> None:
    assert passwords.matches(WORDS, encoded)
    for other in ("", "mậtkhẩu của tô", WORDS + " ", WORDS.upper(), WORDS[1:]):
        assert not passwords.matches(other, encoded)


def test_the_same_password_has_another_hash_each_time(encoded: str) -> None:
    assert passwords.hash_password(WORDS) != encoded


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_keyboards_spelling_is_the_same_password(form: Any, encoded: str) -> None:
    assert passwords.matches(unicodedata.normalize(form, WORDS), encoded)


def test_full_width_letters_and_ligatures_are_the_plain_ones() -> None:
    encoded = passwords.hash_password("ﬁne１２３ａ\u00a0b")

    assert passwords.matches("fine123a b", encoded)


@pytest.mark.parametrize(
    "password", ["\x00\x00", "\ud800", "😀" * 8, " " * 8, "x" * 256], ids=ascii
)
def test_a_strange_password_is_a_password(password: str) -> None:
    encoded = passwords.hash_password(password)

    assert passwords.matches(password, encoded)
    assert not passwords.matches(password + "x", encoded)


def test_django_knows_the_hash(encoded: str) -> None:
    hasher = identify_hasher(encoded)

    assert check_password(WORDS, encoded)
    assert not hasher.must_update(encoded)
    summary = str(hasher.safe_summary(encoded))
    assert encoded.rsplit("$", 1)[1] not in summary


def test_a_hash_of_less_cost_or_an_older_pepper_is_to_be_made_again(encoded: str) -> None:
    hasher = identify_hasher(encoded)

    assert hasher.must_update(encoded.replace("t=2", "t=1"))
    assert hasher.must_update(encoded.replace("m=19456", "m=4096"))
    assert hasher.must_update(encoded.replace("pepper-1", "pepper-0"))


@pytest.mark.parametrize("stored", ["", "!", "!unusable", "plain", "argon2$x$y"])
def test_what_is_no_hash_of_ours_opens_for_nobody(stored: str) -> None:
    assert not passwords.matches(WORDS, stored)


# --- The pepper ---------------------------------------------------------------------------------
def test_without_the_pepper_the_right_password_does_not_open(
    encoded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "get", lambda _purpose, _id: b"x" * 32)

    assert not passwords.matches(WORDS, encoded)


def test_a_dump_is_not_cracked_with_the_right_password_alone(encoded: str) -> None:
    bare = "$" + encoded.split("$", 2)[2]

    for guess in (WORDS, passwords.normal(WORDS)):
        with pytest.raises(argon2.exceptions.VerifyMismatchError):
            argon2.PasswordHasher().verify(bare, guess)


def test_an_older_pepper_still_opens(encoded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "current", lambda _purpose: ("pepper-2", b"2" * 32))

    assert passwords.matches(WORDS, encoded)
    renewed = passwords.hash_password(WORDS)
    assert renewed.startswith("argon2pepper$pepper-2$")
    assert identify_hasher(encoded).must_update(encoded)


# --- The same cost for everybody --------------------------------------------------------------------
@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """The parameters of every argon2 computation."""
    seen: list[tuple[int, int, int]] = []
    verify = argon2.low_level.verify_secret

    def counted(hash: bytes, secret: bytes, type: argon2.Type) -> bool:  # noqa: A002 - argon2's names
        found = argon2.extract_parameters(hash.decode())
        seen.append((found.memory_cost, found.time_cost, found.parallelism))
        return verify(hash, secret, type)

    monkeypatch.setattr(argon2.low_level, "verify_secret", counted)
    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)
    return seen


def test_an_account_that_does_not_exist_costs_one_equal_hash(
    encoded: str, costs: list[tuple[int, int, int]]
) -> None:
    passwords.matches("wrong", encoded)
    passwords.matches(WORDS, encoded)
    passwords.spend_the_same("wrong")
    passwords.spend_the_same(WORDS)

    assert costs == [(19_456, 2, 1)] * 4


@pytest.mark.parametrize(
    ("length", "hashes"),
    [(0, 1), (1, 1), (64, 1), (128, 1), (256, 1), (257, 0), (4096, 0), (10**6, 0)],
)
def test_what_is_longer_than_any_password_costs_nothing(
    encoded: str, costs: list[tuple[int, int, int]], length: int, hashes: int
) -> None:
    password = "ậ" * length

    assert not passwords.matches(password, encoded)
    passwords.spend_the_same(password)

    assert len(costs) == 2 * hashes


def test_what_is_longer_than_any_password_is_not_hashed() -> None:
    with pytest.raises(passwords.TooLong):
        passwords.hash_password("x" * 257)


# --- The gate -----------------------------------------------------------------------------------
class Visitor(threading.Thread):
    """Enters the gate and stays until told to leave."""

    def __init__(self, gate: Gate, order: list[int], number: int) -> None:
        super().__init__()
        self.gate, self.order, self.number = gate, order, number
        self.leave = threading.Event()
        self.busy: Busy | None = None

    def run(self) -> None:
        try:
            with self.gate.entered():
                self.order.append(self.number)
                self.leave.wait(10)
        except Busy as busy:
            self.busy = busy


def wait_until(true: Any) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_the_gate_admits_one_after_the_other_in_order() -> None:
    gate, order = Gate(width=1, queue=10, patience=10), list[int]()
    visitors = []
    for number in range(6):
        visitor = Visitor(gate, order, number)
        visitor.start()
        visitors.append(visitor)
        wait_until(lambda: order == [0] and len(gate.waiting) == len(visitors) - 1)

    for number, visitor in enumerate(visitors):
        wait_until(lambda: len(order) == number + 1)  # noqa: B023 - called at once
        visitor.leave.set()
        visitor.join()

    assert order == list(range(6))
    assert (gate.inside, len(gate.waiting)) == (0, 0)


def test_the_gate_admits_as_many_as_it_is_wide() -> None:
    gate, order = Gate(width=3, queue=10, patience=10), list[int]()
    visitors = [Visitor(gate, order, number) for number in range(5)]
    for visitor in visitors:
        visitor.start()
    wait_until(lambda: len(gate.waiting) == 2)

    assert len(order) == gate.inside == 3
    for visitor in visitors:
        visitor.leave.set()
    for visitor in visitors:
        visitor.join()
    assert gate.inside == 0


def test_a_full_queue_sheds_at_once_and_says_when_to_come_back() -> None:
    gate, order = Gate(width=1, queue=1, patience=10), list[int]()
    visitors = [Visitor(gate, order, number) for number in range(2)]
    for visitor in visitors:
        visitor.start()
    wait_until(lambda: len(gate.waiting) == 1)

    begun = time.monotonic()
    with pytest.raises(Busy) as caught, gate.entered():
        pass
    assert time.monotonic() - begun < 0.1
    assert caught.value.retry_after == 11

    for visitor in visitors:
        visitor.leave.set()
        visitor.join()
    with gate.entered():
        assert gate.inside == 1


def test_who_waits_too_long_goes_away_and_blocks_nobody() -> None:
    gate, order = Gate(width=1, queue=5, patience=0.05), list[int]()
    inside = Visitor(gate, order, 0)
    inside.start()
    wait_until(lambda: gate.inside == 1)

    impatient = Visitor(gate, order, 1)
    impatient.start()
    impatient.join()

    assert impatient.busy is not None
    assert not gate.waiting
    inside.leave.set()
    inside.join()
    with gate.entered():
        assert gate.inside == 1
    assert gate.inside == 0


def test_a_place_is_given_back_when_the_work_fails() -> None:
    gate = Gate()
    with pytest.raises(ZeroDivisionError), gate.entered():
        raise ZeroDivisionError

    assert gate.inside == 0


def test_a_flood_of_sign_ins_leaves_a_thread_for_everybody_else() -> None:
    gate = passwords.gate

    assert gate.width + gate.queue < WEB_THREADS


def test_no_place_is_lost_when_many_come_and_lose_patience() -> None:
    gate = Gate(width=2, queue=8, patience=0.002)
    admitted, shed = [], []

    def visit() -> None:
        for _ in range(50):
            try:
                with gate.entered():
                    assert gate.inside <= 2
                    time.sleep(0.001)
                admitted.append(1)
            except Busy:
                shed.append(1)

    threads = [threading.Thread(target=visit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(admitted) + len(shed) == 600
    assert admitted
    assert shed
    assert (gate.inside, len(gate.waiting)) == (0, 0)


def test_every_hash_passes_the_gate(encoded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "gate", Gate(width=0, queue=0))

    for act in (
        passwords.hash_password,
        passwords.spend_the_same,
        lambda p: passwords.matches(p, encoded),
    ):
        with pytest.raises(Busy):
            act(WORDS)
