"""The papers' API: a wallet lived by it, for oneself and a child; what is refused; and whose ids open anything."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.enums import AccountKind, GuardianshipBasis, GuardianshipState
from accounts.models import Account, Consent, Guardianship
from documents import policy
from documents.enums import Level
from documents.models import CalendarFeed, Correction, Document, Presentation, Search, Share
from eid_portal.core import clock, jobs, verify
from eid_portal.core.events import ANYONE
from eid_portal.core.models import AuditEvent
from eid_portal.core.verify import Genuine, Viewer
from eid_portal.sandbox import data
from tests import factories
from tests.accounts.application import OPERATIONS, App, Known, neutral, signed_in
from tests.accounts.test_account_api import done, refused
from tests.documents import papers, showing, wallets
from tests.documents.test_ward_papers import CHILD
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db
AT = "/api/v1/papers"
NOBODYS = "A" * 22
OURS = [each for each in OPERATIONS if each.path.startswith(AT)]
LOOKS = [each for each in OURS if each.method == "get"]
OF_ONE = [each for each in OURS if NOBODYS in each.path]


@pytest.fixture
def person() -> Account:
    return papers.known()


@pytest.fixture
def app(person: Account) -> App:
    return signed_in(person)


@pytest.fixture
def guardian() -> Account:
    account = factories.make_account(factories.make_citizen(61, full_name="Nguyễn Thị Mẹ"))
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def guardianship(guardian: Account) -> Guardianship:
    child = data.PEOPLE[CHILD]
    ward = factories.make_citizen(
        personal_number=CHILD, full_name=child.name, birth_date=child.born, sex=child.sex
    )
    return Guardianship.objects.create(
        state=GuardianshipState.ACTIVE, ward=ward, guardian=guardian.citizen,
        basis=GuardianshipBasis.PARENT, until_age=14, review_month=date(2030, 5, 1),
        claimed_at=clock.now(), confirmed_at=clock.now(),
    )  # fmt: skip


def of(paper: Document, what: str = "") -> str:
    return f"{AT}/{paper.public_id}{what}"


def states(app: App) -> dict[str, str]:
    """The kinds in the wallet, and how each stands."""
    return {paper["kind"]: paper["state"] for paper in done(app.get(AT))["papers"]}


# --- A life ---------------------------------------------------------------------------------------
def test_papers_are_found_linked_and_verified(
    app: App, person: Account, sandbox: OutsideWorld
) -> None:
    assert states(app) == {"ID_CARD": "VERIFIED"}
    sources = done(app.get(f"{AT}/sources"))
    police = next(one for one in sources["registries"] if one["registry"] == "traffic-police")
    assert "I can withdraw at any time" in police["words"]
    assert "Driver licence" in police["holds"][0]

    begun = done(app.post(f"{AT}/searches", registries=["traffic-police"]))
    assert done(app.post(f"{AT}/searches", registries=["traffic-police"]))["id"] == begun["id"]
    assert Consent.objects.get(citizen=person.citizen).words == police["words"]
    page = done(app.get(f"{AT}/searches/{begun['id']}"))
    assert (page["answered"], page["moves"], page["silent"][0]["is_asked"]) == (0, True, True)
    jobs.run_due()
    page = done(app.get(f"{AT}/searches/{begun['id']}"))
    proposal = page["proposals"][0]
    assert (proposal["kind"], page["answered"]) == ("DRIVER_LICENCE", 1)

    place = {"registry": proposal["registry"], "place": proposal["place"]}
    linked = done(app.post(f"{AT}/searches/{begun['id']}/link", **place))
    again = done(app.post(f"{AT}/searches/{begun['id']}/link", **place))
    assert linked == again
    waiting = next(one for one in done(app.get(AT))["papers"] if one["id"] == linked["id"])
    assert (waiting["state"], waiting["progress"]["step"]) == ("VERIFYING", "WAITS")
    jobs.run_due()

    paper = done(app.get(f"{AT}/{linked['id']}"))
    assert paper["paper"]["state"] == "VERIFIED"
    assert paper["paper"]["progress"] is None
    assert paper["number"] == proposal["number"]
    assert {"name", "birth_date"} <= {fact["code"] for fact in paper["facts"]}
    [check] = paper["checks"]
    assert (check["reason"], check["outcome"], check["differing"]) == ("LINK", "VERIFIED", [])

    assert app.post(f"{AT}/{linked['id']}/check").status_code == 202
    jobs.run_due()
    assert len(done(app.get(f"{AT}/{linked['id']}"))["checks"]) == 2
    assert done(app.post(f"{AT}/{linked['id']}/unlink")) is None
    assert done(app.post(f"{AT}/{linked['id']}/unlink")) is None
    assert states(app) == {"ID_CARD": "VERIFIED"}
    assert [one["id"] for one in done(app.get(f"{AT}/left"))["papers"]] == [linked["id"]]
    assert done(app.get(f"{AT}/{linked['id']}"))["facts"] == []
    assert AuditEvent.objects.filter(name="documents.paper_unlinked").count() == 1


def test_a_paper_that_does_not_agree_says_both_values(
    app: App, person: Account, sandbox: OutsideWorld
) -> None:
    made = done(app.post(f"{AT}/link", kind="DRIVER_LICENCE", number="790 123 456 791"))
    again = done(app.post(f"{AT}/link", kind="DRIVER_LICENCE", number="790123456791"))
    assert made["id"] == again["id"]
    jobs.run_due()

    paper = done(app.get(f"{AT}/{made['id']}"))

    assert paper["paper"]["state"] == "MISMATCH"
    [difference] = paper["differences"]
    assert (difference["code"], difference["in_register"]) == ("name", "NGUYỄN VĂN AN")
    assert difference["on_paper"] not in {"", difference["in_register"]}
    assert paper["checks"][0]["differing"] == [difference["label"]]
    problem = refused(app.post(of_id(made["id"], "/codes"), level="BASIC"), 409, "not_verified")
    assert "does not agree" in problem["detail"]


def of_id(public_id: str, what: str) -> str:
    return f"{AT}/{public_id}{what}"


def test_a_silent_registry_says_since_when_and_when_next(app: App, sandbox: OutsideWorld) -> None:
    made = done(app.post(f"{AT}/link", kind="DRIVER_LICENCE", number="790123456795"))
    jobs.run_due()

    progress = done(app.get(f"{AT}/{made['id']}"))["paper"]["progress"]

    assert progress["step"] == "SILENT"
    assert progress["since"] < progress["next_at"]


# --- Corrections ----------------------------------------------------------------------------------
def test_a_correction_is_asked_for_followed_and_taken_back(
    app: App, person: Account, sandbox: OutsideWorld
) -> None:
    made = done(app.post(f"{AT}/link", kind="DRIVER_LICENCE", number="790123456791"))
    jobs.run_due()
    place = f"{AT}/{made['id']}/corrections"
    case = done(app.get(place))
    assert case["sides"] == ["POPULATION", "REGISTRY", "NEITHER"]
    assert (case["differences"][0]["missing"], case["open_id"]) == (["VĂN"], "")

    asked = done(app.post(place, side="POPULATION", words="Cấp năm 2015"))
    assert done(app.post(place, side="POPULATION"))["id"] == asked["id"]
    assert done(app.get(place))["open_id"] == asked["id"]
    assert done(app.get(f"{AT}/{made['id']}"))["paper"]["correction"]["id"] == asked["id"]
    one = f"{AT}/corrections/{asked['id']}"
    page = done(app.get(one))
    assert (page["correction"]["state"], page["words"]) == ("SENDING", "Cấp năm 2015")
    jobs.run_due()
    page = done(app.get(one))
    assert (page["correction"]["state"], page["correction"]["paper"]) == ("OPEN", made["id"])
    assert page["has_it"]
    [line] = done(app.get(f"{AT}/corrections"))["corrections"]
    assert line["correction"]["reference"] == asked["reference"]

    for _twice in range(2):
        assert done(app.post(f"{one}/withdraw")) is None
    assert done(app.get(one))["correction"]["state"] == "WITHDRAWN"
    assert Correction.objects.count() == 1


def test_a_correction_that_cannot_be(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    place = of(paper, "/corrections")
    problem = refused(app.post(place, side="NEITHER"), 422, "invalid")
    assert problem["errors"]["words"][0]["code"] == "required"
    refused(app.post(place, side="REGISTRY", words="Sai hạng"), 409, "nothing_to_correct")
    refused(app.post(place, side="NEITHER", words="x" * 501), 422, "invalid")
    refused(app.post(f"{AT}/id-card/corrections", side="NEITHER", words="Sai"), 404, "not_found")
    assert not Correction.objects.exists()
    made = done(app.post(place, side="NEITHER", words="Sai hạng"))
    Correction.objects.update(state="REFUSED", answered_at=clock.now())
    refused(app.post(f"{AT}/corrections/{made['id']}/withdraw"), 409, "correction_not_open")


# --- Showing and sharing --------------------------------------------------------------------------
READER = Viewer(actor=ANYONE, device="Chrome, Android", place="", press="")


def read(code: str) -> Any:
    return verify.open_code(code, viewer=READER, now=clock.now())


def test_a_code_is_made_and_read_once(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    levels = done(app.get(of(paper, "/levels")))["levels"]
    assert [one["level"] for one in levels] == list(Level)
    assert done(app.get(of(paper, "/codes"))) == {"last": None}

    first = done(app.post(of(paper, "/codes"), level="MINIMUM"))
    made = done(app.post(of(paper, "/codes"), level="BASIC"))

    assert made["link"].endswith(f"/verify/{made['code']}/")
    assert not isinstance(read(first["code"]), Genuine), "a newer code takes its place"
    assert isinstance(read(made["code"]), Genuine)
    assert not isinstance(read(made["code"]), Genuine)
    last = done(app.get(of(paper, "/codes")))["last"]
    assert (last["level"], last["read_at"] is not None) == ("BASIC", True)
    assert made["code"] not in json.dumps(last)


def test_a_copy_is_shared_read_and_closed(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    wanted = {
        "purpose": "Công ty Mẫu, hồ sơ nhận việc", "level": "BASIC", "days": 7, "views": 3,
        "form_id": "one-press",
    }  # fmt: skip
    made = done(app.post(of(paper, "/shares"), **wanted))
    again = done(app.post(of(paper, "/shares"), **wanted))
    assert again["shared"]["id"] == made["shared"]["id"]
    assert Share.objects.count() == 1
    assert isinstance(read(made["code"]), Genuine)

    place = f"{AT}/shares/{made['shared']['id']}"
    opened = done(app.get(place))
    assert [view["device"] for view in opened["views"]] == ["Chrome, Android"]
    assert (opened["shared"]["views_used"], opened["shared"]["state"]) == (1, "open")
    assert opened["link"] == made["link"]
    [line] = done(app.get(of(paper, "/shares")))["shares"]
    assert (line["purpose"], line["paper"]) == (wanted["purpose"], paper.public_id)
    assert made["code"] not in json.dumps(line)
    for _twice in range(2):
        assert done(app.post(f"{place}/revoke")) is None
    assert done(app.get(place))["shared"]["state"] == "revoked"
    assert not isinstance(read(made["code"]), Genuine)
    assert AuditEvent.objects.filter(name="documents.share_revoked").count() == 1


def test_sharing_needs_a_fresh_proof_and_showing_none(person: Account) -> None:
    paper = wallets.make_paper(person)
    with clock.frozen(clock.now() - timedelta(minutes=14)):
        app = signed_in(person)
    sent = {"purpose": "Công ty Mẫu", "level": "BASIC", "days": 7, "views": 3}

    problem = refused(app.post(of(paper, "/shares"), **sent), 403, "step_up_needed")

    assert problem["prove_at"] == "/api/v1/account/prove"
    assert done(app.post(of(paper, "/codes"), level="BASIC"))["code"]
    assert not Share.objects.exists()


def test_a_signed_copy_is_made_once_fetched_and_revoked(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    wanted = {"purpose": "Công ty Mẫu, hồ sơ nhận việc", "level": "BASIC", "language": "vi"}
    made = done(app.post(of(paper, "/copies"), **wanted))
    assert done(app.post(of(paper, "/copies"), **wanted))["id"] == made["id"]
    answer = app.get(f"{AT}/copies/{made['id']}/file")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.content.startswith(b"%PDF-")

    for _twice in range(2):
        assert done(app.post(f"{AT}/copies/{made['id']}/revoke")) is None
    refused(app.get(f"{AT}/copies/{made['id']}/file"), 404, "not_found")
    [line] = done(app.get(f"{AT}/copies"))["copies"]
    assert (line["purpose"], line["revoked_at"] is None) == (wanted["purpose"], False)
    assert AuditEvent.objects.filter(name="documents.copy_revoked").count() == 1


def test_a_card_is_made_once_printed_and_revoked(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    wanted = {
        "level": "BASIC", "language": "en", "with_name": False, "form_id": "7K2M9QT4B8WRZC3X5Y6V1N",
    }  # fmt: skip
    made = done(app.post(of(paper, "/cards"), **wanted))
    assert done(app.post(of(paper, "/cards"), **wanted)) == made
    assert verify.read(made["id"]) == made["id"]
    another = done(app.post(of(paper, "/cards"), level="MINIMUM", language="vi"))
    assert another["id"] != made["id"]
    assert app.get(f"{AT}/cards/{made['id']}/file").content.startswith(b"%PDF-")
    done(app.post(f"{AT}/cards/{made['id']}/revoke"))
    refused(app.get(f"{AT}/cards/{made['id']}/file"), 404, "not_found")
    cards = done(app.get(f"{AT}/copies"))["cards"]
    assert [card["revoked_at"] is None for card in cards] == [True, False]


@pytest.mark.parametrize("wrong", [{"purpose": "x"}, {"language": "fr"}, {"level": ""}])
def test_a_copy_that_cannot_be(app: App, person: Account, wrong: dict[str, str]) -> None:
    paper = wallets.make_paper(person)
    sent = {"purpose": "Công ty Mẫu", "level": "BASIC", "language": "vi"} | wrong
    assert refused(app.post(of(paper, "/copies"), **sent), 422, "invalid")["errors"].keys() == {*wrong}  # fmt: skip
    answer = app.post(of(paper, "/cards"), level="BASIC", language="vi", form_id="x" * 23)
    assert refused(answer, 422, "invalid")["errors"].keys() == {"form_id"}


def test_the_calendar_has_one_link(app: App, person: Account) -> None:
    place = f"{AT}/calendar"
    assert done(app.get(place)) == {"id": None, "address": None}
    made = done(app.post(place))
    assert done(app.post(place)) == made == done(app.get(place))
    renewed = done(app.post(f"{place}/renew", id=made["id"]))
    assert renewed["id"] != made["id"]
    assert done(app.post(f"{place}/renew", id=made["id"])) == renewed, "the old one is named"
    done(app.post(f"{place}/stop", id=made["id"]))
    assert done(app.get(place)) == renewed
    done(app.post(f"{place}/stop", id=renewed["id"]))
    assert done(app.get(place)) == {"id": None, "address": None}
    assert CalendarFeed.objects.filter(account=person, revoked_at__isnull=True).count() == 0


def test_the_photo_is_the_registers(app: App, person: Account) -> None:
    refused(app.get(f"{AT}/photo"), 404, "not_found")
    holder = showing.make_holder(16)
    answer = signed_in(holder).get(f"{AT}/photo")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer.content == showing.JPEG
    assert answer["Cache-Control"] == "no-store"


# --- For a child ----------------------------------------------------------------------------------
def test_a_guardian_acts_for_a_child(
    guardian: Account, guardianship: Guardianship, sandbox: OutsideWorld
) -> None:
    app, ward = signed_in(guardian), guardianship.public_id
    begun = done(app.post(f"{AT}/searches", registries=["social-insurance"], ward=ward))
    search = Search.objects.get(public_id=begun["id"])
    assert (search.citizen_id, search.asked_by_id) == (guardianship.ward_id, guardian.pk)
    jobs.run_due()
    proposal = done(app.get(f"{AT}/searches/{begun['id']}"))["proposals"][0]
    assert proposal["kind"] == "HEALTH_INSURANCE"
    linked = done(
        app.post(
            f"{AT}/searches/{begun['id']}/link",
            registry=proposal["registry"],
            place=proposal["place"],
        )
    )
    jobs.run_due()

    assert linked["id"] not in {one["id"] for one in done(app.get(AT))["papers"]}
    [paper] = done(app.get(AT, ward=ward))["papers"]
    assert (paper["id"], paper["state"]) == (linked["id"], "VERIFIED")
    assert done(app.get(f"{AT}/{linked['id']}"))["paper"]["id"] == linked["id"]
    assert done(app.post(f"{AT}/{linked['id']}/codes", level="BASIC"))["code"]
    assert AuditEvent.objects.filter(
        name="accounts.acted_for_ward", subject_id=guardianship.ward_id
    ).exists()
    done(app.post(f"{AT}/{linked['id']}/unlink"))
    assert [one["id"] for one in done(app.get(f"{AT}/left", ward=ward))["papers"]] == [linked["id"]]


def test_a_guardianship_that_is_over_or_anothers_opens_nothing(
    app: App, person: Account, guardian: Account, guardianship: Guardianship
) -> None:
    ward = guardianship.public_id
    paper = papers.link(guardian, papers.vehicle(), citizen=guardianship.ward)
    for path in (AT, f"{AT}/left", f"{AT}/photo"):
        refused(app.get(path, ward=ward), 404, "no_such_ward")
    sent = {"registries": ["traffic-police"], "ward": ward}
    refused(app.post(f"{AT}/searches", **sent), 404, "no_such_ward")
    sent = {"kind": "DRIVER_LICENCE", "number": "790123456767", "ward": ward}
    refused(app.post(f"{AT}/link", **sent), 404, "no_such_ward")
    refused(app.get(of(paper)), 404, "not_found")

    mine = signed_in(guardian)
    assert done(mine.get(of(paper)))["paper"]["id"] == paper.public_id
    Guardianship.objects.update(state="ENDED", ended_at=clock.now(), end_reason="DECISION")
    refused(mine.get(of(paper)), 404, "not_found")
    refused(mine.get(AT, ward=ward), 404, "no_such_ward")


# --- Refusals -------------------------------------------------------------------------------------
def test_a_paper_in_another_wallet_is_refused_without_saying_whose(
    app: App, sandbox: OutsideWorld
) -> None:
    other = papers.known("001187000002")
    papers.link(other, papers.licence())

    answer = app.post(f"{AT}/link", kind="DRIVER_LICENCE", number=wallets.LICENCE)

    refused(answer, 409, "linked_elsewhere")
    for secret in (other.citizen.full_name, other.citizen.personal_number, "Bình"):
        assert secret not in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("DRIVER_LICENCE", "79012345676", "number_refused"),
        ("VEHICLE_REGISTRATION", "30I-123.45", "number_refused"),
        ("ID_CARD", "001085000001", "not_linkable"),
        ("NOTHING", "1", "not_linkable"),
    ],
)
def test_a_number_that_cannot_be(app: App, kind: str, number: str, code: str) -> None:
    problem = refused(app.post(f"{AT}/link", kind=kind, number=number), 422, code)
    assert len(problem["detail"]) > 10
    assert not Document.objects.exists()


def test_what_comes_too_often_says_until_when(app: App, person: Account) -> None:
    paper = wallets.make_paper(person)
    limits: dict[str, tuple[int, Callable[[int], Any], str]] = {
        "checks": (policy.CHECK_NOW.allowed, lambda _turn: app.post(of(paper, "/check")), "too_many_checks"),
        "codes": (
            policy.SHOW.allowed,
            lambda _turn: app.post(of(paper, "/codes"), level="BASIC"),
            "too_many_codes",
        ),
    }  # fmt: skip
    for allowed, ask, code in limits.values():
        for turn in range(allowed):
            assert ask(turn).status_code < 300
        problem = refused(ask(allowed), 429, code)
        assert problem["retry_after"] > 0
        assert problem["until"]
    assert Presentation.objects.count() == policy.SHOW.allowed


def test_a_search_of_nothing_and_a_proposal_of_nothing(app: App, person: Account) -> None:
    refused(app.post(f"{AT}/searches", registries=[]), 422, "nothing_chosen")
    refused(app.post(f"{AT}/searches", registries=["population"]), 422, "nothing_chosen")
    assert not Consent.objects.exists()
    search = Search.objects.create(citizen=person.citizen, asked_by=person, asked_at=clock.now())
    for place in (-1, 0, 10**9):
        answer = app.post(
            f"{AT}/searches/{search.public_id}/link", registry="traffic-police", place=place
        )
        refused(answer, 409, "no_such_proposal")


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "vì"}, {"purpose": "\u202e" * 9}, {"purpose": "x" * 81}, {"days": 2}, {"days": "7"},
        {"views": True}, {"views": 0}, {"level": "ALL"}, {"form_id": "x" * 23}, {"paper": "id-card"},
    ],
)  # fmt: skip
def test_a_share_that_cannot_be(app: App, person: Account, wrong: dict[str, Any]) -> None:
    paper = wallets.make_paper(person)
    sent = {"purpose": "Công ty Mẫu", "level": "BASIC", "days": 7, "views": 3} | wrong

    problem = refused(app.post(of(paper, "/shares"), **sent), 422, "invalid")

    assert problem["errors"].keys() == ({""} if "paper" in wrong else wrong.keys())
    assert not Share.objects.exists()


@pytest.mark.parametrize("what", ["/check", "/unlink"])
def test_the_id_card_is_no_row(app: App, what: str) -> None:
    refused(app.post(f"{AT}/id-card{what}"), 404, "not_found")
    assert done(app.get(f"{AT}/id-card"))["paper"]["kind"] == "ID_CARD"


# --- Whose ids ------------------------------------------------------------------------------------
@dataclass
class Belongings:
    """Something of each thing that has an id, of one person."""

    account: Account
    ids: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def theirs() -> Belongings:
    """Another citizen's."""
    account = factories.make_account(factories.make_citizen(17))
    factories.make_card(account.citizen)
    paper, app = wallets.make_paper(account), signed_in(account)
    share = done(app.post(of(paper, "/shares"), purpose="Công ty Mẫu", level="BASIC", days=7, views=3))  # fmt: skip
    search = Search.objects.create(citizen=account.citizen, asked_by=account, asked_at=clock.now())
    asked = done(app.post(of(paper, "/corrections"), side="NEITHER", words="Sai hạng"))
    drawn = {"level": "BASIC", "language": "vi"}
    copy = done(app.post(of(paper, "/copies"), purpose="Công ty Mẫu", **drawn))
    card = done(app.post(of(paper, "/cards"), **drawn))
    return Belongings(
        account,
        {
            "cards": card["id"],
            "copies": copy["id"],
            "corrections": asked["id"],
            "shares": share["shared"]["id"],
            "searches": search.public_id,
            "": paper.public_id,
        },
    )


