"""How refusals of procedures are answered, beside those of the account's API."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.utils.translation import gettext_lazy

from accounts.api.account import problems
from accounts.api.account.problems import Kind
from procedures.services import (
    attachments,
    desks,
    drafts,
    filing,
    following,
    lifecycle,
    messages,
)
from procedures.texts import FILES

_404, _409 = HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
_422, _429 = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
_NO_FORM: Final[Any] = None  # of a sample


class NoSuchPage(Exception):
    """The form has no such page, or does not ask it."""

    code = "no_such_page"
    message: Any = gettext_lazy("This page is not asked. Read the draft again.")


class NoFileAsked(Exception):
    """The form asks for no file."""

    code = "no_file_asked"
    message: Any = gettext_lazy("This form asks for no file.")


class FileNotTaken(Exception):
    """A file is not taken; the code says why."""

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code)
        self.code = f"file_{code}".replace("file_not_taken", "file_type")
        self.message = message


class FileTooLarge(FileNotTaken):
    """It is larger than files may be."""


class FilesTooOften(FileNotTaken):
    """So many were sent that the next must wait ``until``."""

    def __init__(self, code: str, message: Any, until: datetime | None) -> None:
        super().__init__(code, message)
        self.until = until


class FilesUnscanned(FileNotTaken):
    """The virus scanner is silent."""

    retry_after = 120  # seconds


def not_taken(refused: attachments.NotTaken) -> FileNotTaken:
    """The problem of a file that is not taken."""
    match refused.code:
        case "large":
            return FileTooLarge(refused.code, refused.message)
        case "too_often":
            return FilesTooOften(refused.code, refused.message, refused.until)
        case "unscanned":
            return FilesUnscanned(refused.code, refused.message)
        case _:
            return FileNotTaken(refused.code, refused.message)


def _sampled(kind: type[FileNotTaken]) -> list[Exception]:
    made = (
        not_taken(attachments.NotTaken(code, {"most": 10}, until=problems.SAMPLED_AT))
        for code in FILES
    )
    return [each for each in made if type(each) is kind]


def _first_sample(kind: type[FileNotTaken]) -> Exception:
    return _sampled(kind)[0]


FILE_KINDS: Final[dict[type[FileNotTaken], HTTPStatus]] = {
    FileNotTaken: _422,
    FileTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FilesTooOften: _429,
    FilesUnscanned: HTTPStatus.SERVICE_UNAVAILABLE,
}
KINDS: Final[dict[type[Exception], Kind]] = {
    NoSuchPage: (_409, NoSuchPage),
    drafts.NoSuchDraft: (_404, drafts.NoSuchDraft),
    drafts.NotInForce: (_409, drafts.NotInForce),
    drafts.NotForThem: (_409, drafts.NotForThem),
    drafts.TooYoung: (_409, lambda: drafts.TooYoung(14, by_parents=True)),
    drafts.TooManyDrafts: (_409, drafts.TooManyDrafts),
    drafts.SavedElsewhere: (_409, lambda: drafts.SavedElsewhere(_NO_FORM)),
    filing.NotComplete: (_422, lambda: filing.NotComplete(_NO_FORM)),
    filing.Changed: (_409, lambda: filing.Changed(_NO_FORM)),
    desks.NoDesk: (_409, desks.NoDesk),
    following.NoSuchApplication: (_404, following.NoSuchApplication),
    lifecycle.CannotWithdraw: (_409, lifecycle.CannotWithdraw),
    messages.NothingOpen: (_409, messages.NothingOpen),
    messages.TooManyMessages: (_429, lambda: messages.TooManyMessages(problems.SAMPLED_AT)),
    following.FeeMoves: (_409, following.FeeMoves),
    NoFileAsked: (_409, NoFileAsked),
    attachments.FileInUse: (_409, attachments.FileInUse),
    **{kind: (status, partial(_first_sample, kind)) for kind, status in FILE_KINDS.items()},
}
CODES: Final[dict[type[Exception], str]] = {
    drafts.NoSuchDraft: "not_found",
    following.NoSuchApplication: "not_found",
}
# Pages say what to do on the page; a program reads the draft again.
DETAILS: Final = {
    "saved_elsewhere": gettext_lazy(
        "The draft was saved since this version. Read it again, compare, and send the page once more."
    ),
    "changed": gettext_lazy(
        "The form is not what was seen any more. Read the draft, show it, and file it once more."
    ),
    "not_complete": gettext_lazy("Something is missing or cannot be so: the draft says what."),
}


def register() -> None:
    """Add our refusals to the table; called where our operations begin."""
    sampled: dict[type[Exception], Callable[[], list[Exception]]] = {
        kind: partial(_sampled, kind) for kind in FILE_KINDS
    }
    problems.register(KINDS, details=DETAILS, codes=CODES, sampled=sampled)
