"""Every page by which officers and administrators see a citizen's data leaves an event that the citizen reads.

The addresses are those of the portal: one that is added must be listed here, among those that show somebody, with the
look they leave, or among those that show nobody, and then it is opened and searched for what it may not show.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from django.db.models import Model
from django.test import Client

from accounts.enums import AccountKind, ActedBy, LockReason, OwnerLockReason, Role
from accounts.models import (
    Account,
    Alert,
    CardCase,
    ChipReading,
    Citizen,
    DataRequest,
    Guardianship,
    Inspection,
    LockOrder,
    LookReview,
    LookUp,
    Office,
    OfficeRole,
    Province,
    RegistrationCode,
)
from accounts.rules.masking import masked_name
from accounts.selectors.sealed_looks import not_hidden
from accounts.services import locking, trust_store
from documents.models import Registry
from eid_portal.core import clock
from eid_portal.core.events import SYSTEM
from eid_portal.core.models import Approval, AuditEvent, CalendarDay
from eid_portal.sandbox import chips
from payments.enums import PaymentState
from payments.models import (
    Biller,
    JournalEntry,
    LedgerAccount,
    MoneyCase,
    Payment,
    PaymentReport,
    Posting,
    Settlement,
    StatementFile,
    Tariff,
)
from payments.services import money_cases, refund_decisions
from procedures import models as procedures
from tests import factories
from tests.accounts.desk import ALL as CHECKS
from tests.accounts.desk import COLLEAGUE, OFFICER, PHUC, at, make_officer, open_case
from tests.accounts.watched import LOOK_UP, SUPERVISOR, ask
from tests.architecture.test_addresses import ALL, audience_of
from tests.documents import defined
from tests.documents.showing import make_licence
from tests.documents.test_admin import make_correction, make_paper, make_verification
from tests.outside_world import OutsideWorld
from tests.payments import booking
from tests.payments.factories import make_dispute, make_link, make_order, make_refund
from tests.payments.paying import make_bill
from tests.payments.staff import actor_of
from tests.procedures import rows as filed
from tests.procedures import world as deciding

pytestmark = pytest.mark.django_db
STAFF: Final = {route for route, view in ALL if audience_of(view) in {"officer", "administrator"}}
WITHIN: Final = timedelta(seconds=5)


@dataclass
class World:
    """A citizen, and everybody who could look at them."""

    office: Office
    desk: Client
    room: Client
    window: Client
    case: CardCase
    citizen: Citizen
    account: Account
    officer: Account

    def by_another(self) -> Client:
        """The desk of another officer, so that the look of the one who is watched is the only one."""
        return factories.signed_in(Client(), make_officer(COLLEAGUE, self.office), self.office)

    def look(self, desk: Client | None = None, **values: str) -> LookUp:
        answer = ask(desk or self.desk, self.citizen, **values)
        assert answer.status_code == 303, answer.content.decode()
        return LookUp.objects.get(public_id=answer["Location"].split("/")[3])


@pytest.fixture
def world(sandbox: OutsideWorld) -> World:
    office = factories.make_office()
    officer = make_officer(OFFICER, office)
    desk = factories.signed_in(Client(), officer, office)
    supervisor = make_officer(SUPERVISOR, office, Role.SUPERVISOR)
    administrator = factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)
    case = open_case(desk, PHUC)
    assert case.citizen is not None
    account = factories.make_account(case.citizen)
    factories.make_phone(account)
    factories.make_card(case.citizen)
    return World(
        office=office, desk=desk, officer=officer, case=case, citizen=case.citizen, account=account,
        room=factories.signed_in(Client(), supervisor, office),
        window=factories.signed_in(Client(), administrator),
    )  # fmt: skip


# --- What shows somebody: who opens which address, once it is there to be opened ------------------------
Opened = tuple[Client, str]


def own_case(world: World) -> Opened:
    return world.desk, at(world.case)


def own_photo(world: World) -> Opened:
    return world.desk, at(world.case, "photo/")


def own_chip(world: World) -> Opened:
    ChipReading.objects.create(
        case=world.case, verdict="GENUINE", face=b"\xff\xd8\xff", face_type="image/jpeg",
        read_at=clock.now(),
    )  # fmt: skip
    return world.desk, at(world.case, "chip/face/")


def own_task(name: str) -> Callable[[World], Opened]:
    """A task of the officer's own case, for an account it can be done for."""

    def opened(world: World) -> Opened:
        match name:
            case "removal":
                factories.make_totp(world.account)
            case "unlock":
                locking.lock(
                    account=world.account, by=ActedBy.OWNER, reason=LockReason.OWNER,
                    why=OwnerLockReason.NOT_USED, actor=SYSTEM, now=clock.now(),
                )  # fmt: skip
            case "guardianship":
                Guardianship.objects.create(
                    state="PENDING", ward=factories.make_citizen(17), guardian=world.citizen,
                    basis="COURT", claimed_at=clock.now(),
                )  # fmt: skip
            case _:
                pass
        return world.desk, at(world.case, f"task/{name}/")

    return opened


