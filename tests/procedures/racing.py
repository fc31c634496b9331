"""Acts of several people at the same moment."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def at_once(acts: Sequence[Callable[[], Any]], *expected: type[Exception]) -> list[Any]:
    """Each in a thread and a connection of its own, let go together: what it returned, or was refused with.

    A refusal that is not ``expected`` fails the test.
    """
    gate = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            gate.wait(timeout=60)
            outcomes[place] = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [
        each for each in outcomes if isinstance(each, Exception) and not isinstance(each, expected)
    ]
    assert not wrong, wrong[:3]
    return outcomes


def accepted(outcomes: Sequence[Any]) -> list[Any]:
    """What was not refused."""
    return [each for each in outcomes if not isinstance(each, Exception)]
