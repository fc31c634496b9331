"""Transfers: whom, how much; the order's own page confirms them. One's own code; and the button that stops it all."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts.views.access import SeeOther
from eid_portal.core.drawing import qr_code
from payments.forms.transfers import AccountForm, NumberForm, OwnQrForm, PhoneForm, QrForm
from payments.rules import vietqr
from payments.selectors import bank_links, transfers
from payments.services import ordering, own_qr, payees, scanning
from payments.services.ordering import PersonWanted, TransferWanted
from payments.services.payees import By
from payments.views.pages import MoneyView

_FORMS: Final[Mapping[str, Any]] = {
    "account": AccountForm,
    By.NUMBER.value: NumberForm,
    By.PHONE.value: PhoneForm,
}
# At which field a refusal is shown; the others stand above the form.
_FIELDS: Final = {
    "no_such_account": "account",
    "no_such_bank": "bank",
    "no_match": "name",
    "bad_amount": "amount",
    "no_bank_account": "link",
}
_STATUSES: Final[Mapping[type[scanning.NotRead], HTTPStatus]] = {
    scanning.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    scanning.TooOften: HTTPStatus.TOO_MANY_REQUESTS,
}


class TransferView(MoneyView):
    """A page of transfers."""

    place = "transfer"

    def sources(self) -> list[tuple[str, str]]:
        """The accounts that can pay, the default one first."""
        return [(one.public_id, one.name) for one in bank_links.active(self.here.account)]


class Transfer(TransferView):
    """Whom and how much; then the order is confirmed on its own page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        by = self.way(request.GET.get("by", ""))
        return self.page(by, self.form(by, initial={"key": uuid4()}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Read a code into the form, or draft the order."""
        if "read" in request.POST:
            return self.read(request)
        by, status = self.way(request.POST.get("by", "")), HTTPStatus.OK
        form = self.form(by, request.POST)
        if form.is_valid():
            try:
                drafted = ordering.draft(
                    account=self.here.account,
                    link=form.cleaned_data["link"],
                    wanted=[_wanted(by, form.cleaned_data)],
                    key=str(form.cleaned_data["key"]),
                    device_id=self.here.device_id,
                    actor=self.actor,
                    now=self.now,
                )
            except ordering.KeyReused:  # they came back and changed something: another order
                form.data = form.data.copy()
                form.data["key"] = str(uuid4())
                form.add_error(None, ordering.OrderRefused.message)
                status = HTTPStatus.CONFLICT
            except ordering.OrderRefused as refused:
                field = _FIELDS.get(refused.code, "")
                form.add_error(field if field in form.fields else None, refused.message)
                is_too_often = isinstance(refused, ordering.NoPayee) and refused.until
                status = HTTPStatus.TOO_MANY_REQUESTS if is_too_often else HTTPStatus.CONFLICT
            else:
                return SeeOther(f"/payments/orders/{drafted.order.public_id}/")
        return self.page(by, form, status=status)

    def read(self, request: HttpRequest) -> HttpResponse:
        """The form with what stands in a code; nothing of it is kept."""
        reader, status = QrForm(request.POST, request.FILES), HTTPStatus.UNPROCESSABLE_ENTITY
        if reader.is_valid():
            field = reader.given()
            try:
                code = self.code(field, reader.cleaned_data[field])
            except scanning.NotRead as refused:
                reader.add_error(field, refused.message)
                status = _STATUSES.get(type(refused), status)
            else:
                initial = {
                    "bank": code.bank,
                    "account": code.account,
                    "amount": code.amount or "",
                    "message": code.purpose,
                    "key": uuid4(),
                }
                form = self.form("account", initial=initial)
                return self.page("account", form, read=True)
        form = self.form("account", initial={"key": uuid4()})
        return self.page("account", form, status=status, reader=reader)

    def code(self, field: str, given: Any) -> vietqr.Code:
        """What a code says that came as a picture or as text."""
        if field == "code":
            return scanning.read_text(given)
        return scanning.read_picture(account=self.here.account, picture=given, now=self.now)

    def form(self, by: str, data: Any = None, **given: Any) -> Any:
        """The form of a way to name the payee."""
        return _FORMS[by](data, sources=self.sources(), **given)

    def way(self, by: str) -> str:
        """The way that was chosen."""
        return by if by in _FORMS else "account"

    def page(
        self,
        by: str,
        form: Any,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        reader: QrForm | None = None,
        read: bool = False,
    ) -> HttpResponse:
        """The page; a code that could not be read is its error."""
        return self.draw(
            "transfer",
            status,
            by=by,
            form=reader if reader is not None else form,
            sending=form,
            reader=reader if reader is not None else QrForm(),
            read=read,
            today=transfers.today(self.here.account, self.now),
        )


class MyQr(TransferView):
    """One's own code, drawn for who asked and kept nowhere."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.draw("my_qr", form=OwnQrForm(sources=self.sources()), code="")

    def post(self, request: HttpRequest) -> HttpResponse:
        """The code."""
        form, status, code = OwnQrForm(request.POST, sources=self.sources()), HTTPStatus.OK, ""
        if form.is_valid():
            try:
                code = own_qr.make(account=self.here.account, now=self.now, **form.cleaned_data)
            except (own_qr.NotMade, payees.PayeeRefused) as refused:
                form.add_error("number", refused.message)
                status = HTTPStatus.CONFLICT
        shown = dict(self.sources()).get(form.cleaned_data.get("link", ""), "")
        return self.draw(
            "my_qr", status, form=form, code=code, qr=qr_code(code) if code else "", account=shown
        )


class StopTransfers(TransferView):
    """Somebody tells them to send money: one button takes all back and sends nothing for a day."""

    place = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The button."""
        return self.draw("stop_transfers")

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Stop."""
        ordering.stop_transfers(account=self.here.account, actor=self.actor, now=self.now)
        return SeeOther("/transfers/stopped/")


class TransfersStopped(TransferView):
    """What was stopped, and what to do now."""

    place = ""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The page; there is none where nothing is stopped."""
        stopped = transfers.stopped(self.here.account, self.now)
        if stopped.until is None:
            return SeeOther("/transfers/")
        return self.draw("transfers_stopped", stopped=stopped)


def _wanted(by: str, given: Mapping[str, Any]) -> TransferWanted | PersonWanted:
    if by == "account":
        return TransferWanted(
            bank=given["bank"],
            account=given["account"],
            amount=given["amount"],
            message=given["message"],
        )
    return PersonWanted(
        by=By(by),
        who=given["who"],
        name=given["name"],
        amount=given["amount"],
        message=given["message"],
    )
