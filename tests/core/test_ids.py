"""Keys grow with time; what is shown to the world says nothing."""

import re
import time
from datetime import timedelta

import pytest

from eid_portal.core import ids


def test_a_key_is_a_uuid_of_version_7() -> None:
    key = ids.uuid7()

    assert key.version == 7
    assert key.variant == "specified in RFC 4122"
    assert abs((key.int >> 80) - time.time_ns() // 1_000_000) < 5_000


def test_the_moment_stands_where_rfc_9562_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 9562 appendix A.6: 2022-02-22T19:22:22.000Z
    monkeypatch.setattr(time, "time_ns", lambda: 0x017F22E279B0 * 1_000_000)

    assert str(ids.uuid7()).startswith("017f22e2-79b0-7")


def test_keys_grow_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for millisecond in range(1_700_000_000_000, 1_700_000_000_100):
        monkeypatch.setattr(time, "time_ns", lambda: millisecond * 1_000_000)  # noqa: B023
        keys.append(ids.uuid7())

    assert keys == sorted(keys)
    assert [key.bytes for key in keys] == sorted(key.bytes for key in keys)


def test_a_bound_lies_below_the_keys_made_since_and_above_older_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = 1_700_000_000_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: made)
    key = ids.uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: made + 60 * 1_000_000_000)

    assert ids.uuid7_before(timedelta(seconds=60)) < key
    assert ids.uuid7_before(timedelta(seconds=59)) > key


def test_keys_of_one_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    keys = [ids.uuid7() for _ in range(2_000)]

    assert len(set(keys)) == 2_000
    spread = 0
    for key in keys:
        spread |= key.int ^ keys[0].int
    assert spread.bit_count() == 74


def test_what_was_made_since_a_key_is_found_in_whatever_order_its_millisecond_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    first = ids.uuid7()
    same = [ids.uuid7() for _ in range(200)]
    assert any(key < first for key in same), "they stand in any order"
    assert all(key > ids.uuid7_since(first) for key in same)

    monkeypatch.setattr(time, "time_ns", lambda: (1_700_000_000 - 61) * 1_000_000_000)
    assert ids.uuid7() < ids.uuid7_since(first)


@pytest.mark.parametrize(
    ("make", "length"), [(ids.public_id, ids.PUBLIC_ID_LENGTH), (ids.token, 43)]
)
def test_public_ids_and_tokens_are_random_and_fit_an_address(make: object, length: int) -> None:
    assert callable(make)
    made = [make() for _ in range(2_000)]

    assert len(set(made)) == 2_000
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length}}}", one) for one in made)
