"""Premiums that are chosen: members and months of the household, income and months of one's own."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from eid_portal.core.web import TooMany
from payments.forms.premiums import HouseholdForm, SocialForm
from payments.rules import amounts
from payments.selectors import premiums as selectors
from payments.services import bills, premiums
from payments.views.pages import MoneyView


class _Premium(MoneyView):
    """The insurer is asked, a choice is worked out, or its bill is made; each by a button of its own."""

    address = ""
    template = ""
    ask: Callable[..., Any]

    def look(self) -> Any:
        """What can be chosen."""
        raise NotImplementedError

    def form(self, page: Any, data: QueryDict | None = None) -> forms.Form:
        """The form, with what was chosen, or what most people choose."""
        raise NotImplementedError

    def worked_out(self, page: Any, form: forms.Form) -> Any:
        """What the choice costs, line by line."""
        raise NotImplementedError

    def make(self, values: dict[str, Any]) -> Any:
        """The bill of a choice."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        """What can be chosen, and what it costs."""
        page = self.look()
        return self.page(page, None if page is None else self.form(page))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Do what the button says.

        Raises:
            TooMany: the insurer was asked too often.
        """
        try:
            if request.POST.get("action") == "ask":
                return self._ask()
            page = self.look()
            if page is None:
                return SeeOther(self.address)
            form = self.form(page, request.POST)
            if not form.is_valid():
                return self.page(page, form, HTTPStatus.UNPROCESSABLE_ENTITY)
            if request.POST.get("action") != "make":
                return self.page(page, form)
            return self._make(page, form)
        except bills.AskedTooOften as refused:
            raise TooMany(until=refused.until) from None

    def page(
        self, page: Any, form: forms.Form | None, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """The page, perhaps with what is wrong."""
        if page is None or form is None:
            return self.draw(self.template, status, page=None)
        worked = self.worked_out(page, form) if status != HTTPStatus.UNPROCESSABLE_ENTITY else None
        return self.draw(self.template, status, page=page, form=form, worked=worked)

    def _ask(self) -> HttpResponseBase:
        try:
            self.ask(account=self.here.account, now=self.now)
        except (premiums.PremiumRefused, bills.TooManyCodes) as refused:
            messages.warning(self.request, str(refused.message))
        return SeeOther(self.address)

    def _make(self, page: Any, form: forms.Form) -> HttpResponseBase:
        try:
            bill = self.make(form.cleaned_data)
        except premiums.MadeBefore as refused:
            data = self.request.POST.copy()
            data["key"] = str(uuid4())  # the next press is another one
            form = self.form(page, data)
            form.add_error(None, str(refused.message))
            return self.page(page, form, HTTPStatus.CONFLICT)
        except premiums.PremiumRefused as refused:
            form.add_error(refused.field, str(refused.message))
            wrong = HTTPStatus.UNPROCESSABLE_ENTITY if refused.field else HTTPStatus.CONFLICT
            return self.page(page, form, wrong)
        messages.success(self.request, _("The bill is made. Look at it, then pay."))
        return SeeOther(f"/bills/{bill.public_id}/")


class HouseholdPremium(_Premium):
    """Health insurance of the household."""

    address = "/bills/premiums/household/"
    template = "household_premium"
    ask = staticmethod(premiums.ask_household)

    def look(self) -> selectors.HouseholdPage | None:
        """Who can be insured."""
        return selectors.household(self.here.account, now=self.now)

    def form(self, page: selectors.HouseholdPage, data: QueryDict | None = None) -> HouseholdForm:
        """Everybody for the longest time, unless chosen otherwise."""
        members = [(one.member, one.name) for one in page.free]
        initial = {
            "members": [member for member, _name in members],
            "months": page.terms.months[-1],
        }
        return HouseholdForm(data, members=members, months=page.terms.months, initial=initial)

    def worked_out(self, page: selectors.HouseholdPage, form: forms.Form) -> Any:
        """What each member pays, in the order of the law; None if nobody can be chosen."""
        values = form.cleaned_data if form.is_bound else form.initial
        if not page.free:
            return None
        return selectors.household_premium(page, values["members"], values["months"])

    def make(self, values: dict[str, Any]) -> Any:
        """The bill of the members."""
        return premiums.make_household(
            account=self.here.account,
            members=values["members"],
            months=values["months"],
            key=values["key"],
            now=self.now,
        )


class SocialPremium(_Premium):
    """Voluntary social insurance of oneself."""

    address = "/bills/premiums/social/"
    template = "social_premium"
    ask = staticmethod(premiums.ask_social)

    def look(self) -> selectors.SocialPage | None:
        """On what terms."""
        return selectors.social(self.here.account, now=self.now)

    def form(self, page: selectors.SocialPage, data: QueryDict | None = None) -> SocialForm:
        """The least for a month, unless chosen otherwise."""
        initial = {"income": amounts.written(page.least), "months": page.terms.months[0]}
        return SocialForm(
            data, least=page.least, most=page.most, months=page.terms.months, initial=initial
        )

    def worked_out(self, page: selectors.SocialPage, form: forms.Form) -> Any:
        """The premium, the state's part and what is left."""
        if form.is_bound:
            values = form.cleaned_data
            return selectors.social_premium_of(page, values["income"], values["months"])
        return selectors.social_premium_of(page, page.least, page.terms.months[0])

    def make(self, values: dict[str, Any]) -> Any:
        """The bill of the income."""
        return premiums.make_social(
            account=self.here.account,
            income=values["income"],
            months=values["months"],
            key=values["key"],
            now=self.now,
        )
