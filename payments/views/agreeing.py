"""The buttons with which a payer agrees, to an order or to a consent: a code by text message, or a passkey."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponseBase

from accounts.services import codes, passkeys, proofs, tries
from accounts.views.access import SeeOther
from payments.forms.paying import CodeForm
from payments.services import authorising


class Agreeing(Protocol):
    """The page of what is agreed to."""

    request: HttpRequest

    def page(
        self,
        public_id: str,
        status: HTTPStatus = ...,
        *,
        form: CodeForm | None = ...,
        refused: Any = ...,
    ) -> HttpResponseBase:
        """It, perhaps with why something was refused."""

    def way_back(self) -> str:
        """Its address."""

    def agreed(self) -> HttpResponseBase:
        """Where to go when it is agreed to."""


def by_code(
    view: Agreeing, public_id: str, *, send: Callable[[], object], agree: Callable[[str], object]
) -> HttpResponseBase:
    """Send a code, or agree with the one that was typed; what else is refused is the caller's to catch."""
    posted = view.request.POST
    if posted.get("action") == "send":
        try:
            send()
        except codes.TooManyCodes as refused:
            return view.page(public_id, HTTPStatus.TOO_MANY_REQUESTS, refused=refused.message)
        except authorising.NoPhone as refused:
            return view.page(public_id, HTTPStatus.CONFLICT, refused=refused.message)
        return SeeOther(view.way_back())
    form = CodeForm(posted)
    if form.is_valid():
        try:
            agree(form.cleaned_data["code"])
        except (codes.CodeRefused, authorising.NoPhone) as refused:
            form.add_error("code", str(refused.message))
        else:
            return view.agreed()
    return view.page(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


def by_passkey(view: Agreeing, public_id: str, agree: Callable[[str], object]) -> HttpResponseBase:
    """Agree with what a passkey signed; what else is refused is the caller's to catch."""
    try:
        agree(view.request.POST.get("answer", ""))
    except tries.TooManyTries as refused:
        return view.page(public_id, HTTPStatus.TOO_MANY_REQUESTS, refused=refused.message)
    except (passkeys.PasskeyRefused, proofs.NoAuthenticator) as refused:
        return view.page(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, refused=refused.message)
    return view.agreed()
