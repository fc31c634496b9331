"""`manage.py test` is not how this project is tested."""

from typing import Any, NoReturn


class UsePytest:
    """Says so."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Refuse."""
        raise SystemExit("use `make test`")

    def run_tests(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise SystemExit("use `make test`")
