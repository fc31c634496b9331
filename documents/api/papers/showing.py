"""Showing a paper by a code for a minute, and sharing a copy of it."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.response import Response

from accounts.services import assurance
from documents.api.papers import answers, bodies
from documents.api.papers.operations import ANY_WALLET, PapersOperation, operation
from documents.enums import Level
from documents.selectors import showing
from documents.services import presenting, sharing, showable, wallets
from eid_portal.core import ids

_SHOWABLE = (*ANY_WALLET, showable.NotVerified)


class Levels(PapersOperation):
    """How much of a paper may be shown."""

    @operation(
        "list_levels",
        "How much of a paper can be shown or shared: three levels, each in words.",
        *_SHOWABLE,
        gives=answers.LevelsAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The levels."""
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        paper = showable.find_paper(wallet=opened, public_id=public_id, now=self.now)
        return self.give({"levels": showing.choices(paper.drawn)})


class Codes(PapersOperation):
    """A code for a minute."""

    @operation(
        "last_code",
        "The last code made of a paper, and when it was read; the code itself is not said again.",
        *_SHOWABLE,
        gives=answers.LastCodeAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """When it was read."""
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        paper = showable.find_paper(wallet=opened, public_id=public_id, now=self.now)
        return self.give({"last": showing.find_presentation(self.here.account, paper)})

    @operation(
        "make_code",
        "Make a code that shows the paper once, for a minute; an earlier one of the paper shows nothing any more.",
        *_SHOWABLE,
        presenting.TooManyCodes,
        takes=bodies.LevelBody,
        gives=answers.CodeAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Make it."""
        level = Level(self.read()["level"])
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        made = presenting.present(
            session=self.here,
            wallet=opened,
            public_id=public_id,
            level=level,
            now=self.now,
        )
        return self.give(made)


class Shares(PapersOperation):
    """Shared copies of a paper."""

    @operation(
        "list_shares",
        "The last shared copies of a paper and how each stands, without their links.",
        *_SHOWABLE,
        gives=answers.SharesAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The list."""
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        paper = showable.find_paper(wallet=opened, public_id=public_id, now=self.now)
        found = showing.list_shares(paper.citizen_id, paper.document_id, now=self.now)
        return self.give({"shares": found})

    @operation(
        "share_paper",
        "Share a copy for a purpose, until the end of a day, for so many views.",
        *_SHOWABLE,
        assurance.StepUpNeeded,
        sharing.TooManyShares,
        takes=bodies.ShareBody,
        gives=answers.OpenShareAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Share it."""
        sent = self.read()
        opened = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        made = sharing.share(
            session=self.here,
            wallet=opened,
            public_id=public_id,
            purpose=sent["purpose"],
            level=Level(sent["level"]),
            days=sent["days"],
            views=sent["views"],
            press=sent["form_id"] or ids.public_id(),
            now=self.now,
        )
        return self.give(showing.find_share(opened.citizen.pk, made.public_id, now=self.now))


class OpenShare(PapersOperation):
    """One shared copy."""

    @operation(
        "share",
        "A shared copy: its link, and who opened it when.",
        *ANY_WALLET,
        Http404,
        gives=answers.OpenShareAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The copy."""
        opened = wallets.open_for(
            session=self.here, citizen_id=showing.find_sharer(public_id), now=self.now
        )
        found = showing.find_share(opened.citizen.pk, public_id, now=self.now)
        if found is None:
            raise Http404
        return self.give(found)


class RevokeShare(PapersOperation):
    """The end of a share."""

    @operation(
        "revoke_share",
        "Close a shared copy: its link opens nothing from now on. Closed already is as good.",
        *ANY_WALLET,
        sharing.NoSuchShare,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Close it."""
        opened = wallets.open_for(
            session=self.here, citizen_id=showing.find_sharer(public_id), now=self.now
        )
        sharing.revoke(wallet=opened, public_id=public_id, now=self.now)
        return self.nothing()
