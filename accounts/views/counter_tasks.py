"""What a counter does beside issuing: one page a task, from the case."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.enums import AuthenticatorKind, CaseState, CaseTask, GuardianshipState
from accounts.forms.counter import TaskForm
from accounts.rules import locks
from accounts.selectors import counter as pages
from accounts.services import (
    counter_issue,
    counter_tasks,
    guardianship_records,
    locking,
    looking,
)
from accounts.services.counter import CounterRefused
from accounts.views import counter_words as words
from accounts.views.counter import UNPROCESSABLE, CaseView
from eid_portal.core.drawing import qr_code


class Task(CaseView):
    """A task of a case: what it does, what to check, what it is about."""

    task = CaseTask.LOCK  # each address has its own

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The page."""
        initial = {"checks": self.case.checks, "choice": self.case.task_data.get("choice")}
        form = self.form(initial=initial)
        return self.draw(form) if form else self.back()

    def post(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """Do it, or put it before a supervisor."""
        form = self.form(request.POST)
        if form is None:
            return self.back()
        if not form.is_valid():
            return self.draw(form, UNPROCESSABLE)
        try:
            done = counter_tasks.perform(
                case=self.case,
                task=self.task,
                checks=form.cleaned_data["checks"],
                choice=form.cleaned_data.get("choice", ""),
                actor=self.actor,
                now=self.now,
            )
        except counter_issue.MissingChecks as refused:
            form.add_error("checks", str(refused.message))
            return self.draw(form, UNPROCESSABLE)
        except (
            CounterRefused,
            guardianship_records.GuardianshipUnable,
            locking.LockingRefused,
        ) as refused:
            messages.warning(request, str(refused.message))
            return self.back()
        if isinstance(done, counter_tasks.Waiting):
            return self.back()
        if done.slip is None:
            messages.success(request, _("Done. The citizen was told."))
            return self.back()
        return self.page(
            "slip",
            case=self.case,
            facts=pages.slip_facts(done.account, case=self.case),
            slip=done.slip,
            code=f"{done.code[:4]}-{done.code[4:]}",
            qr=qr_code(f"{settings.PORTAL_URL}/activate/", border=0),
            print_at_once=True,
        )

    def form(self, *args: Any, **kwargs: Any) -> TaskForm | None:
        """The form of the task; None if it makes no sense for the account any more."""
        facts = pages.case_page(self.case, now=self.now)
        if facts.account is None or self.case.state not in {CaseState.OPEN, CaseState.APPROVED}:
            return None
        about = pages.task_facts(facts.account, now=self.now)
        if self.task not in about.tasks:
            return None
        asked = pages.task_checks(facts, self.task)
        checks = [(check.value, words.CHECKS[check]) for check in asked]
        return TaskForm(
            *args,
            checks=checks,
            choices=_choices(self.task, about),
            question=_("Why is it locked? Ask the person") if self.task == CaseTask.LOCK else "",
            **kwargs,
        )

    def draw(self, form: TaskForm, status: int = 200) -> HttpResponse:
        """The page with a form."""
        looking.see_task(case=self.case, task=self.task, actor=self.actor, now=self.now)
        facts = pages.case_page(self.case, now=self.now)
        return self.page("task", status, case=self.case, facts=facts, task=self.task, form=form)


def _choices(task: CaseTask, about: pages.TaskFacts) -> list[tuple[str, str]]:
    if task == CaseTask.REMOVAL:
        return [(str(row.pk), _name(row)) for row in about.removable]
    if task == CaseTask.LOCK:
        return [(reason.value, str(reason.label)) for reason in locks.CHOSEN_AT_COUNTER]
    if task != CaseTask.GUARDIANSHIP:
        return []
    return [
        (
            f"{decision}:{row.public_id}",
            str(text) % {"guardian": row.guardian.full_name, "ward": row.ward.full_name},
        )
        for row in about.guardianships
        for decision, text in _decisions(row.state)
    ]


def _decisions(state: str) -> list[tuple[str, str]]:
    """What an officer can decide about a guardianship as it stands."""
    if state == GuardianshipState.ACTIVE:
        return [("end", _("End by a decision: %(guardian)s no longer acts for %(ward)s"))]
    return [
        ("confirm", _("Confirm: %(guardian)s acts for %(ward)s")),
        ("refuse", _("Do not confirm: %(guardian)s for %(ward)s")),
    ]


def _name(row: Any) -> str:
    kind = str(AuthenticatorKind(row.kind).label)
    return f"{kind}: {row.label}" if row.label else kind
