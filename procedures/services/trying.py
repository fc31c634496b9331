"""A revision tried as a citizen would fill it in: by somebody made up, nothing is kept, and at the end its hash.

Between two pages the answers are with who tries it, signed; no draft, file or application is made.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from django.core import signing

from eid_portal.core import clock
from procedures.models import Desk, Revision
from procedures.rules import answers, pages, snapshot, values
from procedures.rules.answers import Settled
from procedures.rules.documents import Document, Step
from procedures.rules.expressions import Facts, Type, Value
from procedures.rules.fees import Fee, NoFee, fee_of
from procedures.rules.known import SOURCES
from procedures.rules.pages import Page, Posted
from procedures.services import authoring, desks, drafts

FILE: Final = "made-up"  # the one file or paper that somebody made up has
_SALT: Final = "procedures.trial"
_LASTS: Final = timedelta(hours=2)
_HOME: Final = {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"}
# What the state would know; the numbers belong to nobody.
_WORDS: Final[Mapping[str, Value]] = MappingProxyType(
    {
        "full_name": "Nguyễn Văn Mẫu", "sex": "M", "nationality": "VNM", "personal_number": "001300000015",
        "stay_owner": "001300000016", "head_name": "Nguyễn Thị Mẫu", "head_number": "001300000018",
        "head_relation": "MEMBER", "phone": "+84912000099", "email": "mau@example.org", "birth_registration": "Hà Nội",
        "account_locked": False, "licence_class_list": ["B"], "licence_classes": "B",
    }
)  # fmt: skip
_AGE: Final = timedelta(days=13_000)  # of somebody made up: 35
_SOON: Final = timedelta(days=200)


class NoSuchTrial(ValueError):
    """What was sent as the answers so far is none of this text, or too old: begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A form as somebody made up fills it in."""

    revision: Revision
    document: Document
    known: Mapping[str, Value]
    held: Mapping[str, Collection[str]]
    provinces: Sequence[str]
    given: Mapping[str, Value] = field(repr=False)
    done: tuple[str, ...]
    settled: Settled = field(repr=False)
    today: date

    @property
    def facts(self) -> Facts:
        """What trees of the document are worked out from."""
        return Facts(answers=self.settled.values, known=self.known, today=self.today)

    @property
    def steps(self) -> list[Step]:
        """The pages that are asked."""
        return [each for each in self.document.steps if each.key in self.settled.steps]

    @property
    def fee(self) -> Fee | None:
        """What it would cost; None if that cannot be said yet."""
        try:
            return fee_of(self.document, self.settled, known=self.known, today=self.today)
        except NoFee:
            return None

    @property
    def desk(self) -> Desk | None:
        """Who would decide."""
        try:
            return desks.find(self.document, self.facts)
        except desks.NoDesk:
            return None

    def read(self, step: Step, posted: Posted) -> Page:
        """A page as a browser sent it."""
        return pages.read_page(step, posted, self.facts, held=self.held, provinces=self.provinces)

    def keep(self) -> str:
        """The answers as a signed text."""
        data = [self.revision.digest, values.to_json(self.given), list(self.done)]
        return signing.dumps(data, salt=_SALT, compress=True)

    def hash(self, now: datetime) -> str:
        """Of the snapshot that would be filed; empty if it cannot be."""
        fee = self.fee
        if fee is None or not self.settled.is_complete:
            return ""
        taken = snapshot.take(
            self.document,
            self.settled,
            revision=str(self.revision.pk),
            known=self.known,
            fee=fee,
            at=now,
            salt=secrets.token_hex(16),
        )
        return taken.sha256


def begin(revision: Revision, *, now: datetime) -> Trial:
    """An empty form.

    Raises:
        authoring.Faulty: the document cannot be filed under.
    """
    return _open(revision, {}, (), now)


def resume(kept: str, revision: Revision, *, now: datetime) -> Trial:
    """A form out of the text of its answers.

    Raises:
        NoSuchTrial: see the class.
        authoring.Faulty: the document cannot be filed under.
    """
    try:
        digest, given, done = signing.loads(kept, salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        raise NoSuchTrial from None
    if digest != revision.digest:
        raise NoSuchTrial
    return _open(revision, given, tuple(done), now)


def onto(trial: Trial, step: Step, page: Page, *, now: datetime) -> Trial:
    """The form with a page's answers."""
    given = values.to_json(page.onto(step, trial.given))
    done = [key for key in trial.done if key != step.key] + [step.key] * (not page.problems)
    return _open(trial.revision, given, tuple(done), now)


def _open(
    revision: Revision, given: Mapping[str, Any], done: tuple[str, ...], now: datetime
) -> Trial:
    document, today = authoring.document_of(revision), clock.today(now)
    known = _known(today)
    held = {each.key: [FILE] for each in document.fields if each.kind in {"file", "paper"}}
    provinces = drafts.provinces(today)
    read = answers.answers_from_json(document, given)
    settled = answers.settle(
        document, read, known=known, today=today, held=held, provinces=provinces
    )
    return Trial(
        revision=revision, document=document, known=known, held=held, provinces=provinces, given=read,
        done=done, settled=settled, today=today,
    )  # fmt: skip


def _known(today: date) -> dict[str, Value]:
    by_type: dict[Type, Value] = {
        Type.ADDRESS: _HOME, Type.DATE: today + _SOON, Type.FILE: FILE, Type.NUMBER: 1, Type.TEXTS: ["B"],
        Type.TRUTH: False, Type.ROWS: [], Type.TEXT: "MẪU-0099",
    }  # fmt: skip
    made: dict[str, Value] = {name: by_type[source.type] for name, source in SOURCES.items()}
    born = {
        "birth_date": today - _AGE,
        "card_issued": today - _SOON,
        "licence_issued": today - _SOON,
    }
    return made | dict(_WORDS) | born
