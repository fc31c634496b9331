"""How refusals of our services are answered, beside those of the account's API."""

from http import HTTPStatus
from typing import Final

from django.utils.translation import gettext_lazy

from accounts.api.account import problems
from accounts.api.account.problems import SAMPLED_AT, Kind
from documents.enums import DocumentState
from documents.kinds import driver_licence
from documents.services import (
    copied_papers,
    correcting,
    linking,
    presenting,
    printed_cards,
    searching,
    sharing,
    showable,
    signed_copies,
    wallets,
)

_422, _429 = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS
_404, _409 = HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
NOT_FOUND: Final = "not_found"
_WORDS: Final = gettext_lazy("That is not right.")


def _not_verified() -> Exception:
    return showable.NotVerified(kind=driver_licence.KIND, state=DocumentState.VERIFYING)


KINDS: Final[dict[type[Exception], Kind]] = {
    wallets.NoSuchPaper: (_404, wallets.NoSuchPaper),
    # --- finding and linking
    searching.NothingChosen: (_422, searching.NothingChosen),
    searching.TooManySearches: (_429, lambda: searching.TooManySearches(SAMPLED_AT)),
    linking.NumberRefused: (_422, lambda: linking.NumberRefused(_WORDS)),
    linking.NotLinkable: (_422, linking.NotLinkable),
    linking.LinkedElsewhere: (_409, linking.LinkedElsewhere),
    linking.ConsentEnded: (_409, linking.ConsentEnded),
    linking.NoSuchProposal: (_409, linking.NoSuchProposal),
    linking.TooManyNumbers: (_429, lambda: linking.TooManyNumbers(SAMPLED_AT)),
    linking.TooManyChecks: (_429, lambda: linking.TooManyChecks(SAMPLED_AT)),
    # --- corrections
    correcting.NothingToCorrect: (_409, correcting.NothingToCorrect),
    correcting.TooManyOpen: (_409, correcting.TooManyOpen),
    correcting.NotOpen: (_409, correcting.NotOpen),
    correcting.NotWithdrawable: (_409, correcting.NotWithdrawable),
    # --- showing and sharing
    showable.NotVerified: (_409, _not_verified),
    presenting.TooManyCodes: (_429, lambda: presenting.TooManyCodes(SAMPLED_AT)),
    sharing.NoSuchShare: (_404, sharing.NoSuchShare),
    sharing.TooManyShares: (_429, lambda: sharing.TooManyShares(SAMPLED_AT)),
    # --- copies and cards
    copied_papers.TooManyMade: (_429, lambda: copied_papers.TooManyMade(SAMPLED_AT)),
    signed_copies.PurposeUnprintable: (_422, signed_copies.PurposeUnprintable),
    printed_cards.CardTooFull: (_422, printed_cards.CardTooFull),
    printed_cards.CardUnprintable: (_409, printed_cards.CardUnprintable),
}
# What is somebody else's is answered as what there is not, whichever service says so.
CODES: Final[dict[type[Exception], str]] = {
    wallets.NoSuchPaper: NOT_FOUND,
    sharing.NoSuchShare: NOT_FOUND,
}
DETAILS: Final = {
    "too_many_made": gettext_lazy("You made so many that the next must wait."),
    "too_many_checks": gettext_lazy("You asked so often that the next check must wait."),
    "too_many_searches": gettext_lazy("Registries were asked so often that they must rest."),
}


def register() -> None:
    """Add our refusals to the table; called where our operations begin."""
    problems.register(KINDS, details=DETAILS, codes=CODES)
