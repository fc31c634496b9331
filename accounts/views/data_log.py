"""The data log: who saw or changed what of mine, and why; the proof of each entry."""

import json
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.forms.data import LogForm
from accounts.selectors import data_log as log
from accounts.views.access import CitizenView, PublicView, SeeOther
from eid_portal.core import audit_proof_files, audit_proofs, clock

PATH: Final = "/account/data-log/"
CHOICES: Final = {
    log.Choice.ALL: _("All"),
    log.Choice.STAFF: _("Officers and administrators"),
    log.Choice.SYSTEMS: _("Automatic systems"),
    log.Choice.SIGN_INS: _("My sign-ins"),
    log.Choice.CHANGES: _("Changes"),
}
SEALED_WITHIN: Final = timedelta(seconds=60)
UNPROCESSABLE: Final = 422
CONFLICT: Final = 409


class DataLog(CitizenView):
    """The log, by day. What is searched for never stands in an address: it is posted."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the log."""
        wanted = self.wanted(request.GET)
        form = LogForm(initial={"day": wanted.day})
        return self.page(wanted, form, opened="details" in request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Search the words; a day alone is a page like any other."""
        form = LogForm(request.POST)
        wanted = self.wanted(request.POST)
        if not form.is_valid():
            return self.page(wanted, form, status=UNPROCESSABLE)
        words, day = form.cleaned_data["words"], form.cleaned_data["day"]
        if not words:
            return SeeOther(f"{PATH}?{address(wanted.choice, day)}")
        asked = log.Asked(choice=wanted.choice, words=words, day=day, before=wanted.before)
        return self.page(asked, form)

    def wanted(self, values: Any) -> log.Asked:
        """What the address says; what it cannot mean is as if it were not there."""
        return log.Asked(
            choice=next((one for one in log.Choice if one == values.get("show")), log.Choice.ALL),
            day=_day(values.get("day", "")),
            before=_key(values.get("before", "")),
        )

    def page(
        self, asked: log.Asked, form: LogForm, *, status: int = 200, opened: bool = False
    ) -> HttpResponse:
        """Draw it."""
        account = self.here.account
        found = log.read(citizen_id=account.citizen_id, asked=asked, now=self.now)
        here = address(asked.choice, asked.day)
        context = {
            "display_name": account.citizen.full_name,
            "counts": log.count(citizen_id=account.citizen_id, now=self.now),
            "choices": [
                (f"{PATH}?{address(one, asked.day)}", label, one == asked.choice)
                for one, label in CHOICES.items()
            ],
            "asked": asked,
            "found": found,
            "older": f"{PATH}?{here}&{urlencode({'before': found.older})}" if found.older else "",
            "newest": f"{PATH}?{address(asked.choice, None)}" if asked.before or asked.day else "",
            "with_details": f"{PATH}?{here}&details=1{_before(asked)}",
            "opened": opened,
            "today": clock.today(self.now),
            "form": form,
        }
        return render(self.request, "accounts/account/data_log.html", context, status=status)


class ProofOfEntry(CitizenView):
    """A file that shows, without the portal, that an entry stands in the sealed audit."""

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        """The file, or when to come back for it.

        Raises:
            Http404: it is no entry of this person's log.
        """
        account = self.here.account
        event = log.find_event(citizen_id=account.citizen_id, event_id=event_id, now=self.now)
        if event is None:
            raise Http404
        try:
            proof = audit_proof_files.document_of(event.pk)
        except audit_proofs.NotSealedYet:
            ready = max(event.recorded_at + SEALED_WITHIN, self.now + timedelta(seconds=5))
            context = {"display_name": account.citizen.full_name, "ready": ready}
            answer = render(
                request, "accounts/account/data_log_waits.html", context, status=CONFLICT
            )
            answer["Retry-After"] = str(int((ready - self.now).total_seconds()))
            return answer
        return _download(proof, f"eid-proof-{event.pk}.json")


class AuditKeys(PublicView):
    """The public keys that blocks are signed with, and those of the time-stamp service."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """``{"signing": {id: base64}, "timestamp": {id: base64}}``."""
        return _download(audit_proof_files.public_keys(), "eid-audit-keys.json")


def address(choice: log.Choice, day: date | None) -> str:
    """The part of an address that says what is shown."""
    return urlencode({"show": choice.value} | ({"day": day.isoformat()} if day else {}))


def _download(content: dict[str, Any], name: str) -> HttpResponse:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    answer = HttpResponse(f"{text}\n", content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _before(asked: log.Asked) -> str:
    return f"&before={asked.before}" if asked.before else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
