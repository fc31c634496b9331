"""Who files and who decides in the tests of procedures, and applications that were filed."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction

from accounts.enums import RelationKind, Role
from accounts.models import Account, Citizen, Office, Portrait, Relation
from accounts.services import residence, sessions
from accounts.services.sessions import Session
from documents.enums import DocumentState, PaperStatus
from documents.gateways.social_insurance import HEALTH_CARD
from documents.gateways.traffic_police import LICENCE
from documents.models import Document as Paper
from documents.models.papers import NUMBER
from eid_portal.core import clock, ids, sealed
from eid_portal.core.events import SYSTEM
from procedures.enums import Agency, Capacity, Scan
from procedures.models import Application, Attachment, Desk, Draft
from procedures.rules import answers, documents, values
from procedures.services import drafts, filing, lifecycle, publishing
from procedures.services.drafts import Form
from tests import factories
from tests.procedures import filling

SINCE: Final = date(2025, 7, 1)


def session_of(account: Account, office: Office | None = None) -> Session:
    """A session that began now."""
    key, _device, _new = sessions.start(
        account=account, device_token=None, device_label="", amr=("pwd", "otp"), address="203.0.113.9",
        office_id=office.pk if office else None, now=clock.now(),
    )  # fmt: skip
    found = sessions.find(key, now=clock.now())
    assert found is not None
    return found


def make_person(serial: int = 15, **columns: Any) -> Account:
    """A citizen with an account, a card, a portrait, a phone and a home."""
    account = factories.make_account(factories.make_citizen(serial, **columns))
    factories.make_card(account.citizen)
    factories.make_phone(account, f"+849120000{serial:02d}")
    Portrait.objects.create(
        citizen=account.citizen, image=b"\xff\xd8\xff", media_type="image/jpeg", received_at=clock.now()
    )  # fmt: skip
    return account


def make_papers(citizen: Citizen) -> None:
    """A verified licence and health card."""
    today = clock.today()
    classes = [{"code": "B1", "passed_on": "2018-05-04", "valid_until": f"{today.year + 1}-05-04"}]
    _make_paper(
        citizen, LICENCE, "790123456767", {"classes": classes, "points": 12, "old_form": True}
    )
    _make_paper(citizen, HEALTH_CARD, "DN4790123456789", {})


def _make_paper(citizen: Citizen, kind: str, number: str, values: dict[str, Any]) -> Paper:
    now = clock.now()
    paper = {
        "kind": kind, "number": number, "holder_name": citizen.full_name,
        "holder_birth_date": citizen.birth_date.isoformat(), "holder_number": citizen.personal_number,
        "status": PaperStatus.VALID.value, "issued_on": "2018-05-10", "expires_on": None,
        "issuer": "Mẫu", "values": values,
    }  # fmt: skip
    return Paper.objects.create(
        state=DocumentState.VERIFIED, citizen=citizen, kind=kind, registry="sample", number=number,
        number_index=sealed.blind_index(NUMBER, number), paper=paper, since=now, linked_at=now,
        linked_by=Account.objects.get(citizen=citizen),
        verified_at=now, checked_at=now, next_check_at=now,
    )  # fmt: skip


def make_head(citizen: Citizen, serial: int = 18) -> Citizen:
    """The head of somebody's household."""
    head = factories.make_citizen(serial, full_name="Mẫu Văn Chủ")
    Relation.objects.create(citizen=citizen, other=head, kind=RelationKind.HOUSEHOLD_HEAD)
    return head


def make_stay(citizen: Citizen) -> None:
    """A temporary residence that ends soon, at a place of somebody else."""
    residence.register_stay(
        citizen_id=citizen.pk, address=filling.AWAY, until=clock.today() + timedelta(days=20),
        owner=filling.OWNER, actor=SYSTEM, now=clock.now(),
    )  # fmt: skip


def make_desks(office: Office | None = None) -> dict[str, Desk]:
    """One desk for the whole country of every agency, by its code, at one office."""
    office = office or factories.make_office("HS-01")
    return {
        agency.value: Desk.objects.get_or_create(
            agency=agency,
            province=None,
            commune="",
            defaults={"office": office, "valid_from": SINCE},
        )[0]
        for agency in Agency
    }


def make_officer(office: Office, serial: int = 60, *, role: Role = Role.CASE) -> Account:
    """An officer of a desk."""
    officer = factories.make_staff(serial)
    factories.make_role(officer, office, role)
    return officer


def publish_shipped() -> None:
    """The procedures that come with the portal, in force."""
    publishing.publish_shipped(actor=SYSTEM, now=clock.now())


def publish_anew(code: str, **parts: Any) -> None:
    """A revision of a shipped procedure that is another in these parts, in force."""
    text = json.dumps({**documents.shipped()[code].data, **parts}, ensure_ascii=False)
    row = publishing.draft(text, documents.read(text), now=clock.now())
    publishing.publish(row, actor=SYSTEM, now=clock.now())


def make_file(account: Account, citizen: Citizen | None = None) -> Attachment:
    """A file that somebody sent."""
    return Attachment.objects.create(
        citizen=citizen or account.citizen, uploaded_by=account, content_hash=sealed.keyed_hash("t", ids.token()),
        name="mẫu.jpg", media_type="image/jpeg", size=3, content=b"\xff\xd8\xff", scan=Scan.NONE,
        uploaded_at=clock.now(),
    )  # fmt: skip


@dataclass
class Filer:
    """Somebody who files, and what they press."""

    account: Account

    @property
    def session(self) -> Session:
        return session_of(self.account)

    def begin(self, code: str) -> Draft:
        draft, _resumed = drafts.begin(
            session=self.session, code=code, capacity=Capacity.SELF, person="", now=clock.now()
        )
        return draft

    def open(self, draft: Draft) -> Form:
        return drafts.open_form(session=self.session, public_id=draft.public_id, now=clock.now())

    def fill(self, draft: Draft, **given: Any) -> Form:
        """The draft with answers that can be filed."""
        form = self.open(draft)
        if any(each.kind == "file" for each in form.document.fields):
            make_file(self.account, draft.citizen)
            form = self.open(draft)
        found = filling.fill(
            form.document, lambda answers: _settle(form, answers), today=form.today,
            held=form.held, given=given,
        )  # fmt: skip
        draft.refresh_from_db()
        draft.answers = values.to_json(found)
        draft.done = [each.key for each in form.document.steps]
        draft.save()
        return self.open(draft)

    def submit(self, form: Form) -> Application:
        return filing.submit(
            session=self.session, public_id=form.draft.public_id, seen=form.seen, now=clock.now()
        )

    def file(self, code: str, **given: Any) -> Application:
        """An application of a procedure, its fee not paid yet."""
        return self.submit(self.fill(self.begin(code), **given))

    def file_paid(self, code: str, **given: Any) -> Application:
        """An application of a procedure whose clock runs."""
        application = self.file(code, **given)
        with transaction.atomic():
            lifecycle.receive(application, now=clock.now())
        application.refresh_from_db()
        return application


def _settle(form: Form, given: Any) -> Any:
    return answers.settle(
        form.document, given, known=form.known, today=form.today, held=form.held,
        provinces=form.provinces,
    )  # fmt: skip


def make_filer(serial: int = 15) -> Filer:
    """Somebody with everything a form may want to know, where all procedures are in force and have a desk."""
    account = make_person(serial)
    make_head(account.citizen)
    make_papers(account.citizen)
    make_stay(account.citizen)
    publish_shipped()
    make_desks()
    return Filer(account)
