"""Bills: what is to be paid, looking under a customer code, one bill in full, and the saved codes."""

from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.views.access import SeeOther
from eid_portal.core.web import TooMany
from payments.forms.bills import FindForm, LabelForm
from payments.selectors import bills as selectors
from payments.selectors import orders
from payments.services import bills
from payments.services.bills import Found
from payments.views.pages import MoneyView

HOME = "/bills/"


class BillView(MoneyView):
    """A page of bills."""

    place = "due"

    def said(self, found: Found) -> None:
        """Tell what became of a search on the next page."""
        if found.to_pay is None:
            messages.warning(
                self.request,
                _("The biller does not answer now. We go on asking; its bills will stand here."),
            )
        elif found.to_pay:
            messages.success(
                self.request,
                ngettext(
                    "%(count)s bill is to be paid", "%(count)s bills are to be paid", found.to_pay
                )
                % {"count": found.to_pay},
            )
        else:
            messages.success(self.request, _("Nothing is to be paid now. We look again every day."))


class Bills(BillView):
    """What is to be paid, to be chosen from; or a press to have all billers asked anew."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; bills that an order wanted are chosen, all others that are due as well."""
        page = selectors.open_due(self.here.account, now=self.now)
        wanted = set(request.GET.getlist("bill")) or {
            bill.public_id for bill in page.payable if bill.is_soon
        }
        return self.draw(
            "bills",
            page=page,
            chosen=wanted,
            key=uuid4(),
            sources=orders.list_sources(self.here.account),
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Have them asked.

        Raises:
            TooMany: too often.
        """
        try:
            bills.ask_again(account=self.here.account, now=self.now)
        except bills.AskedTooOften as refused:
            raise TooMany(until=refused.until) from None
        messages.success(request, _("We are asking. Open this page again in a moment."))
        return SeeOther(HOME)


class FindBills(BillView):
    """Look under a code, one's own or another's, and keep it."""

    place = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.page(FindForm(initial={"biller": request.GET.get("biller", "")}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Ask the biller.

        Raises:
            TooMany: too often.
        """
        form = FindForm(request.POST)
        if not form.is_valid():
            return self.page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        values = form.cleaned_data
        try:
            found = bills.find(
                account=self.here.account,
                biller=values["biller"],
                written=values["code"],
                label=values["label"],
                now=self.now,
            )
        except bills.AskedTooOften as refused:
            raise TooMany(until=refused.until) from None
        except (bills.BadCode, bills.UnknownCode) as refused:
            form.add_error("code", str(refused.message))
            return self.page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        except bills.BillsRefused as refused:
            form.add_error(None, str(refused.message))
            return self.page(form, HTTPStatus.CONFLICT)
        self.said(found)
        return SeeOther(HOME)

    def page(self, form: FindForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """The form, perhaps with what is wrong with it."""
        return self.draw("find_bills", status, form=form, hints=selectors.hints())


class MyPremiums(BillView):
    """What is found by the person's own number: premiums of the household and one's own."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """There is nothing here without the button."""
        return SeeOther(f"{HOME}find/")

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Ask those who insure.

        Raises:
            TooMany: too often.
        """
        try:
            found = bills.find_mine(account=self.here.account, now=self.now)
        except bills.AskedTooOften as refused:
            raise TooMany(until=refused.until) from None
        except bills.TooManyCodes as refused:
            messages.warning(request, str(refused.message))
        else:
            self.said(found)
        return SeeOther(HOME)


class CustomerCode(BillView):
    """A saved code: its name, and a way to remove it and to take that back."""

    place = ""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        return self.page(public_id)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Rename, forget, or keep again.

        Raises:
            Http404: there is no such code.
        """
        form = LabelForm(request.POST)
        action = request.POST.get("action", "")
        try:
            match action:
                case "forget":
                    bills.forget(account=self.here.account, code=public_id, now=self.now)
                    return SeeOther(f"{HOME}codes/{public_id}/")
                case "keep":
                    bills.keep_again(account=self.here.account, code=public_id)
                    messages.success(request, _("The code is kept"))
                    return SeeOther(HOME)
                case _ if not form.is_valid():
                    return self.page(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, form)
                case _:
                    bills.rename(
                        account=self.here.account,
                        code=public_id,
                        label=form.cleaned_data["label"],
                    )
        except bills.NoSuchCode:
            raise Http404 from None
        messages.success(request, _("The name is kept"))
        return SeeOther(HOME)

    def page(
        self, public_id: str, status: HTTPStatus = HTTPStatus.OK, form: LabelForm | None = None
    ) -> HttpResponse:
        """The page, perhaps with what is wrong.

        Raises:
            Http404: there is no such code.
        """
        code = selectors.find_code(self.here.account, public_id)
        if code is None:
            raise Http404
        form = form or LabelForm(initial={"label": code.label})
        return self.draw("customer_code", status, code=code, form=form)


class Bill(BillView):
    """One bill, as its biller printed it, beside earlier months."""

    place = ""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page.

        Raises:
            Http404: there is none of the person's.
        """
        page = selectors.open_bill(self.here.account, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.draw("bill", page=page, due=page.due, key=uuid4())