def proposal(world: World) -> Opened:
    world.desk.post(at(world.case, "issue/"), {"checks": CHECKS, "no_phone": "1"})
    return world.room, f"/counter/approvals/{Approval.objects.get(kind='accounts.case').public_id}/"


def look_result(world: World) -> Opened:
    return world.desk, f"{LOOK_UP}{world.look().public_id}/"


def alert(world: World) -> Opened:
    row = Alert.objects.create(
        state="OPEN", kind="COLLEAGUE", officer=world.officer, office=world.office,
        look_up=world.look(), raised_at=clock.now(),
    )  # fmt: skip
    return world.room, f"/counter/supervision/alerts/{row.public_id}/"


def sample(world: World) -> Opened:
    row = LookReview.objects.create(
        state="TO_REVIEW", look_up=world.look(), office=world.office, day=clock.today()
    )
    return world.room, f"/counter/supervision/sample/{row.public_id}/"


def an_inspection(world: World) -> Inspection:
    return Inspection.objects.create(
        state="OPEN", reference="KT-261126-4M7T", source="ALERT", look_up=world.look(),
        citizen=world.citizen, officer=world.officer, office=world.office, opened_at=clock.now(),
        answer_by=clock.now(),
    )  # fmt: skip


def inspection(world: World) -> Opened:
    return world.room, f"/counter/supervision/inspections/{an_inspection(world).public_id}/"


def court_order(world: World) -> Opened:
    until = clock.today() + timedelta(days=30)
    day = {f"hidden_until_{n}": getattr(until, p) for n, p in enumerate(("day", "month", "year"))}
    ask(world.desk, world.citizen, reason="COURT_ORDER", reference="1/QĐ", **day)
    order = Approval.objects.get(kind="accounts.court_order")
    return world.room, f"/counter/supervision/court-orders/{order.public_id}/"


def in_admin(page: str) -> Callable[[World], Opened]:
    return lambda world: (world.window, f"/admin/accounts/{page.format(citizen=world.citizen.pk)}")


def of_staff(action: str) -> Callable[[World], Opened]:
    """An officer's account in the administration: the officer is the citizen who sees it."""

    def opened(world: World) -> Opened:
        world.citizen, world.account = world.officer.citizen, world.officer
        return world.window, f"/admin/accounts/account/{world.officer.pk}/{action}"

    return opened


def admin_inspection(action: str) -> Callable[[World], Opened]:
    return lambda world: (
        world.window,
        f"/admin/accounts/inspection/{an_inspection(world).pk}/{action}",
    )


def a_request(world: World) -> DataRequest:
    return DataRequest.objects.create(
        state="RECEIVED", reference="YC-261126-4M7T", citizen=world.citizen, kind="CORRECT",
        subject="name", question="Họ tên sai dấu", made_at=clock.now(), answer_by=clock.now(),
        done_by=clock.now(),
    )  # fmt: skip


def data_request(world: World) -> Opened:
    return world.window, f"/admin/accounts/datarequest/{a_request(world).pk}/change/"


def an_order(world: World, state: str) -> LockOrder:
    return LockOrder.objects.create(
        state=state, account=world.account, kind="LOCK", authority="Tòa án", document_number="1/QĐ",
        reason="Theo quyết định", received_by=factories.make_staff(61, kind=AccountKind.ADMINISTRATOR),
        received_at=clock.now(), forward_by=clock.now() + timedelta(days=1),
    )  # fmt: skip


