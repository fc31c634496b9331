"""What was sent to the database, as tests compare it."""

import re
from typing import Any

_EXECUTE = re.compile(r"(EXECUTE \w+) \(.*", re.DOTALL)


def beginning(query: dict[str, Any], length: int = 60) -> str:
    """How a statement begins; of a prepared one its name, without the values."""
    return _EXECUTE.sub(r"\1", query["sql"].strip())[:length]
