"""A paper as its registry has it, and whose papers are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from documents.enums import PaperStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose papers are asked for, as the population register has them; nothing of it shows in a ``repr``."""

    personal_number: str = field(repr=False)
    former_numbers: tuple[str, ...] = field(default=(), repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPaper:
    """A paper as its registry has it; ``values`` holds what only its kind knows, as JSON can say it."""

    kind: str
    number: str = field(repr=False)  # in the normal form of its kind
    holder_name: str = field(repr=False)
    holder_birth_date: date | None = field(repr=False)
    holder_number: str | None = field(repr=False)  # the personal number the registry has on it
    status: PaperStatus
    issued_on: date | None
    expires_on: date | None  # None: never, or by class (see ``values``)
    issuer: str
    values: Mapping[str, Any] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """For a sealed column; :func:`from_json` reads it back."""
        return {
            "kind": self.kind,
            "number": self.number,
            "holder_name": self.holder_name,
            "holder_birth_date": _day(self.holder_birth_date),
            "holder_number": self.holder_number,
            "status": self.status.value,
            "issued_on": _day(self.issued_on),
            "expires_on": _day(self.expires_on),
            "issuer": self.issuer,
            "values": dict(self.values),
        }


def from_json(data: Mapping[str, Any]) -> RegistryPaper:
    """What :meth:`RegistryPaper.as_json` wrote."""
    return RegistryPaper(
        kind=data["kind"],
        number=data["number"],
        holder_name=data["holder_name"],
        holder_birth_date=_date(data["holder_birth_date"]),
        holder_number=data["holder_number"],
        status=PaperStatus(data["status"]),
        issued_on=_date(data["issued_on"]),
        expires_on=_date(data["expires_on"]),
        issuer=data["issuer"],
        values=data["values"],
    )


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