def lock_order(world: World) -> Opened:
    return world.window, f"/admin/accounts/lockorder/{an_order(world, 'RECEIVED').pk}/change/"


def letter(world: World) -> Opened:
    order = an_order(world, "EXECUTED")
    LockOrder.objects.filter(pk=order.pk).update(decided_at=clock.now())
    return world.window, f"/admin/accounts/lockorder/{order.pk}/letter/"


def sample_in_admin(world: World) -> Opened:
    row = LookReview.objects.create(
        state="TO_REVIEW", look_up=world.look(), office=world.office, day=clock.today()
    )
    return world.window, f"/admin/accounts/lookreview/{row.pk}/decide/"


def on_the_road(world: World) -> Opened:
    """A traffic officer looked at the driver licence of the citizen."""
    make_licence(world.account)
    officer = factories.make_staff(62)
    factories.make_role(officer, world.office, Role.ROADSIDE)
    car = factories.signed_in(Client(), officer, world.office)
    answer = car.post("/roadside/", {"reason": "STOP", "typed": "790123456767", "press": "p"})
    assert answer.status_code == 303, answer.content.decode()
    return car, answer["Location"]


def a_payment(world: World) -> Payment:
    return make_order(make_link(world.account), payment=PaymentState.SETTLED)[1][0]


def of_money(model: str, page: str = "change/") -> Callable[[World], Opened]:
    """A page of what the citizen paid, of a refund of it, or of a difference about it."""

    def opened(world: World) -> Opened:
        payment = a_payment(world)
        now = clock.now()
        rows: dict[str, Callable[[], Model]] = {
            "payment": lambda: payment,
            "paymentorder": lambda: payment.order,
            "refund": lambda: make_refund(payment),
            "moneycase": lambda: make_case(payment),
            "dispute": lambda: make_dispute(payment),
        }
        if page == "decide/":
            maker = actor_of(factories.make_staff(63, kind=AccountKind.ADMINISTRATOR))
            if model == "payment":
                refund_decisions.propose(
                    payment_id=payment.pk, amount=1, words="Thu nhầm.", actor=maker, now=now
                )
            else:
                LedgerAccount.objects.create(code="payout", kind="PAYOUT")
                case = make_case(payment)
                rows["moneycase"] = lambda: case
                money_cases.propose_adjustment(
                    case_id=case.pk,
                    account="payout",
                    amount=1,
                    words="Thu nhầm.",
                    actor=maker,
                    now=now,
                )
            # who decides signs in after it was proposed
            again = factories.make_staff(64, kind=AccountKind.ADMINISTRATOR)
            world.window = factories.signed_in(Client(), again)
        return world.window, f"/admin/payments/{model}/{rows[model]().pk}/{page}"

    return opened


def of_filing(world: World, model: str) -> Model:
    """What the citizen filed, or a part of it."""
    there = procedures.Application.objects.filter(citizen=world.citizen).first()
    application = there or filed.make_application(world.account)
    found: dict[str, Callable[[], Model]] = {
        "application": lambda: application,
        "snapshot": application.snapshots.get,
        "decision": lambda: application.decision,
        "result": lambda: application.result,
        "message": application.messages.get,
        "effectdone": application.effects.get,
        "statusreport": application.status_reports.get,
    }
    return found[model]()


def in_filing(model: str) -> Callable[[World], Opened]:
    return lambda world: (
        world.window,
        f"/admin/procedures/{model}/{of_filing(world, model).pk}/change/",
    )


def at_the_desk(page: str = "") -> Callable[[World], Opened]:
    """What the citizen filed, as a case officer opens it; ``page`` may name the attached file."""

    def opened(world: World) -> Opened:
        row, paper = a_file(world)
        officer = deciding.make_officer(row.desk.office, 70)
        desk = factories.signed_in(Client(), officer, row.desk.office)
        return desk, f"/desk/{row.public_id}/{page.format(paper=paper)}"

    return opened


