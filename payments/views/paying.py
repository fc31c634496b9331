"""From the pressed button to the certain result: an order is begun, agreed to, watched, taken back or begun again."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from payments.forms.paying import CodeForm, OrderForm, StartForm
from payments.selectors import orders as pages
from payments.services import authorising, confirming, ordering, starting
from payments.views import agreeing
from payments.views.pages import MoneyView

LINK_BANK: Final = "/banks/link/"


class Start(MoneyView):
    """What was chosen becomes an order; who has to sign in first finds it chosen still."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """What was chosen, and a button; nothing chosen is chosen among the bills."""
        if not request.GET.getlist("bill") and request.GET.get("what") != "due":
            return SeeOther("/bills/")
        return self.page(StartForm(None, bills=request.GET.getlist("bill")))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Begin, and on to the page that asks for agreement."""
        form = StartForm(request.POST, bills=request.POST.getlist("bill"))
        if not form.is_valid():
            return self.page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            drafted = starting.start(
                session=self.here,
                wanted=form.wanted,
                link=form.cleaned_data["link"],
                key=str(form.cleaned_data["key"]),
                now=self.now,
            )
        except ordering.NoBankAccount as refused:
            if not form.cleaned_data["link"]:
                return SeeOther(f"{LINK_BANK}?{urlencode({'next': self.way_back()})}")
            form.add_error(None, str(refused.message))
        except ordering.OrderRefused as refused:
            form.add_error(None, str(refused.message))
        else:
            return SeeOther(_order(drafted.order.public_id))
        return self.page(form, HTTPStatus.CONFLICT)

    def page(self, form: StartForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """What was chosen, perhaps with why it cannot be paid."""
        given = self.chosen()
        return self.draw(
            "start",
            status,
            form=form,
            key=uuid4(),
            chosen=pages.list_chosen(self.here.account.pk, form.bills),
            due=[(name, value) for name, value in given if name != "bill"],
        )

    def way_back(self) -> str:
        """This page with all that was chosen."""
        return f"{self.request.path}?{urlencode(self.chosen())}"

    def chosen(self) -> list[tuple[str, str]]:
        """What was chosen, as it was sent."""
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        names = ("bill", "what", "purpose", "about")
        return [(name, value) for name in names for value in sent.getlist(name)[:20]]


class Order(MoneyView):
    """An order, whatever its state."""

    template = "order"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.page(public_id)

    def page(
        self,
        public_id: str,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        form: CodeForm | None = None,
        refused: Any = "",
    ) -> HttpResponse:
        """The page, perhaps with why something was refused.

        Raises:
            Http404: there is no such order.
        """
        page = pages.open_order(self.here.account, public_id, now=self.now)
        if page is None:
            raise Http404
        return self.draw(
            self.template,
            status,
            page=page,
            asked=confirming.look_at_order(session=self.here, order=page.order, now=self.now),
            sources=pages.list_sources(self.here.account),
            form=form or CodeForm(),
            refused=refused,
            key=uuid4(),
        )


class OrderProgress(Order):
    """What of an order's page changes while its money moves."""

    template = "_order"


class OrderAction(Order):
    """A button of the page; its address shows the page."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to the order: there is nothing here without the button."""
        return SeeOther(_order(public_id))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do it, or show on the page why not."""
        public_id = kwargs["public_id"]
        try:
            return super().dispatch(request, *args, **kwargs)
        except authorising.NoSuchOrder as none:
            raise Http404 from none
        except (authorising.DraftOver, authorising.Changed, authorising.StrongerNeeded) as refused:
            return self.page(public_id, HTTPStatus.CONFLICT, refused=refused.message)

    def way_back(self) -> str:
        """The order's page."""
        return _order(self.kwargs["public_id"])

    def agreed(self) -> HttpResponseBase:
        """The order's page tells what becomes of it."""
        return SeeOther(self.way_back())


class OrderCode(OrderAction):
    """A code is sent, or agrees."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send one, or pay with one."""
        account, device_id = self.here.account, self.here.device_id
        return agreeing.by_code(
            self,
            public_id,
            send=lambda: authorising.send_code(
                account=account, order=public_id, device_id=device_id, now=self.now
            ),
            agree=lambda code: authorising.by_code(
                account=account,
                order=public_id,
                code=code,
                device_id=device_id,
                actor=self.actor,
                now=self.now,
            ),
        )


class OrderPasskeyOptions(OrderAction):
    """What the browser is asked to sign: this order, its payees and amounts."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """A challenge; nothing is written."""
        try:
            options = authorising.passkey_options(
                account=self.here.account, order=public_id, now=self.now
            )
        except authorising.DraftOver as refused:
            return JsonResponse({"message": str(refused.message)}, status=HTTPStatus.CONFLICT)
        return JsonResponse(options)


class OrderPasskey(OrderAction):
    """A passkey agrees."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Pay with its answer."""
        return agreeing.by_passkey(
            self,
            public_id,
            lambda answer: authorising.by_passkey(
                session=self.here, order=public_id, answer=answer, actor=self.actor, now=self.now
            ),
        )


class OrderCancel(OrderAction):
    """The payer does not want it."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Take it back; what was sent to the bank meanwhile is shown as it stands."""
        cancelled = ordering.cancel(
            account=self.here.account, order=public_id, actor=self.actor, now=self.now
        )
        if cancelled is None:
            return SeeOther(_order(public_id))
        messages.success(request, _("The payment was cancelled. Nothing was paid."))
        page = pages.open_order(self.here.account, public_id, now=self.now)
        return SeeOther(page.place if page and page.place else "/bills/")


class OrderAgain(OrderAction):
    """The same once more: from another bank account, with bills as they are now, or after the time ran out."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Begin again, and on to the new page."""
        form = OrderForm(request.POST)
        if not form.is_valid():
            said = next(iter(form.errors.values()))[0]
            return self.page(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, refused=said)
        try:
            drafted = starting.begin_again(
                session=self.here,
                order=public_id,
                link=form.cleaned_data["link"],
                key=str(form.cleaned_data["key"]),
                now=self.now,
            )
        except ordering.NoBankAccount:
            return SeeOther(f"{LINK_BANK}?{urlencode({'next': _order(public_id)})}")
        except ordering.OrderRefused as refused:
            return self.page(public_id, HTTPStatus.CONFLICT, refused=refused.message)
        return SeeOther(_order(drafted.order.public_id))


def _order(public_id: str) -> str:
    return reverse("payments:order", args=[public_id])
