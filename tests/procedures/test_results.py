"""The paper a decision ends in: drawn once, signed, in the wallet, checked by anybody, revoked by the desk."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation
from pyhanko.pdf_utils.reader import PdfFileReader

from accounts.enums import GuardianshipBasis, GuardianshipState, NoticeKind, RelationKind, Role
from accounts.models import Account, DeviceSession, Guardianship, Notice, Relation
from documents.gateways.social_insurance import HEALTH_CARD
from documents.models import Document as Paper
from eid_portal.core import clock, jobs, pdf, verify
from eid_portal.core.events import ANYONE, SYSTEM
from eid_portal.core.models import AuditEvent, Job
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from procedures.enums import Capacity, Outcome, RevocationReason
from procedures.models import Application, Result
from procedures.services import drafts, lifecycle, mandates, results
from tests.factories import make_citizen, make_office, signed_in
from tests.procedures import world

pytestmark = pytest.mark.django_db
CODE = "temporary-residence-extension"
VIEWER = Viewer(actor=ANYONE, press="1", device="Chrome", place="")


@pytest.fixture
def filer() -> world.Filer:
    return world.make_filer()


def decide(row: Application, outcome: Outcome = Outcome.GRANTED, words: str = "") -> Result:
    """End an application as an official would."""
    refusal = ""
    if outcome == Outcome.REFUSED:
        from procedures.selectors import revisions

        refusal = revisions.document(row.revision_id).data["refusals"][0]["key"]
    with transaction.atomic():
        lifecycle.decide(
            lifecycle.hold(row.pk),
            lifecycle.Verdict(outcome=outcome, refusal=refusal, words=words),
            actor=SYSTEM,
            now=clock.now(),
        )
    return Result.objects.get(application=row)


def _granted(filer: world.Filer) -> Result:
    return decide(filer.file_paid(CODE, proof="contract"))


def _drawn(row: Result) -> Result:
    jobs.run_due()
    row.refresh_from_db()
    assert row.pdf is not None
    return row


def _open(row: Result, now: Any = None) -> Genuine | Nothing:
    with translation.override("en"):
        return verify.open_code(row.code, viewer=VIEWER, now=now or clock.now())


# --- Drawing -------------------------------------------------------------------------------------------
def test_a_decision_leaves_a_paper_that_is_drawn_and_signed(filer: world.Filer) -> None:
    row = _granted(filer)
    assert row.drawn_at is None
    assert Job.objects.get(task="procedures.draw_result").subject_id == row.pk

    _drawn(row)

    reader = PdfFileReader(io.BytesIO(bytes(row.pdf or b"")))
    (signature,) = reader.embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    says = row.says["vi"]
    assert filer.account.citizen.full_name in says["body"][0]
    assert not any("{" in words for words in says["body"])
    assert row.application.reference in dict(map(reversed, says["facts"]))
    assert dict(says["facts"])["Cơ quan quyết định"] == row.application.desk.office.name


def test_a_paper_is_drawn_once(filer: world.Filer) -> None:
    row = _drawn(_granted(filer))
    before = bytes(row.pdf or b"")

    jobs.enqueue("procedures.draw_result", subject_id=row.pk)
    _drawn(row)

    assert bytes(row.pdf or b"") == before
    assert not Job.objects.filter(task="procedures.draw_result", done_at__isnull=True).exists()


def test_letters_that_cannot_be_printed_hold_up_no_paper(filer: world.Filer) -> None:
    row = decide(filer.file_paid(CODE, proof="contract"), Outcome.REFUSED, words="因为 😀")

    _drawn(row)

    assert "因为 😀" in row.says["vi"]["body"]


def test_a_drawer_that_is_busy_is_asked_again(
    filer: world.Filer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eid_portal.core.errors import Busy

    row = _granted(filer)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "draw", lambda *_a, **_k: (_ for _ in ()).throw(Busy(retry_after=1)))
        jobs.run_due()
    row.refresh_from_db()
    assert row.drawn_at is None
    Job.objects.filter(subject_id=row.pk).update(next_attempt_at=clock.now(), rung_at=None)

    _drawn(row)


# --- Checking ------------------------------------------------------------------------------------------
def test_anybody_checks_it_and_the_holder_reads_that(filer: world.Filer) -> None:
    row = _granted(filer)
    with translation.override("en"):
        peek = verify.peek(row.code, now=clock.now())
    assert isinstance(peek, Peek)
    assert filer.account.citizen.full_name not in str(peek)

    said = _open(row)
    _open(row)

    assert isinstance(said, Genuine)
    assert said.values["body"] == row.says["en"]["body"]
    event = AuditEvent.objects.get(name="procedures.result_checked")
    assert event.subject_id == row.citizen_id


def test_a_result_runs_out_after_its_last_day(filer: world.Filer) -> None:
    row = _granted(filer)
    last = row.valid_until
    assert last is not None
    noon = clock.now() + (last - clock.today())

    assert isinstance(_open(row, noon), Genuine)
    said = _open(row, noon + timedelta(days=1))
    assert isinstance(said, Nothing)
    assert said.why is Why.EXPIRED


def test_how_long_a_result_is_valid_counts_from_its_decision(filer: world.Filer) -> None:
    with clock.frozen(datetime(2026, 11, 2, 9, tzinfo=clock.VIET_NAM)):
        application = filer.file_paid("marital-status")
    with clock.frozen(datetime(2026, 12, 22, 9, tzinfo=clock.VIET_NAM)):
        row = decide(application)

    assert row.valid_until == date(2027, 6, 22)
    assert ["Có giá trị đến", "22/06/2027"] in row.says["vi"]["facts"]


def test_a_made_up_code_is_not_ours(db: None) -> None:
    said = verify.open_code("K" + "0" * 23, viewer=VIEWER, now=clock.now())

    assert isinstance(said, Nothing)
    assert said.why is Why.NOT_OURS


# --- Revoking ------------------------------------------------------------------------------------------
def _head(row: Result, serial: int = 61, role: Role = Role.CASE_LEAD) -> Account:
    return world.make_officer(row.application.desk.office, serial, role=role)


def test_the_head_of_the_desk_revokes_for_a_reason(client: Client, filer: world.Filer) -> None:
    row = _drawn(_granted(filer))
    head = signed_in(client, _head(row), row.application.desk.office)
    place = f"/desk/results/{row.public_id}/revoke/"
    file = f"/desk/{row.application.public_id}/"
    officer = signed_in(Client(), _head(row, 62, Role.CASE), row.application.desk.office)

    assert place in head.get(file, secure=True).content.decode()
    assert place not in officer.get(file, secure=True).content.decode()
    assert f'href="{file}"' in head.get(place, secure=True).content.decode()
    assert head.post(place, {"reason": "WHATEVER"}, secure=True).status_code == 422
    done = head.post(place, {"reason": "FALSE"}, secure=True)

    assert done.status_code == 303
    assert head.get(place, secure=True).status_code == 200
    assert place not in head.get(file, secure=True).content.decode()
    row.refresh_from_db()
    assert row.revoked_because == RevocationReason.FALSE
    said = _open(row)
    assert isinstance(said, Nothing)
    assert said.why is Why.REVOKED
    told = Notice.objects.filter(kind=NoticeKind.RESULT_REVOKED)
    assert {each.account_id for each in told} == {filer.account.pk}
    event = AuditEvent.objects.get(name="procedures.result_revoked")
    assert (event.subject_id, event.data["reason"]) == (row.citizen_id, "FALSE")
    citizen = signed_in(Client(), filer.account)
    assert citizen.get(f"/results/{row.public_id}/pdf/", secure=True).status_code == 404
    assert citizen.get(f"/results/{row.public_id}/", secure=True).status_code == 200
    followed = citizen.get(f"/applications/{row.application.public_id}/", secure=True)
    text = followed.content.decode()
    assert "Cơ quan đã thu hồi kết quả" in text
    assert str(RevocationReason.FALSE.label) in text


def test_nobody_else_revokes(client: Client, filer: world.Filer) -> None:
    row = _granted(filer)
    place = f"/desk/results/{row.public_id}/revoke/"
    other = make_office("HS-02")

    case = signed_in(client, _head(row, 62, Role.CASE), row.application.desk.office)
    assert case.post(place, {"reason": "FALSE"}, secure=True).status_code == 403
    away = signed_in(Client(), world.make_officer(other, 63, role=Role.CASE_LEAD), other)
    assert away.post(place, {"reason": "FALSE"}, secure=True).status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_who_is_involved_does_not_revoke_and_others_prove_themselves_afresh(
    client: Client, filer: world.Filer
) -> None:
    row = _granted(filer)
    place = f"/desk/results/{row.public_id}/revoke/"
    office = row.application.desk.office
    near, head = _head(row), _head(row, 62)
    Relation.objects.create(
        citizen=near.citizen, other=filer.account.citizen, kind=RelationKind.HOUSEHOLD_MEMBER
    )

    involved = signed_in(client, near, office)
    assert involved.get(place, secure=True).status_code == 403
    assert involved.post(place, {"reason": "FALSE"}, secure=True).status_code == 403
    late = signed_in(Client(), head, office)
    DeviceSession.objects.filter(account=head).update(
        authenticated_at=clock.now() - timedelta(hours=1)
    )
    asked = late.post(place, {"reason": "FALSE"}, secure=True)

    assert asked.status_code == 303
    assert asked["Location"].startswith("/sign-in/again/")
    row.refresh_from_db()
    assert row.revoked_at is None


# --- Pages ---------------------------------------------------------------------------------------------
def test_the_page_says_that_it_is_being_made_and_then_gives_the_document(
    client: Client, filer: world.Filer
) -> None:
    row = _granted(filer)
    browser = signed_in(client, filer.account)
    place = f"/results/{row.public_id}/"

    waits = browser.get(place, secure=True).content.decode()
    assert "data-moves" in waits
    assert browser.get(f"{place}pdf/", secure=True).status_code == 404
    _drawn(row)
    page = browser.get(place, secure=True)
    file = browser.get(f"{place}pdf/", secure=True)

    assert "data-moves" not in page.content.decode()
    assert verify.grouped(row.code) in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert file.content == bytes(row.pdf or b"")
    assert file["Content-Disposition"] == (
        f'attachment; filename="{row.application.reference}.pdf"'
    )
    stranger = signed_in(Client(), world.make_person(17))
    assert stranger.get(place, secure=True).status_code == 404
    assert stranger.get(f"{place}pdf/", secure=True).status_code == 404


def test_a_refusal_names_reason_law_and_the_way_to_appeal_with_its_day(
    client: Client, filer: world.Filer
) -> None:
    row = decide(filer.file_paid(CODE, proof="contract"), Outcome.REFUSED, words="Xem thêm")
    _drawn(row)

    page = signed_in(client, filer.account).get(f"/results/{row.public_id}/", secure=True)

    assert _leads_back(client, row) == f"/applications/{row.application.public_id}/"
    says, text = row.says["vi"], page.content.decode()
    for part in (says["law"], says["appeal_to"], says["appeal_until"], "Xem thêm"):
        assert part in text
    assert row.valid_until is None


def test_a_granted_result_is_in_the_wallet_and_a_refusal_is_not(
    client: Client, filer: world.Filer
) -> None:
    row = _granted(filer)
    Paper.objects.filter(kind=HEALTH_CARD).delete()  # too small to be drawn
    browser = signed_in(client, filer.account)

    assert f"/results/{row.public_id}/" in browser.get("/papers/", secure=True).content.decode()
    refused = decide(filer.file_paid(CODE, proof="contract"), Outcome.REFUSED)
    text = browser.get("/papers/", secure=True).content.decode()
    assert f"/results/{refused.public_id}/" not in text
    assert (
        results.find(session=filer.session, public_id=refused.public_id, now=clock.now()) == refused
    )


def _leads_back(browser: Client, row: Result) -> str:
    page = browser.get(f"/results/{row.public_id}/", secure=True).content.decode()
    found = re.search('href="([^"]+)" class="govuk-back-link"', page)
    assert found is not None
    return found[1]


def test_who_filed_for_another_sees_it_while_they_act_for_them(client: Client) -> None:
    giver = world.make_filer().account
    holder = world.Filer(world.make_person(16, full_name="Mẫu Văn Giúp"))
    mandate = mandates.give(
        session=world.session_of(giver), number=holder.account.citizen.personal_number,
        name="Mẫu Văn Giúp", procedure="marital-status", until=clock.today(), now=clock.now(),
    )  # fmt: skip
    draft, _there = drafts.begin(
        session=holder.session, code="marital-status", capacity=Capacity.MANDATE,
        person=mandate.public_id, now=clock.now(),
    )  # fmt: skip
    application = holder.submit(holder.fill(draft))
    with transaction.atomic():
        lifecycle.receive(application, now=clock.now())
    row = _drawn(decide(application))
    pages = [f"/results/{row.public_id}/", f"/results/{row.public_id}/pdf/"]
    browser = signed_in(client, holder.account)
    assert [browser.get(each, secure=True).status_code for each in pages] == [200, 200]
    assert _leads_back(browser, row) == f"/applications/{application.public_id}/"
    assert _leads_back(signed_in(Client(), giver), row) == "/papers/"

    mandates.withdraw(session=world.session_of(giver), public_id=mandate.public_id, now=clock.now())

    assert [browser.get(each, secure=True).status_code for each in pages] == [403, 403]
    own = signed_in(Client(), giver)
    assert [own.get(each, secure=True).status_code for each in pages] == [200, 200]
    stranger = signed_in(Client(), world.make_person(17))
    assert [stranger.get(each, secure=True).status_code for each in pages] == [404, 404]


def test_both_guardians_see_what_one_of_them_filed(client: Client) -> None:
    filer, other = world.make_filer(), world.make_person(17)
    child = make_citizen(30, full_name="Mẫu Bé Con", birth_date=date(2019, 5, 1))
    first, _second = [
        Guardianship.objects.create(
            state=GuardianshipState.ACTIVE, guardian=each, ward=child, basis=GuardianshipBasis.PARENT,
            until_age=14, review_month=date(2033, 5, 1), claimed_at=clock.now(), confirmed_at=clock.now(),
            place=place,
        )
        for place, each in enumerate((filer.account.citizen, other.citizen), 1)
    ]  # fmt: skip
    draft, _there = drafts.begin(
        session=filer.session, code="temporary-residence", capacity=Capacity.CHILD,
        person=first.public_id, now=clock.now(),
    )  # fmt: skip
    application = filer.submit(filer.fill(draft, proof="contract"))
    with transaction.atomic():
        lifecycle.receive(application, now=clock.now())
    row = decide(application)

    answer = signed_in(client, other).get(f"/results/{row.public_id}/", secure=True)

    assert answer.status_code == 200
    followed = f"/applications/{application.public_id}/"
    assert followed not in answer.content.decode()  # that page is for who filed and who it is about
    assert _leads_back(client, row) == "/papers/"
    assert _leads_back(signed_in(Client(), filer.account), row) == followed