def asked_of_a_desk(page: str = "") -> Callable[[World], Opened]:
    """The same, as another office sees it that is asked what it thinks."""

    def opened(world: World) -> Opened:
        row, paper = a_file(world)
        there = factories.make_office("HS-02")
        asked = procedures.OpinionRequest.objects.create(
            state="OPEN", application=row, question="?", answer_by=clock.now(), asked_at=clock.now(),
            asked_by=deciding.make_officer(row.desk.office, 71),
            desk=procedures.Desk.objects.create(
                office=there, agency="commune_police", province=there.province, valid_from=deciding.SINCE
            ),
        )  # fmt: skip
        desk = factories.signed_in(Client(), deciding.make_officer(there, 70), there)
        return desk, f"/desk/opinions/{asked.public_id}/{page.format(paper=paper)}"

    return opened


def a_file(world: World) -> tuple[procedures.Application, str]:
    """An application of the citizen whose clock runs, and the public id of a file attached to it."""
    deciding.publish_shipped()
    deciding.make_desks()
    row = deciding.Filer(world.account).file_paid("absence-declaration")
    paper = deciding.make_file(world.account)
    procedures.ApplicationFile.objects.create(application=row, attachment=paper, field="reason")
    return row, paper.public_id


def make_case(payment: Payment) -> MoneyCase:
    now = clock.now()
    return MoneyCase.objects.create(
        state="OPEN", party="evn", day=clock.today(now), kind="payment", reference=payment.public_id,
        difference="AMOUNT", ours=1, theirs=2, order=payment.order, payment=payment, opened_at=now,
        since=now,
    )  # fmt: skip


SHOWS: Final[dict[str, Callable[[World], Opened]]] = {
    "counter/cases/<str:public_id>/": own_case,
    "counter/cases/<str:public_id>/photo/": own_photo,
    "counter/cases/<str:public_id>/chip/face/": own_chip,
    **{
        f"counter/cases/<str:public_id>/task/{name}/": own_task(name)
        for name in (
            "guardianship",
            "lock",
            "lost-card",
            "phone-change",
            "recovery",
            "removal",
            "unlock",
        )
    },
    "counter/approvals/<str:public_id>/": proposal,
    "counter/look-up/<str:public_id>/": look_result,
    "counter/supervision/alerts/<str:public_id>/": alert,
    "counter/supervision/sample/<str:public_id>/": sample,
    "counter/supervision/inspections/<str:public_id>/": inspection,
    "counter/supervision/court-orders/<str:public_id>/": court_order,
    "roadside/<str:public_id>/": on_the_road,
    "desk/<str:public_id>/": at_the_desk(),
    "desk/<str:public_id>/files/<str:file_id>/": at_the_desk("files/{paper}/"),
    "desk/opinions/<str:public_id>/": asked_of_a_desk(),
    "desk/opinions/<str:public_id>/files/<str:file_id>/": asked_of_a_desk("files/{paper}/"),
    "admin/accounts/citizen/<path:object_id>/change/": in_admin("citizen/{citizen}/change/"),
    "admin/accounts/citizen/<uuid:pk>/unmask/": in_admin("citizen/{citizen}/unmask/"),
    "admin/accounts/account/<path:object_id>/change/": of_staff("change/"),
    "admin/accounts/inspection/<path:object_id>/change/": admin_inspection("change/"),
    "admin/accounts/inspection/<uuid:pk>/decide/": admin_inspection("decide/"),
    "admin/accounts/datarequest/<path:object_id>/change/": data_request,
    "admin/accounts/lockorder/<path:object_id>/change/": lock_order,
    "admin/accounts/lockorder/<uuid:pk>/letter/": letter,
    "admin/accounts/lookreview/<uuid:pk>/decide/": sample_in_admin,
    **{
        f"admin/payments/{model}/<path:object_id>/change/": of_money(model)
        for model in ("dispute", "moneycase", "payment", "paymentorder", "refund")
    },
    **{
        f"admin/procedures/{model}/<path:object_id>/change/": in_filing(model)
        for model in (
            "application",
            "snapshot",
            "decision",
            "result",
            "message",
            "effectdone",
            "statusreport",
        )
    },
    "admin/payments/dispute/<uuid:pk>/propose/": of_money("dispute", "propose/"),
    "admin/payments/dispute/<uuid:pk>/reject/": of_money("dispute", "reject/"),
    "admin/payments/payment/<uuid:pk>/refund/": of_money("payment", "refund/"),
    "admin/payments/payment/<uuid:pk>/decide/": of_money("payment", "decide/"),
    "admin/payments/moneycase/<uuid:pk>/adjust/": of_money("moneycase", "adjust/"),
    "admin/payments/moneycase/<uuid:pk>/decide/": of_money("moneycase", "decide/"),
    "admin/payments/moneycase/<uuid:pk>/step/<slug:name>/": of_money("moneycase", "step/note/"),
}


