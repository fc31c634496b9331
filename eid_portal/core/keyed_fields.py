"""Columns that were made with a key of the key file. ``key_rotation`` finds them by these classes.

To the database and its migrations they are Django's own fields; what is said here only matters when keys rotate.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    _UUID = models.UUIDField[Any, Any]
    _Binary = models.BinaryField[Any, Any]
    _Char = models.CharField[Any, Any]
else:
    _UUID, _Binary, _Char = models.UUIDField, models.BinaryField, models.CharField


class BlindIndexField(_UUID):
    """A ``sealed.blind_index``: of the sealed column ``of`` for ``purpose``, or of what is kept nowhere.

    The old key may go when no row under it is ``needed``; rows with ``of`` are then under the new one.
    """

    def __init__(
        self, *args: Any, of: str = "", purpose: str = "", needed: Q | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.of, self.purpose, self.needed = of, purpose, needed or Q()

    def deconstruct(self) -> Any:
        """Django's own."""
        return _plain(super().deconstruct(), "UUIDField")


class KeyedHashField(_Binary):
    """A ``sealed.keyed_hash``; its pepper may go when no row under it is ``needed``."""

    def __init__(self, *args: Any, needed: Q | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needed = needed or Q()

    def deconstruct(self) -> Any:
        """Django's own."""
        return _plain(super().deconstruct(), "BinaryField")


class PasswordHashField(_Char):
    """A ``passwords.hash_password``; its pepper may go when no row under it is ``needed``."""

    def __init__(self, *args: Any, needed: Q | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needed = needed or Q()

    def deconstruct(self) -> Any:
        """Django's own."""
        return _plain(super().deconstruct(), "CharField")


class KeyIdField(_Char):
    """The id of the key of ``purpose`` that something was signed with; the key stays while a row is ``needed``."""

    def __init__(
        self, *args: Any, purpose: str = "", needed: Q | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.purpose, self.needed = purpose, needed or Q()

    def deconstruct(self) -> Any:
        """Django's own."""
        return _plain(super().deconstruct(), "CharField")


def _plain(parts: tuple[Any, ...], kind: str) -> tuple[Any, ...]:
    name, _path, args, kwargs = parts
    return name, f"django.db.models.{kind}", args, kwargs
