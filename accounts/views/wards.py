"""Children and wards: whom a citizen acts for, and the page a guardian acts on, always as "A for B"."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.enums import GuardianshipBasis, WardAct
from accounts.events import ActedForWard
from accounts.forms.wards import AddWardForm
from accounts.selectors import wards as selectors
from accounts.services import guardianships
from accounts.views.access import CitizenView, SeeOther
from eid_portal.core import home
from eid_portal.core.events import ActorKind

PLACE = "/account/wards/"


@dataclass(frozen=True, slots=True)
class LogLine:
    """An event of the ward as it is drawn."""

    kind: str
    icon: str
    title: str
    detail: str
    at: datetime


class Wards(CitizenView):
    """Whom I act for, and who acts for me."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Both lists."""
        account = self.here.account
        context = {
            "display_name": account.citizen.full_name,
            "wards": selectors.list_wards(account, now=self.now),
            "guardians": selectors.list_guardians(account, now=self.now),
        }
        return render(request, "accounts/account/wards.html", context)


class AddWard(CitizenView):
    """Name a child or ward; a counter confirms it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, or why this person cannot be a guardian now."""
        return self.draw(AddWardForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Claim the guardianship."""
        form = AddWardForm(request.POST)
        status = HTTPStatus.OK
        if form.is_valid():
            try:
                guardianships.claim(
                    session=self.here,
                    number=form.cleaned_data["number"],
                    birth_date=form.cleaned_data["birth_date"],
                    basis=GuardianshipBasis(form.cleaned_data["basis"]),
                    document=form.cleaned_data["document"],
                    until=form.cleaned_data["until"],
                    now=self.now,
                )
            except guardianships.TooManyClaims as error:
                form.add_error(None, error.message)
                status = HTTPStatus.TOO_MANY_REQUESTS
            except guardianships.GuardianshipUnable as error:
                form.add_error(error.field, error.message)
            else:
                messages.success(
                    request,
                    _("Noted. Bring the original papers to any ID-card counter to confirm it."),
                )
                return SeeOther(PLACE)
        return self.draw(form, status)

    def draw(self, form: AddWardForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """The page."""
        context = {
            "display_name": self.here.account.citizen.full_name,
            "form": form,
            "unfit": guardianships.why_unfit(session=self.here, now=self.now),
        }
        return render(self.request, "accounts/account/wards_add.html", context, status=status)


class GiveUpWard(CitizenView):
    """The guardian ends it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Back to the list: there is nothing here without the button."""
        return SeeOther(PLACE)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """End it."""
        try:
            guardianships.give_up(session=self.here, public_id=public_id, now=self.now)
        except guardianships.NoSuchWard as error:
            raise Http404 from error
        messages.success(request, _("You no longer act for this person. Both of you were told."))
        return SeeOther(PLACE)


class ObjectToGuardian(CitizenView):
    """The ward says no to a claim."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Back to the list: there is nothing here without the button."""
        return SeeOther(PLACE)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Object."""
        try:
            guardianships.object_to(session=self.here, public_id=public_id, now=self.now)
        except guardianships.NoSuchWard as error:
            raise Http404 from error
        except guardianships.GuardianshipUnable as error:
            messages.warning(request, str(error.message))
        else:
            messages.success(request, _("Noted. No counter can confirm this claim any more."))
        return SeeOther(PLACE)


class ForWard(CitizenView):
    """An address of a ward: who is no ward of mine is nobody, and who came of age has a page that says so."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or what there is instead."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except guardianships.WardGrown as error:
            return self.instead("wards_grown", HTTPStatus.GONE, grown=error.ward)
        except guardianships.NoSuchWard as error:
            raise Http404 from error
        except guardianships.NoGuardian as error:
            return self.instead("wards_unable", HTTPStatus.FORBIDDEN, message=error.message)

    def instead(self, page: str, status: HTTPStatus, **values: Any) -> HttpResponse:
        """Another page at this address."""
        context = {"display_name": self.here.account.citizen.full_name, **values}
        return render(self.request, f"accounts/account/{page}.html", context, status=status)


class WardPage(ForWard):
    """A ward's page, under the guardian's own sign-in."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page; that it was opened is recorded."""
        ward = guardianships.open_ward(session=self.here, public_id=public_id, now=self.now)
        page = selectors.ward_page(self.here.account, ward, now=self.now)
        context = {
            "display_name": self.here.account.citizen.full_name,
            "ward": ward,
            "page": page,
            "lines": [line for event in page.events if (line := _line(event, ward)) is not None],
        }
        return render(request, "accounts/account/ward.html", context)


class LockWard(ForWard):
    """Lock the ward's account."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Back to the ward: there is nothing here without the button."""
        return SeeOther(f"{PLACE}{public_id}/")

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Lock it."""
        try:
            guardianships.lock_account(session=self.here, public_id=public_id, now=self.now)
        except guardianships.NothingToLock as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("The account is locked. Every session of it has ended."))
        return SeeOther(f"{PLACE}{public_id}/")


def _line(event: selectors.EventLine, ward: selectors.Ward) -> LogLine | None:
    words = home.describe(event.name, event.data)
    if words is None:
        return None
    if event.name == ActedForWard.name and event.actor:
        title = _("%(guardian)s for %(ward)s") % {
            "guardian": event.actor,
            "ward": ward.citizen.full_name,
        }
        return LogLine(
            words.kind, words.icon, title, str(WardAct(event.data["what"]).label), event.at
        )
    why = home.purpose(event.purpose)
    who = event.office or event.actor or _who(event.actor_kind)
    return LogLine(words.kind, words.icon, words.title, f"{who}, {why}" if why else who, event.at)


def _who(actor_kind: str) -> str:
    match actor_kind:
        case ActorKind.CITIZEN:
            return _("a citizen")
        case ActorKind.OFFICER:
            return _("an officer")
        case ActorKind.ADMINISTRATOR:
            return _("an administrator")
        case ActorKind.PARTY:
            return _("another authority's system")
        case ActorKind.ANYONE:
            return _("somebody not signed in")
        case _:
            return _("the portal")
