"""Wards, messages, the data log, and what one asks about one's data."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from rest_framework.response import Response

from accounts.api.account import answers, bodies
from accounts.api.account.operations import CitizenOperation, language, operation
from accounts.enums import DataRequestKind, DataSubject, GuardianshipBasis
from accounts.selectors import data_log as log
from accounts.selectors import messages as inbox
from accounts.selectors import rights, supervision
from accounts.selectors import wards as ward_selectors
from accounts.services import (
    assurance,
    consents,
    data_requests,
    exports,
    guardianships,
    inspections,
    notices,
)
from eid_portal.core import audit_proof_files, audit_proofs, ids

_WARD = (
    assurance.StepUpNeeded,
    guardianships.WardGrown,
    guardianships.NoSuchWard,
    guardianships.NoGuardian,
)


# --- Wards ----------------------------------------------------------------------------------------
class Wards(CitizenOperation):
    """Whom one acts for."""

    @operation("list_wards", "Whom one acts for, and who acts for one.", gives=answers.WardsAnswer)
    def get(self, request: Any) -> Response:
        """Both lists."""
        account = self.here.account
        found = {
            "wards": ward_selectors.list_wards(account, now=self.now),
            "guardians": ward_selectors.list_guardians(account, now=self.now),
        }
        return self.give(found)

    @operation(
        "add_ward",
        "Name a child or ward; a counter confirms it. Nobody to be found is answered alike, whatever the reason.",
        guardianships.NoGuardian,
        guardianships.TooManyClaims,
        guardianships.NoSuchWard,
        takes=bodies.WardBody,
        gives=answers.ClaimAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any) -> Response:
        """Claim the guardianship."""
        sent = self.read()
        claimed = guardianships.claim(
            session=self.here,
            number=sent["number"],
            birth_date=sent["birth_date"],
            basis=GuardianshipBasis(sent["basis"]),
            document=sent["document"],
            until=sent["until"],
            now=self.now,
        )
        return self.give(claimed)


class Ward(CitizenOperation):
    """A ward."""

    @operation(
        "ward",
        "A ward's card, account and last events; that it was opened is recorded.",
        *_WARD,
        gives=answers.WardAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """Open it."""
        ward = guardianships.open_ward(session=self.here, public_id=public_id, now=self.now)
        page = ward_selectors.ward_page(self.here.account, ward, now=self.now)
        return self.give({"ward": ward, "page": page})


class LockWard(CitizenOperation):
    """A ward's account."""

    @operation("lock_ward", "Lock the ward's account.", *_WARD, guardianships.NothingToLock)
    def post(self, request: Any, public_id: str) -> Response:
        """Lock it."""
        guardianships.lock_account(session=self.here, public_id=public_id, now=self.now)
        return self.nothing()


# --- Messages -------------------------------------------------------------------------------------
class Messages(CitizenOperation):
    """The inbox."""

    query = {
        "show": "all, unread, security or other",
        "before": "the page after this message",
    }

    @operation(
        "list_messages",
        "A page of the inbox, with how each message went out. Looking marks nothing as read.",
        gives=answers.InboxAnswer,
    )
    def get(self, request: Any) -> Response:
        """The page."""
        wanted = request.query_params.get("show", "")
        show = inbox.Show(wanted) if wanted in inbox.Show.values else inbox.Show.ALL
        before = request.query_params.get("before", "")
        page = inbox.read_inbox(self.here.account, show=show, before=before)
        found = {
            "messages": [message for day in page.days for message in day.messages],
            "unread": page.unread,
            "next": page.older or None,
        }
        return self.give(found)


class MarkRead(CitizenOperation):
    """Messages were read."""

    @operation("mark_messages_read", "Mark messages as read.", takes=bodies.ReadBody)
    def post(self, request: Any) -> Response:
        """Mark them."""
        notices.mark_read(account=self.here.account, public_ids=self.read()["ids"], now=self.now)
        return self.nothing()


# --- The data log ---------------------------------------------------------------------------------
def _page(view: CitizenOperation, asked: log.Asked) -> Response:
    page = log.read(citizen_id=view.here.account.citizen_id, asked=asked, now=view.now)
    found = {
        "entries": [entry for day in page.days for entry in day.entries],
        "next": page.older,
        "read_until": page.read_until,
    }
    return view.give(found)


class DataLog(CitizenOperation):
    """Every look and every change."""

    query = {
        "show": "all, staff, systems, sign-ins or changes",
        "before": "the page after this entry",
    }

    @operation(
        "data_log",
        "A page of the log: who saw or changed what, and why.",
        gives=answers.LogAnswer,
    )
    def get(self, request: Any) -> Response:
        """The page; what an address cannot mean is as if it were not there."""
        values = request.query_params
        show = next((one for one in log.Choice if one == values.get("show")), log.Choice.ALL)
        return _page(self, log.Asked(choice=show, before=_key(values.get("before", ""))))


class SearchLog(CitizenOperation):
    """Words in the log."""

    @operation(
        "search_data_log",
        "Look for words in the log, from a day on into the past.",
        takes=bodies.SearchBody,
        gives=answers.LogAnswer,
    )
    def post(self, request: Any) -> Response:
        """Search."""
        sent = self.read()
        asked = log.Asked(
            choice=log.Choice(sent["show"]),
            words=sent["words"],
            day=sent["day"],
            before=sent["before"],
        )
        return _page(self, asked)


