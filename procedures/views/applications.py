"""What a citizen filed: the list, the slip, and one application followed to its end."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.access import SeeOther
from procedures.forms.following import MessageForm
from procedures.selectors import applications
from procedures.services import consent_answers, following, lifecycle
from procedures.services import messages as texts
from procedures.views.pages import FormsView
from procedures.views.paying import pay


class Applications(FormsView):
    """All that was filed by the person, or about them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        before = request.GET.get("before", "")
        return self.draw(
            "applications",
            page=applications.list_mine(self.here.account, now=self.now, before=before),
        )


class ApplicationView(FormsView):
    """A page of one application."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page; another person's is not there."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except following.NoSuchApplication as none:
            raise Http404 from none

    def open(self, public_id: str) -> applications.Page:
        """The application as it is now.

        Raises:
            NoSuchApplication, NotForThem: see :func:`procedures.services.following.find`.
        """
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        return applications.open_page(row, account=self.here.account, now=self.now)

    def show(
        self, name: str, page: applications.Page, status: HTTPStatus = HTTPStatus.OK, **context: Any
    ) -> HttpResponse:
        """A page about it."""
        return self.draw(name, status, page=page, row=page.row, on_behalf=page.on_behalf, **context)


class Application(ApplicationView):
    """One application."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        return self.show("application", self.open(public_id), form=MessageForm())


class Filed(ApplicationView):
    """The slip of what was filed: its number and by when it is decided, on one sheet."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        return self.show("filed", self.open(public_id))


class PayFee(ApplicationView):
    """The button that pays what is still owed."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """There is nothing here without the button."""
        return SeeOther(_place(public_id))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """On to the order."""
        page = self.open(public_id)
        if not page.fee_is_due:
            return SeeOther(_place(public_id))
        return pay(self, page.row.pk, _place(public_id))


class Write(ApplicationView):
    """A message to the office."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """There is nothing here without the button."""
        return SeeOther(f"{_place(public_id)}#h-m")

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send it, or the page with what was typed and why it was not sent."""
        form = MessageForm(request.POST)
        if not form.is_valid():
            page = self.open(public_id)
            return self.show("application", page, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        try:
            texts.reply(
                application=row, words=form.cleaned_data["words"], session=self.here, now=self.now
            )
        except texts.MessageRefused as refused:
            form.add_error("words", str(refused.message))
            page = self.open(public_id)
            return self.show("application", page, HTTPStatus.CONFLICT, form=form)
        return SeeOther(f"{_place(public_id)}#h-m")


class Remind(ApplicationView):
    """The button that reminds who was asked to agree."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """There is nothing here without the button."""
        return SeeOther(_place(public_id))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Do it, or say why not."""
        row = following.find(session=self.here, public_id=public_id, now=self.now)
        try:
            consent_answers.remind(
                session=self.here,
                application=row,
                public_id=request.POST.get("asked", ""),
                now=self.now,
            )
        except consent_answers.NoSuchQuestion as none:
            raise Http404 from none
        except (consent_answers.CannotAnswer, consent_answers.RemindedToday) as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("We wrote to them once more"))
        return SeeOther(_place(public_id))


class Withdraw(ApplicationView):
    """Take it back, asked once more."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """What follows from it."""
        page = self.open(public_id)
        return self.show("withdraw", page) if page.is_open else SeeOther(_place(public_id))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Do it; a second press says the same."""
        try:
            following.withdraw(session=self.here, public_id=public_id, now=self.now)
        except lifecycle.CannotWithdraw as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("You took the application back"))
        return SeeOther(_place(public_id))


def _place(public_id: str) -> str:
    return reverse("procedures:application", args=[public_id])