def is_seen(viewer: Client, citizen: Citizen, *, since: Any) -> bool:
    """Whether the citizen's log has a look of the viewer; what a court order hides, on its day."""
    user = viewer.get("/sign-in/again/").wsgi_request.user
    assert isinstance(user, Account)
    rows = AuditEvent.objects.filter(
        not_hidden(clock.now() + timedelta(days=31)), subject_id=citizen.pk, shown=True,
        actor_id=user.pk, recorded_at__gte=since - WITHIN,
    )  # fmt: skip
    return rows.exists()


@pytest.mark.parametrize("route", sorted(SHOWS))
def test_a_page_that_shows_a_citizen_is_seen_by_the_citizen(world: World, route: str) -> None:
    viewer, address = SHOWS[route](world)
    since = clock.now()

    answer = viewer.get(address, headers={"Accept-Language": "en"})

    assert answer.status_code == 200, answer.status_code
    assert is_seen(viewer, world.citizen, since=since)


def test_a_case_that_ended_and_a_search_are_seen_too(world: World) -> None:
    """Pages that do not always leave a look of their own, or no page at all, do where it is needed."""
    world.desk.post(at(world.case, "leave/"))
    since = AuditEvent.objects.latest("id").pk
    assert world.desk.get(at(world.case)).status_code == 200
    looked = AuditEvent.objects.filter(pk__gt=since, name="accounts.data_seen")
    assert looked.get().subject_id == world.citizen.pk
    world.window.post("/admin/accounts/citizen/find/", {"number": PHUC})
    assert is_seen(world.window, world.citizen, since=clock.now())


