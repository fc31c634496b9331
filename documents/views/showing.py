"""The holder shows a paper by a code for a minute, or shares a copy of it for longer."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from documents.enums import Level
from documents.forms.showing import LevelForm, ShareForm
from documents.selectors import showing as pages
from documents.services import presenting, sharing, showable, wallets
from documents.services.wallets import Opened
from documents.views.wallets import WalletView
from eid_portal.core import ids, verify
from eid_portal.core.drawing import qr_code
from eid_portal.core.web import allow_inline_images


class PaperView(WalletView):
    """A page of one paper: of one that cannot be shown it says why, and what to do."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or why there is none."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except showable.NotVerified as refused:
            return self.draw("cannot_show", refused=refused, paper_page=kwargs["public_id"])


class ShowPaper(PaperView):
    """How much is shown, and the code; another press makes a new code, and the old one shows nothing any more."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The code that lives, or how much is to be shown."""
        return self.page(public_id)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make a code: as much as was chosen, or as usual where nothing was."""
        form = LevelForm(request.POST)
        level = Level(form.cleaned_data["level"]) if form.is_valid() else Level.BASIC
        wallet = self.open_with(public_id)
        try:
            presenting.present(
                session=self.here, wallet=wallet, public_id=public_id, level=level, now=self.now
            )
        except presenting.TooManyCodes as many:
            return self.page(public_id, HTTPStatus.TOO_MANY_REQUESTS, refusal=many.message)
        return SeeOther(reverse("documents:show_paper", args=[public_id]))

    def page(
        self, public_id: str, status: HTTPStatus = HTTPStatus.OK, refusal: str = ""
    ) -> HttpResponse:
        """Draw it; when the code ends the page says so, also where no script runs."""
        wallet = self.open_with(public_id)
        paper = showable.find_paper(wallet=wallet, public_id=public_id, now=self.now)
        made = pages.find_presentation(self.here.account, paper)
        live = made is not None and made.used_at is None and made.expires_at > self.now
        code = str(made.token) if made and live else ""
        response = self.draw(
            "show_paper",
            status,
            paper=paper,
            paper_page=public_id,
            choices=pages.choices(paper.drawn),
            level=made.level if made else Level.BASIC.value,
            made=made,
            state="live" if live else _ended(made),
            code=verify.grouped(code),
            seconds=round((made.expires_at - self.now).total_seconds()) if made and live else 0,
            qr=qr_code(_link(code)) if live else "",
            photo=pages.picture_of(paper.citizen_id),
            refusal=refusal,
        )
        if made and live:
            left = made.expires_at - self.now
            response["Refresh"] = str(int(left.total_seconds()) + 1)
        allow_inline_images(response)
        return response


class SharePaper(PaperView):
    """Share a copy; the shares there are."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The form."""
        paper = sharing.begin(
            session=self.here, wallet=self.open_with(public_id), public_id=public_id, now=self.now
        )
        form = ShareForm(
            levels=pages.choices(paper.drawn),
            now=self.now,
            initial={"level": Level.BASIC.value, "days": 7, "views": 3, "press": ids.public_id()},
        )
        return self.page(paper, form)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Share, and on to the share's page."""
        paper = sharing.begin(
            session=self.here, wallet=self.open_with(public_id), public_id=public_id, now=self.now
        )
        form = ShareForm(request.POST, levels=pages.choices(paper.drawn), now=self.now)
        if not form.is_valid():
            return self.page(paper, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        data = form.cleaned_data
        try:
            made = sharing.share(
                session=self.here,
                wallet=self.wallet,
                public_id=public_id,
                purpose=data["purpose"],
                level=Level(data["level"]),
                days=data["days"],
                views=data["views"],
                press=data["press"],
                now=self.now,
            )
        except sharing.ShareRefused as refused:
            form.add_error(None, str(refused.message))
            return self.page(paper, form, HTTPStatus.TOO_MANY_REQUESTS)
        return SeeOther(reverse("documents:shared", args=[made.public_id]))

    def page(self, paper: Any, form: ShareForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """Draw it."""
        return self.draw(
            "share_paper",
            status,
            paper=paper,
            form=form,
            paper_page=paper.public_id,
            shares=pages.list_shares(paper.citizen_id, paper.document_id, now=self.now),
        )


class SharedView(WalletView):
    """A page or action of one share: of one's own paper, or a ward's."""

    def open_shared(self, public_id: str) -> Opened:
        """The wallet of the paper."""
        holder = pages.find_sharer(public_id)
        self.wallet = wallets.open_for(session=self.here, citizen_id=holder, now=self.now)
        return self.wallet


class Shared(SharedView):
    """One share: its link, who opened it, and its end."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page.

        Raises:
            Http404: there is none.
        """
        wallet = self.open_shared(public_id)
        found = pages.find_share(wallet.citizen.pk, public_id, now=self.now)
        if found is None:
            raise Http404
        share, code = found.share, str(found.share.token)
        shares = pages.list_shares(share.citizen_id, share.document_id, now=self.now)
        return self.draw(
            "shared",
            found=found,
            paper_page=found.paper_id,
            link=_link(code),
            code=verify.grouped(code),
            qr=qr_code(_link(code)) if found.state == "open" else "",
            until=share.ends_at - timedelta(seconds=1),
            others=[one for one in shares if one.share.pk != share.pk],
        )


class RevokeShare(SharedView):
    """Close a share."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the share."""
        return SeeOther(reverse("documents:shared", args=[public_id]))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Close it at once.

        Raises:
            Http404: there is none.
        """
        wallet = self.open_shared(public_id)
        try:
            sharing.revoke(wallet=wallet, public_id=public_id, now=self.now)
        except sharing.NoSuchShare:
            raise Http404 from None
        messages.success(request, _("The link and the QR code open nothing any more."))
        return SeeOther(reverse("documents:shared", args=[public_id]))


def _ended(made: Any) -> str:
    """Why there is no code: none was made yet, it was read, it ended."""
    if made is None:
        return "none"
    return "read" if made.used_at is not None else "ended"


def _link(code: str) -> str:
    path = reverse("accounts:verify_code", args=[code])
    return f"{settings.PORTAL_URL}{path}"
