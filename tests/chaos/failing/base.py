"""A commit is where money is lost or doubled: whoever is told to dies just before it, or just after.

The word stands in a file that is named after the program; renaming it away makes one process die of it.
"""

import os
import signal
from pathlib import Path
from typing import Final

from eid_portal.core.postgresql import base

WHERE: Final = "EID_CHAOS_FAIL"  # in the environment of each program: the file with the word
BEFORE, AFTER = "before", "after"


class DatabaseWrapper(base.DatabaseWrapper):
    """The portal's, but for the death."""

    def _commit(self) -> None:  # what Django's own calls to commit
        word = _taken()
        if word == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        super()._commit()  # type: ignore[misc] # private to Django
        if word == AFTER:
            os.kill(os.getpid(), signal.SIGKILL)


def _taken() -> str:
    path = Path(os.environ.get(WHERE, "/nowhere"))
    if not path.exists():
        return ""
    mine = path.with_suffix(f".{os.getpid()}")
    try:
        path.rename(mine)
    except FileNotFoundError:  # another thread or process was faster
        return ""
    return mine.read_text(encoding="utf-8")