# --- What shows nobody --------------------------------------------------------------------------------
NOBODY = {
    # lists and forms of the counter; what they begin is an address of its own
    "counter/",
    "counter/approvals/",
    "counter/look-up/",
    "counter/supervision/",
    # buttons: asked for by GET they lead to the page that shows
    *(
        f"counter/cases/<str:public_id>/{action}"
        for action in (
            "chip/", "issue/", "leave/", "phone/", "phone/change/", "phone/code/", "register/", "slip/",
        )
    ),
    "counter/look-up/<str:public_id>/mask/",
    "roadside/",
    "roadside/<str:public_id>/done/",
    "roadside/<str:public_id>/other-face/",
    "counter/court-orders/<str:public_id>/",
    # the desk's lists, by reference and first letters; and its buttons, which lead to the file
    "desk/",
    "desk/colleagues/",
    "desk/colleagues/<str:public_id>/",
    "desk/filters/",
    "desk/filters/<str:public_id>/",
    "desk/next/",
    "desk/queue/",
    "desk/queue/several/",
    *(
        f"desk/<str:public_id>/{action}"
        for action in (
            "agree/", "back/", "correct/", "correct/end/", "decide/", "effect/", "give/", "message/", "note/",
            "opinion/", "opinion/end/", "release/", "take/",
        )
    ),
    # a result by its number, of no person
    "desk/results/<str:public_id>/revoke/",
    # the administration's own rooms
    "admin/",
    "admin/(?P<url>.*)$",
    "admin/^(?P<app_label>accounts|core|documents|payments|procedures)/$",
    "admin/autocomplete/",
    "admin/jsi18n/",
    "admin/login/",
    "admin/logout/",
    "admin/password_change/",
    "admin/password_change/done/",
    "admin/r/<path:content_type_id>/<path:object_id>/",
    "admin/accounts/citizen/find/",
    "admin/accounts/account/<uuid:pk>/close/",
    "admin/accounts/account/<uuid:pk>/slip/",
    "admin/accounts/account/<uuid:pk>/recover/",
    "admin/accounts/account/<uuid:pk>/recovery-slip/",
    "admin/accounts/account/<uuid:pk>/sessions/",
    "admin/accounts/citizen/<uuid:pk>/sessions/",
    "admin/accounts/officerole/<uuid:pk>/end/",
    "admin/accounts/alert/<uuid:pk>/decide/",
    "admin/accounts/datarequest/<uuid:pk>/step/<slug:name>/",
    "admin/accounts/lockorder/<uuid:pk>/again/",
    "admin/accounts/lockorder/<uuid:pk>/decide/",
    "admin/accounts/lockorder/<uuid:pk>/forward/",
    "admin/core/approval/<uuid:pk>/decide/",
    "admin/documents/document/kind/<slug:name>/",
    "admin/documents/verification/<uuid:pk>/resolve/",
    "admin/documents/verification/<uuid:pk>/retry/",
    "admin/procedures/effectdone/<uuid:pk>/retry/",
    "admin/procedures/statusreport/<uuid:pk>/retry/",
    "admin/payments/dispute/<uuid:pk>/take/",
    "admin/payments/moneycase/<uuid:pk>/take/",
    "admin/payments/settlement/<uuid:pk>/decide/",
    # documents of procedures: of no person
    *(
        f"admin/procedures/revision/<uuid:pk>/{page}"
        for page in (
            "compare/", "copy/", "decide/", "discard/", "document/", "field/<slug:name>/", "fields/",
            "fields/add/", "fields/library/", "follow/", "part/<slug:name>/", "propose/", "simulate/", "texts/", "try/",
        )
    ),
    *(
        f"admin/{model}/{page}"
        for model in (
            "accounts/account", "accounts/alert", "accounts/citizen", "accounts/countrysigner",
            "accounts/datarequest", "accounts/inspection", "accounts/lockorder", "accounts/lookreview",
            "accounts/office", "accounts/officerole", "accounts/province", "accounts/registrationcode",
            "core/approval", "core/auditevent",
            # registries, what became of verifications and corrections, and counts of papers: of no person
            "documents/correction", "documents/definedkind", "documents/document", "documents/registry",
            "documents/verification",
            # billers, figures and days: of no person
            "core/calendarday", "payments/biller", "payments/tariff",
            # lists of money, books, files and settlements: by reference and amount, of no person
            "payments/bill", "payments/dispute", "payments/journalentry", "payments/ledgeraccount",
            "payments/moneycase", "payments/payment", "payments/paymentorder", "payments/paymentreport",
            "payments/posting",
            "payments/refund", "payments/settlement", "payments/statementfile",
            # documents, offices, and lists of files by their number: of no person
            "procedures/application", "procedures/decision", "procedures/desk", "procedures/effectdone",
            "procedures/message", "procedures/procedure", "procedures/result", "procedures/revision",
            "procedures/snapshot", "procedures/statusreport",
        )
        for page in (
            "", "add/", "<path:object_id>/", "<path:object_id>/delete/", "<path:object_id>/history/",
            "<path:object_id>/change/",
        )
    ),
}  # fmt: skip
NOBODY -= SHOWS.keys()


def test_every_address_of_staff_is_listed() -> None:
    assert STAFF - SHOWS.keys() - NOBODY == set(), (
        "say what a new page shows, and to whom it is told"
    )
    assert (SHOWS.keys() | NOBODY) - STAFF == set(), "these are no more"


