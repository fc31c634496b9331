"""The counter: one box, a case with three columns, a slip. Keyboard only, and without JavaScript."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import policy
from accounts.enums import DataPage
from accounts.forms.counter import ChipForm, IssueForm, PhoneCodeForm, PhoneForm, ScanForm
from accounts.selectors import counter as pages
from accounts.selectors import locks
from accounts.services import (
    codes,
    counter,
    counter_chip,
    counter_issue,
    counter_phone,
    looking,
    slips,
)
from accounts.services.counter import CounterRefused
from accounts.views import counter_words as words
from accounts.views.access import COUNTER, OfficerView, SeeOther
from eid_portal.core.drawing import qr_code

UNPROCESSABLE = 422


class CounterView(OfficerView):
    """What every page of the counter shows."""

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """A page in the officers' look."""
        office = self.post_at.office
        context |= {
            "officer": True,
            "brand": office.name if get_language() == "vi" else office.name_en,
            "brand_sub": _("Counter %(code)s") % {"code": office.code},
            "display_name": pages.officer_name(self.here.account),
            "supervises": pages.supervises(self.post_at.roles),
            "on_the_road": self.on_the_road,
            "on_cases": self.on_cases,
            "words": words,
            "idle_seconds": int(policy.OFFICER_IDLE.total_seconds()),
        }
        return render(self.request, f"accounts/counter/{template}.html", context, status=status)


class Counter(CounterView):
    """The one box, and today's cases."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The officers' first page: who works on the road or at a desk alone goes on to theirs.

        Raises:
            PermissionDenied: the officer has no post at all.
        """
        try:
            return super().dispatch(request, *args, **kwargs)
        except PermissionDenied:
            if request.method != "GET" or self.works_at in {"", COUNTER}:
                raise
            return SeeOther(self.works_at)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The empty box, with the cursor in it."""
        return self.show(ScanForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Read the card, ask the register, go to the case."""
        form = ScanForm(request.POST)
        if not form.is_valid():
            return self.show(form, UNPROCESSABLE)
        try:
            case = counter.start(reading=form.cleaned_data["card"], actor=self.actor, now=self.now)
        except CounterRefused as refused:
            form.add_error("card", refused.message)
            return self.show(form, UNPROCESSABLE)
        return HttpResponseRedirect(_address(case.public_id))

    def show(self, form: ScanForm, status: int = 200) -> HttpResponse:
        """The page with a form."""
        lines = pages.list_cases_today(
            self.here.account, office_id=self.post_at.office.pk, now=self.now
        )
        times = [line.seconds for line in lines if line.seconds is not None]
        return self.page(
            "home",
            status,
            form=form,
            lines=lines,
            issued=len(times),
            usual=sum(times) // len(times) if times else None,
        )


class CaseView(CounterView):
    """A page or action of the officer's own case; a stranger's and none at all look alike."""

    case: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Remember which case."""
        super().setup(request, *args, **kwargs)
        self.public_id: str = kwargs["public_id"]

    def admit(self, session: Any) -> None:
        """Load the case once it is known that the officer may work here.

        Raises:
            Http404: it is not theirs.
        """
        super().admit(session)
        self.case = pages.find_case(
            session.account, office_id=self.post_at.office.pk, public_id=self.public_id
        )
        if self.case is None:
            raise Http404

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Actions are buttons; their address shows the case."""
        return HttpResponseRedirect(_address(public_id))

    def back(self) -> HttpResponse:
        """To the case, by GET."""
        return HttpResponseRedirect(_address(self.public_id))

    def show(self, status: int = 200, **forms: Any) -> HttpResponse:
        """The case's page, with the form that has errors, if any; of one that ended long ago, its state."""
        if not pages.shows_data(self.case, now=self.now):
            return self.page("case_ended", status, case=self.case)
        looking.see_case(case=self.case, page=DataPage.CASE, actor=self.actor, now=self.now)
        facts = pages.case_page(self.case, now=self.now)
        order = locks.order_of(facts.account) if facts.account else None
        if order is not None:
            looking.see_lock_order(order=order, actor=self.actor, now=self.now, at_counter=True)
        failed = next((form for form in forms.values() if form.errors), None)
        checks = [(check.value, words.CHECKS[check]) for check in facts.checks]
        issue_form = forms.get("issue_form") or IssueForm(
            checks=checks, asks_level=facts.asks_level, initial={"checks": self.case.checks}
        )
        return self.page(
            "case",
            status,
            case=self.case,
            facts=facts,
            order=order,
            form=failed,
            tasks=[
                (task, reverse(f"accounts:counter_task_{task.lower()}", args=[self.public_id]))
                for task in pages.tasks_of(self.case, facts, now=self.now)
            ],
            findings=words.explain(self.case.findings),
            phone_form=forms.get("phone_form") or PhoneForm(initial={"phone": ""}),
            code_form=forms.get("code_form") or PhoneCodeForm(),
            chip_form=forms.get("chip_form") or ChipForm(),
            issue_form=issue_form,
        )

    def refused(self, refused: CounterRefused | slips.SlipRefused) -> HttpResponse:
        """Say why not, and show where the case stands."""
        messages.warning(self.request, str(refused.message))
        return self.back()


class Case(CaseView):
    """Card, register and what we hold side by side."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        return self.show()


class AskRegister(CaseView):
    """Ask the register again."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Ask, and show what it said."""
        try:
            counter.ask_register(case=self.case, actor=self.actor, now=self.now)
        except CounterRefused as refused:
            return self.refused(refused)
        return self.back()


