"""Bills that are paid by themselves: what is, setting it up, agreeing to it, leaving one bill out, stopping it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from payments.enums import ScheduleState
from payments.forms.paying import CodeForm
from payments.forms.schedules import ScheduleForm
from payments.selectors import orders
from payments.selectors import schedules as selectors
from payments.services import confirming, scheduled_bills, scheduling
from payments.views import agreeing
from payments.views.pages import MoneyView

HOME = "/payments/schedules/"


class Schedules(MoneyView):
    """All of them, and the form for another."""

    place = "schedules"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; a code that the address names is chosen."""
        return self.page(self.form(None, initial={"code": request.GET.get("code", "")}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Write down what is to be agreed to, and on to the page that asks for it."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            row = scheduling.draft(
                account=self.here.account,
                code=form.cleaned_data["code"],
                link=form.cleaned_data["link"],
                cap=form.cleaned_data["cap"],
                actor=self.actor,
                now=self.now,
            )
        except scheduling.CapTooHigh as refused:
            form.add_error("cap", str(refused.message))
            return self.page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        except scheduling.ScheduleRefused as refused:
            form.add_error(None, str(refused.message))
            return self.page(form, HTTPStatus.CONFLICT)
        return SeeOther(_place(row.public_id))

    def form(self, data: Any, **kwargs: Any) -> ScheduleForm:
        """The form with the person's codes and bank accounts."""
        account = self.here.account
        return ScheduleForm(
            data,
            codes=selectors.code_choices(account),
            links=[(one.public_id, one.label) for one in orders.list_sources(account)],
            **kwargs,
        )

    def page(self, form: ScheduleForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        """The page, perhaps with what is wrong with the form."""
        return self.draw(
            "schedules", status, page=selectors.open_page(self.here.account), form=form
        )


class SkipBill(MoneyView):
    """Not this time."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to all of them: there is nothing here without the button."""
        return SeeOther(HOME)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Leave the bill out.

        Raises:
            Http404: there is no such bill.
        """
        try:
            left = scheduled_bills.skip(
                account=self.here.account, bill=public_id, actor=self.actor, now=self.now
            )
        except scheduling.NoSuchSchedule:
            raise Http404 from None
        if left:
            messages.success(request, _("It will not be paid automatically this time."))
        else:
            messages.warning(request, _("It is too late: see below what became of it."))
        return SeeOther(HOME)


class Schedule(MoneyView):
    """One of them: while it waits, what is agreed to and how."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page; what is agreed to or over stands among all of them."""
        return self.page(public_id)

    def page(
        self,
        public_id: str,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        form: CodeForm | None = None,
        refused: Any = "",
    ) -> HttpResponseBase:
        """The page, perhaps with why something was refused.

        Raises:
            Http404: there is none.
        """
        schedule = selectors.find(self.here.account, public_id)
        if schedule is None:
            raise Http404
        if schedule.state == ScheduleState.ACTIVE:
            return SeeOther(HOME)
        return self.draw(
            "schedule",
            status,
            schedule=schedule,
            asked=confirming.look_at_schedule(session=self.here, schedule=public_id, now=self.now),
            form=form or CodeForm(),
            refused=refused,
        )


class ScheduleAction(Schedule):
    """A button of the page; its address shows the page."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back: there is nothing here without the button."""
        return SeeOther(_place(public_id))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do it, or show on the page why not."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except scheduling.NoSuchSchedule as none:
            raise Http404 from none
        except scheduling.ScheduleRefused as refused:
            return self.page(kwargs["public_id"], HTTPStatus.CONFLICT, refused=refused.message)

    def way_back(self) -> str:
        """The page of it."""
        return _place(self.kwargs["public_id"])

    def agreed(self) -> HttpResponseBase:
        """Say so among all of them."""
        messages.success(self.request, _("Set up. You are told a day before each bill is paid."))
        return SeeOther(HOME)


class ScheduleCode(ScheduleAction):
    """A code is sent, or agrees."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send one, or agree with one."""
        return agreeing.by_code(
            self,
            public_id,
            send=lambda: scheduling.send_code(session=self.here, schedule=public_id, now=self.now),
            agree=lambda code: scheduling.by_code(
                session=self.here, schedule=public_id, code=code, actor=self.actor, now=self.now
            ),
        )


class SchedulePasskeyOptions(ScheduleAction):
    """What the browser is asked to sign: this consent, its code, cap and bank account."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """A challenge; nothing is written."""
        try:
            options = scheduling.passkey_options(
                account=self.here.account, schedule=public_id, now=self.now
            )
        except scheduling.TooLate as refused:
            return JsonResponse({"message": str(refused.message)}, status=HTTPStatus.CONFLICT)
        return JsonResponse(options)


class SchedulePasskey(ScheduleAction):
    """A passkey agrees."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Agree with its answer."""
        return agreeing.by_passkey(
            self,
            public_id,
            lambda answer: scheduling.by_passkey(
                session=self.here, schedule=public_id, answer=answer, actor=self.actor, now=self.now
            ),
        )


class ScheduleStop(ScheduleAction):
    """Pay nothing more by itself."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Stop it."""
        scheduling.stop(
            account=self.here.account, schedule=public_id, actor=self.actor, now=self.now
        )
        messages.success(request, _("Stopped. Nothing more is paid automatically for this code."))
        return SeeOther(HOME)


def _place(public_id: str) -> str:
    return reverse("payments:schedule", args=[public_id])
