"""Premiums that are chosen: the insurer makes the bill, once, at the amount of the law's figures or not at all."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.models import Account
from accounts.selectors import wards
from accounts.services import guardianships
from eid_portal.core import clock, outside
from eid_portal.core.outside import Accepted, Outcome, Refused, Unknown
from payments.enums import BillState, PaymentState
from payments.gateways import insurers
from payments.gateways.base import NotDone
from payments.models import Bill, CustomerCode, Payment
from payments.selectors import premiums as selectors
from payments.services import bills, premiums
from tests import factories
from tests.outside_world import OutsideWorld
from tests.payments.factories import make_link, make_order
from tests.payments.world import on_a_thread

HEAD = "001085000001"  # of a household of five
LEAST = 1_500_000


def of_the_household() -> Account:
    citizen = factories.make_citizen(1, personal_number=HEAD, full_name="Nguyễn Văn An")
    return factories.make_account(citizen)


@pytest.fixture
def account(db: None) -> Account:
    return of_the_household()


@pytest.fixture
def household(sandbox: OutsideWorld, account: Account) -> selectors.HouseholdPage:
    premiums.ask_household(account=account, now=clock.now())
    page = selectors.household(account, now=clock.now())
    assert page is not None
    return page


@pytest.fixture
def social(sandbox: OutsideWorld, account: Account) -> selectors.SocialPage:
    premiums.ask_social(account=account, now=clock.now())
    page = selectors.social(account, now=clock.now())
    assert page is not None
    return page


def make(account: Account, members: list[str], months: int = 12, key: UUID | None = None) -> Bill:
    return premiums.make_household(
        account=account, members=members, months=months, key=key or uuid4(), now=clock.now()
    )


def insure(account: Account, income: int = LEAST, months: int = 1, key: UUID | None = None) -> Bill:
    return premiums.make_social(
        account=account, income=income, months=months, key=key or uuid4(), now=clock.now()
    )


def open_amounts(kind: str) -> list[int]:
    rows = Bill.objects.filter(biller__kind=kind, state=BillState.OPEN)
    return sorted(rows.values_list("amount", flat=True))


# --- Who can be insured ---------------------------------------------------------------------------
def test_one_is_named_oneself_and_strangers_only_as_the_insurer_masks_them(
    household: selectors.HouseholdPage,
) -> None:
    first, *rest = household.members
    assert (first.name, first.is_self) == ("Nguyễn Văn An", True)
    assert rest[0].name == "T*** T** B***"
    assert not any(one.is_self or one.is_ward or one.is_insured for one in rest)


def test_the_insurer_is_told_of_wards_and_says_which_members_they_are(
    sandbox: OutsideWorld, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward = factories.make_citizen(4, personal_number="001216000004", full_name="Nguyễn Gia Đức")

    class Guarded:
        citizen = ward

    acting: Callable[..., Any] = lambda *_who, **_when: [Guarded]  # noqa: E731 - a stand-in
    monkeypatch.setattr(guardianships, "list_acting", acting)
    premiums.ask_household(account=account, now=clock.now())
    page = selectors.household(account, now=clock.now())
    assert page is not None
    assert not any(one.is_ward for one in page.members)  # nobody's guardian any more: masked again
    monkeypatch.setattr(wards, "list_in_force", acting)
    page = selectors.household(account, now=clock.now())
    assert page is not None
    assert [one.name for one in page.members if one.is_ward] == ["Nguyễn Gia Đức"]


def test_who_the_insurer_does_not_know_is_told_so(sandbox: OutsideWorld, db: None) -> None:
    stranger = factories.make_account(
        factories.make_citizen(2, personal_number="001085999999", full_name="Không Có")
    )
    for ask in (premiums.ask_household, premiums.ask_social):
        with pytest.raises(premiums.NoInsurer):
            ask(account=stranger, now=clock.now())
    assert not CustomerCode.objects.exists()


# --- Making bills ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("places", "months", "amount"),
    [
        ([0], 3, 315_900),
        ([4], 6, 631_800),
        ([0, 1], 12, 2_148_120),
        ([0, 2, 3], 6, 1_453_140),
        ([0, 1, 2, 3, 4], 3, 1_010_880),
        ([0, 1, 2, 3, 4], 12, 4_043_520),
    ],
)
def test_the_chosen_members_are_billed_in_the_order_of_the_law(
    account: Account,
    household: selectors.HouseholdPage,
    places: list[int],
    months: int,
    amount: int,
) -> None:
    bill = make(account, [household.members[place].member for place in places], months)
    assert (bill.amount, bill.state) == (amount, BillState.OPEN)
    shares = [line["percent"] for line in bill.details["lines"]]
    assert shares == [100, 70, 60, 50, 40][: len(places)]
    assert {line["quantity"] for line in bill.details["lines"]} == {months}


@pytest.mark.parametrize(
    ("income", "months", "amount"),
    [
        (LEAST, 1, 264_000),
        (LEAST, 12, 3_168_000),
        (5_000_000, 3, 3_102_000),
        (1_500_001, 1, 264_000),
        (1_500_003, 6, 1_584_006),
        (46_800_000, 12, 122_760_000),
    ],
)
def test_an_income_is_billed_less_the_states_part(
    account: Account, social: selectors.SocialPage, income: int, months: int, amount: int
) -> None:
    assert insure(account, income, months).amount == amount


def test_pressed_twice_it_is_one_bill_and_another_choice_replaces_it(
    account: Account, household: selectors.HouseholdPage
) -> None:
    members = [one.member for one in household.members]
    key = uuid4()
    first = make(account, members[:2], 12, key)
    assert make(account, members[:2], 12, key) == first
    assert make(account, members[:2], 12) == first  # the same choice from another window
    second = make(account, members[:3], 12, key)
    assert open_amounts("HEALTH_INSURANCE") == [second.amount]
    first.refresh_from_db()
    assert first.state == BillState.WITHDRAWN
    with pytest.raises(premiums.MadeBefore):  # the old form, sent again
        make(account, members[:2], 12, key)
    again = make(account, members[:2], 12)
    assert open_amounts("HEALTH_INSURANCE") == [again.amount]


def test_the_insurers_own_bill_is_replaced_or_found_to_be_the_same(
    account: Account, household: selectors.HouseholdPage
) -> None:
    bills.find_mine(account=account, now=clock.now())
    ready = Bill.objects.get(biller__kind="HEALTH_INSURANCE")
    assert make(account, [one.member for one in household.members], 12) == ready
    few = make(account, [household.members[0].member], 3)
    bills.find_mine(account=account, now=clock.now())
    assert open_amounts("HEALTH_INSURANCE") == [few.amount]


def test_members_who_are_insured_count_and_are_not_insured_again(
    account: Account, household: selectors.HouseholdPage
) -> None:
    first = make(account, [household.members[0].member], 3)
    paid = outside.call(
        "health-premiums", "POST", "/v1/payments", tag="eid-health-premiums", idempotency_key="P-1",
        payload={"reference": "P-1", "bill": first.reference, "amount": first.amount, "paid_at": "2026-11-26"},
    )  # fmt: skip
    assert isinstance(paid, Accepted)
    with pytest.raises(premiums.NotInsurable):  # the page does not know it yet
        make(account, [household.members[0].member], 6)
    with pytest.raises(premiums.OtherAmount):
        make(account, [household.members[1].member], 3)
    premiums.ask_household(account=account, now=clock.now())
    with pytest.raises(premiums.NotAMember):
        make(account, [household.members[0].member], 6)
    assert make(account, [household.members[1].member], 3).amount == 73_710 * 3


def test_another_amount_than_the_laws_is_not_kept(
    account: Account, social: selectors.SocialPage
) -> None:
    with pytest.raises(premiums.OtherAmount) as refused:
        insure(account, 5_000_203)
    assert "1.034.545" in str(refused.value.message)
    assert "1.034.045" in str(refused.value.message)
    assert open_amounts("SOCIAL_INSURANCE") == []


def test_what_a_bill_of_another_amount_replaced_is_not_offered_any_more(
    account: Account, social: selectors.SocialPage
) -> None:
    before = insure(account, 2_000_000)
    with pytest.raises(premiums.OtherAmount):
        insure(account, 5_000_203)
    before.refresh_from_db()
    assert before.state == BillState.WITHDRAWN
    assert insure(account, 5_000_000).amount == 1_034_000
    bills.find_mine(account=account, now=clock.now())
    assert open_amounts("SOCIAL_INSURANCE") == [1_034_000]


@pytest.mark.parametrize(
    ("ending", "refused"),
    [
        (201, premiums.NotInsurable),
        (202, premiums.NotInsurable),
        (204, premiums.InsurerSilent),
        (205, premiums.InsurerSilent),
        (206, premiums.InsurerSilent),
        (209, premiums.InsurerSilent),
        (211, premiums.InsurerSilent),
        (212, premiums.NotInsurable),
        (214, premiums.InsurerSilent),
    ],
)
def test_whatever_the_insurer_does_no_bill_is_kept_that_it_did_not_say(
    account: Account, social: selectors.SocialPage, ending: int, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        insure(account, 5_000_000 + ending)
    assert not Bill.objects.exists()
    assert insure(account, 5_000_000).amount == 1_034_000
    assert open_amounts("SOCIAL_INSURANCE") == [1_034_000]


def test_after_silence_the_same_press_gives_the_one_bill(
    account: Account, social: selectors.SocialPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, send = uuid4(), outside.send

    def lost(*asked: Any) -> Outcome:
        send(*asked)
        return Unknown("read_timeout")

    with monkeypatch.context() as silent:
        silent.setattr(outside, "send", lost)
        with pytest.raises(premiums.InsurerSilent):
            insure(account, 2_000_000, 3, key)
    bill = insure(account, 2_000_000, 3, key)
    bills.find_mine(account=account, now=clock.now())
    assert open_amounts("SOCIAL_INSURANCE") == [bill.amount]


def test_a_bill_that_is_being_paid_is_not_replaced(
    account: Account, social: selectors.SocialPage
) -> None:
    bill = insure(account, 2_000_000)
    _order, payments = make_order(make_link(account), payment=PaymentState.IN_FLIGHT)
    Payment.objects.filter(pk=payments[0].pk).update(bill=bill)
    with pytest.raises(premiums.BeingPaid):
        insure(account, 3_000_000)
    bill.refresh_from_db()
    assert bill.state == BillState.OPEN


@pytest.mark.django_db(transaction=True)
def test_pressed_in_threads_it_is_one_bill(sandbox: OutsideWorld) -> None:
    account = of_the_household()
    premiums.ask_household(account=account, now=clock.now())
    page = selectors.household(account, now=clock.now())
    assert page is not None
    members, key = [one.member for one in page.members[:3]], uuid4()
    with ThreadPoolExecutor(4) as pool:
        made = set(
            pool.map(on_a_thread(lambda _place: make(account, members, 6, key).pk), range(8))
        )
    assert len(made) == 1
    assert open_amounts("HEALTH_INSURANCE") == [1_453_140]


def test_different_choices_in_threads_leave_one_bill_to_pay(
    sandbox: OutsideWorld, transactional_db: None
) -> None:
    account = of_the_household()
    premiums.ask_household(account=account, now=clock.now())
    page = selectors.household(account, now=clock.now())
    assert page is not None
    members = [one.member for one in page.members]

    def press(place: int) -> None:
        with suppress(premiums.MadeBefore):  # another window was faster
            make(account, members[: place + 1], 12)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(on_a_thread(press), range(4)))
    bills.find_mine(account=account, now=clock.now() + timedelta(seconds=1))
    assert len(open_amounts("HEALTH_INSURANCE")) == 1


@pytest.mark.parametrize(
    ("members", "months", "refused"),
    [
        ([], 12, premiums.NotAMember),
        (["M0000000000"], 12, premiums.NotAMember),
        ([0, "M0000000000"], 12, premiums.NotAMember),
        ([0], 0, premiums.BadMonths),
        ([0], -3, premiums.BadMonths),
        ([0], 1, premiums.BadMonths),
        ([0], 13, premiums.BadMonths),
    ],
)
def test_a_choice_that_is_not_offered_is_refused_before_anybody_is_asked(
    account: Account,
    household: selectors.HouseholdPage,
    monkeypatch: pytest.MonkeyPatch,
    members: list[Any],
    months: int,
    refused: type[Exception],
) -> None:
    monkeypatch.setattr(outside, "send", None)
    chosen = [one if isinstance(one, str) else household.members[one].member for one in members]
    with pytest.raises(refused):
        make(account, chosen, months)


@pytest.mark.parametrize(
    ("income", "months", "refused"),
    [
        (LEAST - 1, 1, premiums.BadIncome),
        (0, 1, premiums.BadIncome),
        (-LEAST, 1, premiums.BadIncome),
        (46_800_001, 1, premiums.BadIncome),
        (LEAST, 2, premiums.BadMonths),
        (LEAST, 0, premiums.BadMonths),
    ],
)
def test_floor_ceiling_and_months_hold(
    account: Account,
    social: selectors.SocialPage,
    monkeypatch: pytest.MonkeyPatch,
    income: int,
    months: int,
    refused: type[Exception],
) -> None:
    monkeypatch.setattr(outside, "send", None)
    with pytest.raises(refused):
        insure(account, income, months)


def test_nobody_makes_a_bill_before_the_insurer_was_asked(
    sandbox: OutsideWorld, account: Account
) -> None:
    with pytest.raises(premiums.NotAsked):
        make(account, ["M0000000000"])
    with pytest.raises(premiums.NotAsked):
        insure(account)


def test_insurers_are_not_asked_without_end(account: Account, social: selectors.SocialPage) -> None:
    for _press in range(19):
        insure(account)
    with pytest.raises(bills.AskedTooOften):
        insure(account)
    assert open_amounts("SOCIAL_INSURANCE") == [264_000]


# --- The wire -------------------------------------------------------------------------------------
def order(**payload: Any) -> Outcome:
    return outside.send(
        "health-premiums",
        insurers.order_call(
            "health-premiums",
            reference="R-1",
            personal_number=payload.pop("personal_number", HEAD),
            chosen=payload,
        ),
    )


def refusal(said: Outcome) -> str:
    assert isinstance(said, Refused)
    return said.code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"members": [], "months": 12}, "malformed_members"),
        ({"members": "all", "months": 12}, "malformed_members"),
        ({"members": ["M1"], "months": "12"}, "malformed_months"),
        ({"members": ["M1"], "months": True}, "malformed_months"),
        ({"members": ["M1"], "months": 12}, "not_insurable"),
        ({"members": ["M1"], "months": 12, "personal_number": "1"}, "malformed_personal_number"),
    ],
)
def test_the_insurer_refuses_what_is_malformed(
    sandbox: OutsideWorld, db: None, payload: dict[str, Any], code: str
) -> None:
    assert refusal(order(**payload)) == code


def test_a_reference_is_for_one_choice(
    account: Account, household: selectors.HouseholdPage
) -> None:
    members = [one.member for one in household.members]
    first = order(members=members[:1], months=3)
    assert isinstance(first, Accepted)
    assert order(members=members[:1], months=3) == first
    assert refusal(order(members=members[:1], months=6)) == "reference_used"
    code = household.code.code
    assert insurers.read_order(Refused("not_insurable"), "R-1", code) == NotDone("not_insurable")
    assert insurers.read_order(first, "R-2", code) == Unknown("other_reference")
    other = insurers.read_order(first, "R-1", "HGD0")
    assert other == Unknown("malformed_customer_code")
    assert HEAD not in str(first.data)


@pytest.mark.parametrize(
    "changed",
    [
        {"members": []},
        {"members": None},
        {"customer_code": ""},
        {"members": [{"member": "M100000", "name": "A", "asked": 1, "insured": False}]},
        {"members": [{"member": "M100000", "name": "A", "asked": -1, "insured": False}]},
        {"members": [{"member": "M100000", "name": "A", "asked": 0, "insured": 0}]},
        {"members": [{"member": "<b>", "name": "A", "asked": 0, "insured": False}]},
        {"members": [{"member": "M100000", "name": "A", "asked": 0, "insured": False}] * 2},
    ],
)
def test_a_household_that_is_half_understood_is_none(changed: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "customer_code": "HGD1",
        "members": [{"member": "M100000", "name": "A", "asked": 0, "insured": False}],
    }
    assert isinstance(insurers.read_household(Accepted(good), 1), insurers.Household)
    assert isinstance(insurers.read_household(Accepted(good | changed), 1), Unknown)


def test_terms_of_a_group_nobody_knows_are_none() -> None:
    said: dict[str, Any] = {"customer_code": "TN1", "group": "rich", "supported_months": 0}
    assert insurers.read_social_terms(Accepted(said)) == Unknown("malformed_group")
    said |= {"group": "poor", "supported_months": -1}
    assert insurers.read_social_terms(Accepted(said)) == Unknown("malformed_supported_months")


# --- Pages ----------------------------------------------------------------------------------------
HOUSEHOLD, SOCIAL = "/bills/premiums/household/", "/bills/premiums/social/"


@pytest.fixture
def browser(account: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), account)


def sent(browser: Client, address: str, **fields: Any) -> tuple[int, str]:
    answer = browser.post(address, {"key": str(uuid4())} | fields, secure=True)
    return answer.status_code, answer.headers.get("Location") or answer.content.decode()


def key_on(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def test_from_asking_to_the_bill_of_the_household(
    sandbox: OutsideWorld, account: Account, browser: Client
) -> None:
    before = browser.get(HOUSEHOLD, secure=True).content.decode()
    assert "Ask who can be insured" in before
    assert not CustomerCode.objects.exists()  # looking asks nobody
    assert sent(browser, HOUSEHOLD, action="ask") == (303, HOUSEHOLD)
    page = browser.get(HOUSEHOLD, secure=True).content.decode()
    assert "4,043,520" in page
    known = selectors.household(account, now=clock.now())
    assert known is not None
    members = [one.member for one in known.members]
    chosen = {"members": [members[1], members[0]], "months": "6", "key": key_on(page)}
    status, worked = sent(browser, HOUSEHOLD, action="work_out", **chosen)
    assert status == 200
    assert "631,800" in worked
    assert "442,260" in worked  # 70 %
    assert "1,074,060" in worked
    assert key_on(worked) == chosen["key"]
    assert not Bill.objects.exists()
    status, first = sent(browser, HOUSEHOLD, action="make", **chosen)
    assert (status, sent(browser, HOUSEHOLD, action="make", **chosen)) == (303, (303, first))
    assert "1,074,060" in browser.get(first, secure=True).content.decode()
    page = browser.get(HOUSEHOLD, secure=True).content.decode()
    assert "A bill of 1,074,060" in page
    assert sent(browser, HOUSEHOLD, action="make", members=members, months="3")[0] == 303
    status, said = sent(browser, HOUSEHOLD, action="make", **chosen)  # the old form
    assert status == 409
    assert key_on(said) != chosen["key"]
    status, again = sent(browser, HOUSEHOLD, action="make", **(chosen | {"key": key_on(said)}))
    assert (status, again != first) == (303, True)


def test_from_asking_to_the_bill_of_an_income(
    sandbox: OutsideWorld, account: Account, browser: Client
) -> None:
    assert sent(browser, SOCIAL, action="make", income="1500000", months="1") == (303, SOCIAL)
    sent(browser, SOCIAL, action="ask")
    assert "264,000" in browser.get(SOCIAL, secure=True).content.decode()
    chosen = {"income": "5.000.000", "months": "3"}
    status, worked = sent(browser, SOCIAL, action="work_out", **chosen)
    assert status == 200
    for amount in ("3,300,000", "198,000", "3,102,000"):
        assert amount in worked
    status, place = sent(browser, SOCIAL, action="make", **chosen)
    assert status == 303
    assert "3,102,000" in browser.get(place, secure=True).content.decode()


def test_another_amount_and_silence_are_said_and_what_was_typed_stays(
    sandbox: OutsideWorld, account: Account, browser: Client
) -> None:
    sent(browser, SOCIAL, action="ask")
    for income in ("5000203", "5000211"):
        status, said = sent(browser, SOCIAL, action="make", income=income, months="1")
        assert status == 409
        assert f'value="{income}"' in said
        assert "govuk-error-summary" in said
    assert open_amounts("SOCIAL_INSURANCE") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": []},
        {"members": ["M0000000000"]},
        {"members": ["\x00"]},
        {"months": ""},
        {"months": "0"},
        {"months": "-3"},
        {"months": "4"},
        {"months": "１２"},
        {"months": "12.0"},
        {"key": ""},
        {"key": "1"},
    ],
)
@pytest.mark.parametrize("action", ["work_out", "make", "", "\x00"])
def test_a_bad_choice_of_members_is_refused_and_nothing_is_lost(
    account: Account, household: selectors.HouseholdPage, browser: Client, wrong: Any, action: str
) -> None:
    chosen = {"members": [household.members[2].member], "months": "6"}
    status, said = sent(browser, HOUSEHOLD, action=action, **(chosen | wrong))
    assert status == 422
    assert "govuk-error-summary" in said
    kept = (
        'value="6" id="id_months_1" checked'
        if "months" not in wrong
        else household.members[2].member
    )
    assert kept in said
    assert not Bill.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"income": income}
        for income in (
            "", "0", "-1", "-5000000", "1499999", "46800001", "９０００００００", "1e7", "5000000.5", "\x00", "x",
            "9" * 60,
        )
    ]
    + [{"months": months} for months in ("", "0", "2", "-1", "１", "13")],
)  # fmt: skip
def test_a_bad_income_is_refused_and_nothing_is_lost(
    account: Account, social: selectors.SocialPage, browser: Client, wrong: dict[str, str]
) -> None:
    for action in "work_out", "make":
        chosen = {"income": "2.000.000", "months": "3"} | wrong
        status, said = sent(browser, SOCIAL, action=action, **chosen)
        assert status == 422
        assert "govuk-error-summary" in said
        assert ("2.000.000" in said) == ("income" not in wrong)
    assert not Bill.objects.exists()


def test_asked_too_often_one_is_told_to_wait(
    account: Account, social: selectors.SocialPage, browser: Client
) -> None:
    answers = [sent(browser, SOCIAL, action="ask")[0] for _press in range(20)]
    assert answers == [303] * 19 + [429]