class SendPhoneCode(CaseView):
    """Send a code to the citizen's phone."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Send, or say why this phone cannot be the citizen's."""
        form = PhoneForm(request.POST)
        if not form.is_valid():
            return self.show(UNPROCESSABLE, phone_form=form)
        try:
            counter_phone.send_phone_code(
                case=self.case, phone=form.cleaned_data["phone"], actor=self.actor, now=self.now
            )
        except (counter_phone.PhoneRefused, codes.CodeRefused) as refused:
            form.add_error("phone", str(refused.message))
            self.case.refresh_from_db()
            return self.show(UNPROCESSABLE, phone_form=form)
        except CounterRefused as refused:
            return self.refused(refused)
        return self.back()


class ConfirmPhone(CaseView):
    """Type in what the citizen reads out."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Check the code."""
        form = PhoneCodeForm(request.POST)
        if not form.is_valid():
            return self.show(UNPROCESSABLE, code_form=form)
        try:
            counter_phone.confirm_phone(
                case=self.case, code=form.cleaned_data["code"], actor=self.actor, now=self.now
            )
        except codes.CodeRefused as refused:
            form.add_error("code", str(refused.message))
            return self.show(UNPROCESSABLE, code_form=form)
        except CounterRefused as refused:
            return self.refused(refused)
        return self.back()


class ChangePhone(CaseView):
    """Another phone instead."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Forget the one named before."""
        try:
            counter_phone.forget_phone(case=self.case, now=self.now)
        except CounterRefused as refused:
            return self.refused(refused)
        return self.back()


class IssueAccount(CaseView):
    """Issue the account; the slip is the answer to the POST and stands nowhere else."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Issue and show the slip, or put the case before a supervisor."""
        facts = pages.case_page(self.case, now=self.now)
        checks = [(check.value, words.CHECKS[check]) for check in facts.checks]
        form = IssueForm(request.POST, checks=checks, asks_level=facts.asks_level)
        if not form.is_valid():
            return self.show(UNPROCESSABLE, issue_form=form)
        try:
            done = counter_issue.issue(
                case=self.case,
                checks=form.cleaned_data["checks"],
                level_2_requested=form.cleaned_data.get("level_2", False),
                no_phone="no_phone" in request.POST,
                actor=self.actor,
                now=self.now,
            )
        except (counter_issue.MissingChecks, counter_issue.PhoneNeeded) as refused:
            form.add_error("checks", str(refused.message))
            return self.show(UNPROCESSABLE, issue_form=form)
        except CounterRefused as refused:
            return self.refused(refused)
        if isinstance(done, counter_issue.Waiting):
            return self.back()
        return self.slip(done)

    def slip(self, done: counter_issue.Done) -> HttpResponse:
        """The printed sheet, or the case when an active account needs none."""
        if done.slip is None:
            messages.success(
                self.request, _("The account has the new card. No slip is needed: it is active.")
            )
            return self.back()
        return self.page(
            "slip",
            case=self.case,
            facts=pages.slip_facts(done.account, case=self.case),
            slip=done.slip,
            code=f"{done.code[:4]}-{done.code[4:]}",
            qr=qr_code(f"{settings.PORTAL_URL}/activate/", border=0),
            print_at_once=True,
        )  # fmt: skip


class PrintSlip(IssueAccount):
    """Print a slip again; the code printed before opens nothing any more."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Make a new code and show it once."""
        try:
            done = counter_issue.print_again(case=self.case, actor=self.actor, now=self.now)
        except (CounterRefused, slips.SlipRefused) as refused:
            return self.refused(refused)
        return self.slip(done)


class LeaveCase(CaseView):
    """Leave an open case."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Back to the box."""
        try:
            counter.abandon(case=self.case, actor=self.actor, now=self.now)
        except CounterRefused as refused:
            return self.refused(refused)
        return HttpResponseRedirect(reverse("accounts:counter"))


class ReadChip(CaseView):
    """The desk's reader, or the officer, sends the chip's files."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Check them."""
        form = ChipForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(UNPROCESSABLE, chip_form=form)
        try:
            counter_chip.read_chip(
                case=self.case, files=form.cleaned_data["chip"], actor=self.actor, now=self.now
            )
        except CounterRefused as refused:
            return self.refused(refused)
        return self.back()


class ChipFace(CounterView):
    """The face in the chip; kept by nobody on the way."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The picture."""
        found = pages.find_chip_face(
            self.here.account, office_id=self.post_at.office.pk, public_id=public_id, now=self.now
        )
        if found is None:
            raise Http404
        looking.see_case(case=found.case, page=DataPage.PHOTO, actor=self.actor, now=self.now)
        return HttpResponse(found.image, content_type=found.media_type)


class CasePhoto(CounterView):
    """The register's photo, for who serves the person or decides about the case; kept by nobody on the way."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The picture."""
        found = pages.find_portrait(
            self.here.account, office_id=self.post_at.office.pk, public_id=public_id, now=self.now
        )
        if found is None:
            raise Http404
        looking.see_case(case=found.case, page=DataPage.PHOTO, actor=self.actor, now=self.now)
        return HttpResponse(found.image, content_type=found.media_type)


def _address(public_id: str) -> str:
    return reverse("accounts:case", args=[public_id])
