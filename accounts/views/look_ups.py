"""Officers look a person up, see a little, ask for more, and see nothing after some minutes."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import Action, LookField, LookReason
from accounts.forms.look_ups import LookUpForm, UnmaskForm
from accounts.selectors import look_ups as pages
from accounts.services import assurance, court_orders, look_ups
from accounts.views.access import SeeOther
from accounts.views.counter import UNPROCESSABLE, CounterView
from eid_portal.core import approvals


class LookUp(CounterView):
    """Whom, and why; nothing is shown without either."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The empty form."""
        return self.show(LookUpForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Look the person up, and show the result by its own address."""
        assurance.require(self.here, Action.LOOK_UP, now=self.now)
        form = LookUpForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        reason = form.cleaned_data["reason"]
        try:
            made = look_ups.look_up(
                asked=look_ups.Asked(
                    number=form.cleaned_data["number"],
                    case=form.cleaned_data["case"],
                    reason=LookReason(reason) if reason else None,
                    reference=form.cleaned_data["reference"],
                    hidden_until=form.cleaned_data["hidden_until"],
                ),
                actor=self.actor,
                now=self.now,
            )
        except look_ups.LookRefused as refused:
            field = None if refused.field == "__all__" else refused.field
            form.add_error(field, str(refused.message))
            return self.show(form, UNPROCESSABLE)
        except court_orders.DayRefused as refused:
            form.add_error("hidden_until", str(refused.message))
            return self.show(form, UNPROCESSABLE)
        except approvals.ApprovalRefused as refused:
            form.add_error(None, str(refused.message))
            return self.show(form, UNPROCESSABLE)
        if reason == LookReason.COURT_ORDER:
            messages.success(request, _("A supervisor decides. Nothing is shown before."))
            return SeeOther(reverse("accounts:look_up"))
        return SeeOther(_address(made.public_id))

    def show(self, form: LookUpForm, status: int = 200) -> HttpResponse:
        """The page."""
        account = self.here.account
        return self.page(
            "look_up",
            status,
            form=form,
            looks=pages.looks_of(account.pk, now=self.now),
            most=policy.LOOKS_AN_HOUR,
            orders=pages.list_orders(account, office_id=self.post_at.office.pk, now=self.now),
            minutes=policy.LOOK_MASKED_AFTER.seconds // 60,
        )


class LookView(CounterView):
    """A page or action of the officer's own look; a stranger's and none at all are alike."""

    look: Any

    def admit(self, session: Any) -> None:
        """Load the look once it is known that the officer may work here.

        Raises:
            Http404: it is not theirs.
        """
        super().admit(session)
        self.look = pages.find_look(
            session.account,
            office_id=self.post_at.office.pk,
            public_id=self.kwargs["public_id"],
        )
        if self.look is None:
            raise Http404

    def show(self, form: UnmaskForm | None = None, status: int = 200) -> HttpResponse:
        """What the look shows now; once it is over, that it is."""
        found = pages.found(self.look, now=self.now)
        if found is None:
            return self.page("look_up_over", 200, look=self.look)
        masked = [item for item in found.items if item.known and not item.shown]
        response = self.page(
            "look_up_result",
            status,
            found=found,
            masked={item.code.value: item.value for item in masked},
            form=form or UnmaskForm(masked=[item.code for item in masked]),
            labels=dict(LookField.choices),
        )
        # The page masks itself, also where no script runs.
        left = found.look.masked_at - self.now
        response["Refresh"] = str(int(left.total_seconds()) + 1)
        return response


class LookResult(LookView):
    """The person, masked where nothing more was asked for."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show()

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Ask for more."""
        form = UnmaskForm(request.POST, masked=list(LookField))
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            look_ups.unmask(
                look=self.look,
                fields=form.chosen(),
                need=form.cleaned_data["need"],
                actor=self.actor,
                now=self.now,
            )
        except look_ups.MaskedAgain as refused:
            messages.warning(request, str(refused.message))
        return SeeOther(_address(public_id))


class MaskLook(LookView):
    """Mask everything at once."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button's address shows the look."""
        return SeeOther(_address(public_id))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Mask, and back to the form."""
        look_ups.mask(look=self.look, now=self.now)
        messages.success(request, _("Everything is masked again."))
        return SeeOther(reverse("accounts:look_up"))


class OpenOrder(CounterView):
    """Take a look by court order that a supervisor agreed to."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The button stands on the page of look-ups."""
        return SeeOther(reverse("accounts:look_up"))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Look, once.

        Raises:
            Http404: it is not theirs.
        """
        approval = pages.find_order(
            self.here.account, office_id=self.post_at.office.pk, public_id=public_id
        )
        if approval is None:
            raise Http404
        try:
            look = look_ups.open_approved(approval=approval, actor=self.actor, now=self.now)
        except look_ups.LookRefused as refused:
            messages.warning(request, str(refused.message))
            return SeeOther(reverse("accounts:look_up"))
        return SeeOther(_address(look.public_id))


def _address(public_id: str) -> str:
    return reverse("accounts:look_up_result", args=[public_id])