def id_for(known: Known, ids: dict[str, str]) -> str:
    """The id that the place of an operation is about."""
    section = known.path.removeprefix(f"{AT}/").partition(NOBODYS)[0].rstrip("/")
    return ids[section]


@pytest.mark.parametrize("known", OF_ONE, ids=lambda one: one.told.name)
def test_another_persons_id_is_like_one_of_nothing(
    app: App, person: Account, theirs: Belongings, known: Known
) -> None:
    there = known.path.replace(NOBODYS, id_for(known, theirs.ids))

    nothing = app.ask(known.method, known.path, known.sample())
    foreign = app.ask(known.method, there, known.sample())

    assert foreign.status_code == 404
    assert neutral(nothing) == neutral(foreign)
    own = signed_in(theirs.account).ask(known.method, there, known.sample())
    assert own.status_code != 404, "the id is one"


@pytest.mark.parametrize("known", OURS, ids=lambda one: one.told.name)
def test_nobody_but_citizens_gets_in(known: Known) -> None:
    path = known.path.replace(NOBODYS, "id-card")
    assert App().ask(known.method, path, known.sample()).status_code == 401
    office = factories.make_office()
    for account, place in (
        (factories.make_staff(51), office.pk),
        (factories.make_staff(60, kind=AccountKind.ADMINISTRATOR), None),
    ):
        app = signed_in(account, office_id=place)
        refused(app.ask(known.method, path, known.sample()), 403, "forbidden")


@pytest.mark.parametrize("known", LOOKS, ids=lambda one: one.told.name)
def test_looking_writes_nothing_but_looks(person: Account, known: Known) -> None:
    paper = wallets.make_paper(person)
    app = signed_in(person)
    before = (AuditEvent.objects.count(), Document.objects.get().state, jobs.run_due())
    app.get(known.path.replace(NOBODYS, paper.public_id))
    assert (AuditEvent.objects.count(), Document.objects.get().state, 0) == before


def test_a_citizen_of_level_one_sees_no_other_wallet(theirs: Belongings) -> None:
    low = factories.make_account(factories.make_citizen(18), level=1)
    listed = done(signed_in(low).get(AT))["papers"]
    assert theirs.ids[""] not in {one["id"] for one in listed}
