"""How refusals of procedures are answered, beside those of the account's API."""

from http import HTTPStatus
from typing import Any, Final

from django.utils.translation import gettext_lazy

from accounts.api.account import problems
from accounts.api.account.problems import Kind
from procedures.services import desks, drafts, filing, following, lifecycle, messages

_404, _409 = HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
_422, _429 = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
_NO_FORM: Final[Any] = None  # of a sample


class NoSuchPage(Exception):
    """The form has no such page, or does not ask it."""

    code = "no_such_page"
    message: Any = gettext_lazy("This page is not asked. Read the draft again.")


KINDS: Final[dict[type[Exception], Kind]] = {
    NoSuchPage: (_409, NoSuchPage),
    drafts.NoSuchDraft: (_404, drafts.NoSuchDraft),
    drafts.NotInForce: (_409, drafts.NotInForce),
    drafts.NotForThem: (_409, drafts.NotForThem),
    drafts.TooYoung: (_409, lambda: drafts.TooYoung(14)),
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
    problems.register(KINDS, details=DETAILS, codes=CODES)