def rows_of(world: World) -> dict[str, Model]:
    """A row of every model that the administration has pages of."""
    look = world.look(world.by_another())
    paper = make_paper(world.account)
    payment = a_payment(world)
    booking.book_debit(order=payment.order, payments=[payment], now=clock.now())
    return {
        "account": world.officer,
        "alert": Alert.objects.create(
            state="OPEN", kind="COLLEAGUE", officer=world.officer, office=world.office,
            look_up=look, raised_at=clock.now(),
        ),
        "citizen": world.citizen,
        "countrysigner": trust_store.trust(chips.new_state(now=clock.now()).certificate, None, now=clock.now()),
        "datarequest": a_request(world),
        "inspection": an_inspection(world),
        "lockorder": an_order(world, "RECEIVED"),
        "lookreview": LookReview.objects.create(
            state="TO_REVIEW", look_up=look, office=world.office, day=clock.today()
        ),
        "office": world.office,
        "officerole": OfficeRole.objects.filter(account=world.officer).get(),
        "province": Province.objects.get(code="01"),
        "registrationcode": RegistrationCode.objects.get(code="001"),
        "approval": Approval.objects.create(
            kind="accounts.role_grant", target_id=uuid4(), reason="cb000020: COUNTER @ HN-01", state="PROPOSED",
            subject_citizen_id=world.citizen.pk, proposed_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
        ),
        "correction": make_correction(paper),
        "definedkind": defined.define(),
        "document": paper,
        "registry": Registry.objects.create(party="traffic-police"),
        "verification": make_verification(paper),
        "biller": Biller.objects.get(code="evn-hcmc"),
        "bill": make_bill(),
        "journalentry": JournalEntry.objects.get(),
        "ledgeraccount": LedgerAccount.objects.get(pk="transit"),
        "dispute": make_dispute(payment),
        "moneycase": make_case(payment),
        "payment": payment,
        "paymentorder": payment.order,
        "paymentreport": PaymentReport.objects.create(
            event_id=uuid4(), party="evn", body_hash=bytes(32), kind="payment", reference=payment.public_id,
            outcome="KNOWN", received_at=clock.now(),
        ),
        "posting": Posting.objects.latest("pk"),
        "refund": make_refund(payment),
        "settlement": Settlement.objects.create(
            state="PROPOSED", biller_id="evn-hcmc", amount=1, bank="970436", bank_account="0000000077",
            proposed_at=clock.now(), since=clock.now(),
        ),
        "statementfile": StatementFile.objects.create(
            party="evn", day=clock.today(), format="csv", sha256="0" * 64, counts=True, lines=0, bad=0,
            taken_at=clock.now(),
        ),
        "tariff": Tariff.objects.filter(name="base_salary").latest("from_day"),
        **{
            model: row
            for model in (
                "application", "snapshot", "decision", "result", "message", "effectdone", "statusreport",
            )
            for row in [of_filing(world, model)]
        },
        "procedure": procedures.Procedure.objects.get(),
        "revision": procedures.Revision.objects.get(),
        "desk": procedures.Desk.objects.get(),
        "calendarday": CalendarDay.objects.latest("day"),
        "auditevent": AuditEvent.objects.filter(subject_id=world.citizen.pk).latest("pk"),
    }  # fmt: skip


def test_what_is_said_to_show_nobody_shows_nobody(world: World) -> None:
    citizen = world.citizen
    number, phone = citizen.personal_number, factories.PHONE.removeprefix("+84")
    born = citizen.birth_date
    secrets = (
        number, citizen.full_name, citizen.full_name.upper(), masked_name(citizen.full_name), phone,
        f"{born:%d/%m/%Y}", born.isoformat(),
    )  # fmt: skip
    rows = rows_of(world)
    proposal(world)
    car, _look = on_the_road(world)
    office = procedures.Desk.objects.get().office
    files = factories.signed_in(Client(), deciding.make_officer(office, 70), office)
    opened = 0
    for route in sorted(NOBODY):
        model = re.match(r"admin/(?:accounts|core|documents|payments|procedures)/(\w+)/", route)
        row = rows[model[1]] if model else None
        address = re.sub(r"<(?:path:object_id|uuid:pk)>", str(row.pk) if row else "0", "/" + route)
        address = address.replace("<str:public_id>", world.case.public_id)
        name = "DRIVER_LICENCE" if "document" in route else "answer"
        address = address.replace("<slug:name>", name)
        if "<" in address or "(" in address:
            continue
        viewers = [world.desk, world.room]
        if address.startswith("/admin/"):
            viewers = [world.window]
        elif address.startswith("/roadside/"):
            viewers = [car]
        elif address.startswith("/desk/"):
            viewers = [files]
        for viewer in viewers:
            answer = viewer.get(address, headers={"Accept-Language": "en"})
            html = answer.content.decode(errors="replace")
            for secret in secrets:
                assert secret not in html, (route, secret)
            opened += answer.status_code == 200
    assert opened > 30


# --- And the one who looks is never alone ---------------------------------------------------------------
def test_a_search_of_the_pages_finds_one_that_is_not_listed() -> None:
    made_up = STAFF | {"counter/everybody/"}
    assert made_up - SHOWS.keys() - NOBODY == {"counter/everybody/"}