class Entry(CitizenOperation):
    """An entry."""

    @operation("entry", "One entry of the log.", Http404, gives=answers.EntryAnswer)
    def get(self, request: Any, event_id: UUID) -> Response:
        """It, in words."""
        found = log.find_entry(
            citizen_id=self.here.account.citizen_id, event_id=event_id, now=self.now
        )
        if found is None:
            raise Http404
        return self.give(found)


class Proof(CitizenOperation):
    """The proof of an entry."""

    @operation(
        "proof_of_entry",
        "A file that shows, without the portal, that the entry stands in the sealed audit.",
        Http404,
        audit_proofs.NotSealedYet,
        gives={"type": "object", "additionalProperties": {}},
    )
    def get(self, request: Any, event_id: UUID) -> Response:
        """The file."""
        event = log.find_event(
            citizen_id=self.here.account.citizen_id, event_id=event_id, now=self.now
        )
        if event is None:
            raise Http404
        return self.give(audit_proof_files.document_of(event.pk))


class Question(CitizenOperation):
    """A look was not expected."""

    @operation(
        "ask_about_look",
        "Ask the office about a look; the answer comes in plain words, by a day.",
        inspections.NoSuchLook,
        inspections.AskedAlready,
        takes=bodies.QuestionBody,
        gives=answers.InspectionAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, event_id: UUID) -> Response:
        """Ask."""
        asked = inspections.open_from_citizen(
            account=self.here.account,
            event_id=event_id,
            question=self.read()["question"],
            now=self.now,
        )
        return self.give(asked)


class Questions(CitizenOperation):
    """What was asked."""

    @operation("list_questions", "What was asked, and the answers.", gives=answers.QuestionsAnswer)
    def get(self, request: Any) -> Response:
        """The list."""
        found = supervision.list_questions(self.here.account, now=self.now)
        return self.give({"questions": found})


# --- Consents, requests, copies -------------------------------------------------------------------
class Consents(CitizenOperation):
    """Uses of data one agreed to."""

    @operation("list_consents", "Uses of data one agreed to.", gives=answers.ConsentsAnswer)
    def get(self, request: Any) -> Response:
        """All of them."""
        found = rights.list_consents(self.here.account.citizen_id)
        return self.give({"consents": [line.row for lines in found.values() for line in lines]})


class WithdrawConsent(CitizenOperation):
    """A use ends."""

    @operation(
        "withdraw_consent",
        "End a use of data; nothing is given from now on.",
        Http404,
        gives=answers.ConsentAnswer,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Withdraw."""
        consent = consents.withdraw(
            citizen_id=self.here.account.citizen_id,
            public_id=public_id,
            actor=self.actor,
            now=self.now,
        )
        if consent is None:
            raise Http404
        return self.give(consent)


class DataRequests(CitizenOperation):
    """Requests about one's data."""

    @operation(
        "list_data_requests",
        "One's requests: what waits first, then the newest 50.",
        gives=answers.DataRequestsAnswer,
    )
    def get(self, request: Any) -> Response:
        """The list."""
        return self.give({"requests": rights.list_requests(self.here.account)})

    @operation(
        "make_data_request",
        "Ask to correct, restrict or delete data, or object to a use of it.",
        data_requests.TooManyOpen,
        takes=bodies.RequestBody,
        gives=answers.DataRequestAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any) -> Response:
        """Make it."""
        sent = self.read()
        made = data_requests.make(
            account=self.here.account,
            form_id=sent["form_id"] or ids.public_id(),
            kind=DataRequestKind(sent["kind"]),
            subject=DataSubject(sent["subject"]),
            question=sent["question"],
            actor=self.actor,
            now=self.now,
        )
        return self.give(made)


class DataRequest(CitizenOperation):
    """A request."""

    @operation(
        "data_request", "How far a request has come.", Http404, gives=answers.DataRequestAnswer
    )
    def get(self, request: Any, public_id: str) -> Response:
        """It."""
        row = rights.find_request(self.here.account, public_id=public_id)
        if row is None:
            raise Http404
        return self.give(row)


class Exports(CitizenOperation):
    """Copies of one's data."""

    @operation(
        "list_exports",
        "The copy that is being made, and the one that can be fetched.",
        gives=answers.ExportsAnswer,
    )
    def get(self, request: Any) -> Response:
        """Both."""
        return self.give(rights.find_copies(self.here.account, now=self.now))

    @operation(
        "ask_for_export",
        "Ask for a copy of all data; it is made in the background.",
        assurance.StepUpNeeded,
        exports.TooManyCopies,
        gives=answers.ExportAnswer,
        status=HTTPStatus.ACCEPTED,
    )
    def post(self, request: Any) -> Response:
        """Order it."""
        row = exports.ask(session=self.here, language=language(), actor=self.actor, now=self.now)
        return self.give(row)


class FetchExport(CitizenOperation):
    """A file of a copy."""

    @operation(
        "fetch_export",
        "One of the files of a copy. It is a POST, because it is told in the log.",
        Http404,
        assurance.StepUpNeeded,
        takes=bodies.FetchBody,
        gives={},
        media_types=("application/json", "application/pdf"),
        status=HTTPStatus.OK,
    )
    def post(self, request: Any, public_id: str) -> HttpResponse:
        """The file."""
        file = exports.fetch(
            session=self.here,
            public_id=public_id,
            kind=self.read()["kind"],
            actor=self.actor,
            now=self.now,
        )
        if file is None:
            raise Http404
        answer = HttpResponse(file.content, content_type=file.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
        return answer


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
