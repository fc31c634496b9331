"""The history: in order, page by page, filtered, added up by months, and as a file no spreadsheet computes with."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import Account
from eid_portal.core import clock
from payments.enums import BillerKind, OrderState, PaymentState, RefundState
from payments.models import Payment
from payments.rules import csv_cells
from payments.selectors import history, history_file
from payments.selectors.history import Filters, Page
from tests import factories
from tests.payments.factories import make_biller, make_link, make_order, make_refund
from tests.payments.paying import make_bill
from tests.payments.receipts import make_paid, make_transfer

pytestmark = pytest.mark.django_db

DANGEROUS = "=+-@\t\r\n＝＋－＠"


@pytest.fixture
def account() -> Account:
    return factories.make_account()


@pytest.fixture
def link(account: Account) -> Any:
    return make_link(account)


@pytest.fixture
def payer(client: Client, account: Account) -> Client:
    return factories.signed_in(client, account)


def opened(account: Account, before: str = "", **filters: Any) -> Page:
    with translation.override("en"):
        return history.open_page(
            account, filters=Filters(**filters), before=before, now=clock.now()
        )


def ids_of(page: Page) -> list[str]:
    return [line.public_id for section in page.sections for line in section.lines]


def walk(account: Account, **filters: Any) -> list[str]:
    """All pages, one after the other."""
    page = opened(account, **filters)
    found = ids_of(page)
    while page.older:
        page = opened(account, page.older, **filters)
        found += ids_of(page)
    return found


def html_of(payer: Client, query: str = "", status: int = 200) -> str:
    answer = payer.get(f"/payments/{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def ago(**span: int) -> datetime:
    return clock.now() - timedelta(**span)


# --- Pages ----------------------------------------------------------------------------------------------
def test_pages_hold_every_payment_once_newest_first(account: Account, link: Any) -> None:
    made = [make_paid(link, at=ago(hours=place)).public_id for place in range(45)]
    _order, together = make_order(
        link, amounts=[1000] * 3, payment=PaymentState.SETTLED, state=OrderState.DEBITED
    )
    # Keys of one millisecond have no order of their own.
    newest = [row.public_id for row in sorted(together, key=lambda row: row.pk, reverse=True)]

    assert walk(account) == newest + made
    assert len(ids_of(opened(account))) == history.PAGE


def test_an_order_is_parted_between_pages_without_loss(account: Account, link: Any) -> None:
    for _order in range(3):
        make_order(
            link, amounts=[1000] * 15, payment=PaymentState.SETTLED, state=OrderState.DEBITED
        )
    found = walk(account)
    assert (len(found), len(set(found))) == (45, 45)


def test_a_full_last_page_has_no_empty_one_behind_it(account: Account, link: Any) -> None:
    for place in range(history.PAGE):
        make_paid(link, at=ago(hours=place))
    assert opened(account).older == ""


def test_a_page_takes_as_many_statements_however_deep_it_is(account: Account, link: Any) -> None:
    for place in range(70):
        make_paid(link, at=ago(hours=place))
    first = opened(account)
    second = opened(account, first.older)
    counts = []
    for before in (first.older, second.older):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            opened(account, before)
        counts.append(len(seen))
        assert not any("OFFSET" in query["sql"] for query in seen)
    assert counts[0] == counts[1] <= 3


def test_a_page_begins_at_its_key_in_both_tables(account: Account, link: Any) -> None:
    """Or the server walks there through every newer order."""
    for place in range(30):
        make_paid(link, at=ago(hours=place))
    first = opened(account)
    with CaptureQueriesContext(connection) as seen:
        opened(account, first.older)

    [page] = [query["sql"] for query in seen if "payments_banklink" in query["sql"]]
    assert re.search(r'"payments_payment"\."order_id" <= ', page)
    assert re.search(r'U0\."id" <= ', page)


def test_nobody_reads_what_others_paid(account: Account, link: Any, payer: Client) -> None:
    other = make_link(factories.make_account(factories.make_citizen(2)))
    theirs = make_paid(other)
    mine = make_paid(link)

    assert walk(account) == [mine.public_id]
    assert payer.get(f"/payments/?before={theirs.public_id}").status_code == 404
    assert payer.get("/payments/?before=x").status_code == 404


def test_what_was_never_agreed_to_is_none(account: Account, link: Any) -> None:
    make_order(link, state=OrderState.DRAFTED, authorised_by="")
    make_order(link, state=OrderState.CANCELLED, authorised_by="")
    assert walk(account) == []


def test_what_waits_stands_on_top(payer: Client, link: Any) -> None:
    draft, _payments = make_order(
        link, state=OrderState.DRAFTED, authorised_by="", expires_at=ago(minutes=-5)
    )
    over, _payments = make_order(
        link, state=OrderState.DRAFTED, authorised_by="", expires_at=ago(minutes=5)
    )
    unknown, _payments = make_order(link, state=OrderState.UNKNOWN)
    done = make_paid(link)

    page = opened(link.account)

    assert [(each.public_id, each.is_draft) for each in page.pending] == [
        (unknown.public_id, False), (draft.public_id, True),
    ]  # fmt: skip
    html = html_of(payer)
    assert f"/payments/orders/{draft.public_id}/" in html
    assert over.reference not in html
    assert done.public_id in html


# --- Months -----------------------------------------------------------------------------------------------
def test_months_add_up_what_arrived_and_did_not_go_back(account: Account, link: Any) -> None:
    now = clock.now()
    make_paid(link, amount=400_000, at=now)
    partly = make_paid(link, amount=300_000, at=now)
    make_refund(partly, 100_000, state=RefundState.DONE, done_at=now)
    make_refund(partly, 50_000, state=RefundState.REFUSED)
    for state in (PaymentState.UNKNOWN, PaymentState.REFUNDED, PaymentState.NOT_PAID):
        make_paid(link, amount=7_000_000, at=now, state=state)

    page = opened(account)

    assert page.total == 600_000
    assert [month.amount for month in page.months] == [0] * 11 + [600_000]
    this = page.months[-1]
    assert (this.is_this, this.share) == (True, 100)
    assert page.sections[0].total == 600_000
    assert page.sections[0].label == this.label


def test_a_payment_before_midnight_belongs_to_viet_nams_month(account: Account, link: Any) -> None:
    month = clock.today().replace(day=1)
    edge = datetime(month.year, month.month, 1, tzinfo=clock.VIET_NAM)
    make_paid(link, amount=10_000, at=edge)
    make_paid(link, amount=20_000, at=edge - timedelta(seconds=1))

    amounts = [row.amount for row in opened(account).months]

    assert amounts[-2:] == [20_000, 10_000]
    labels = [section.label for section in opened(account).sections]
    assert labels == [f"{month:%m/%Y}", f"{month - timedelta(days=1):%m/%Y}"]


def test_too_many_payments_to_add_up_leave_whole_months_only(
    account: Account, link: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = clock.today().replace(day=1)
    for place in range(3):
        make_paid(link, amount=1_000, at=clock.now())
        day = month - timedelta(days=2 + place)
        make_paid(link, amount=1_000, at=datetime(day.year, day.month, day.day, 3, tzinfo=UTC))
    monkeypatch.setattr(history, "TOTALLED", 5)

    months = opened(account).months

    assert [(row.label, row.amount) for row in months] == [(f"{month:%m/%Y}", 3_000)]


# --- Filters ----------------------------------------------------------------------------------------------
@pytest.fixture
def some(link: Any) -> dict[str, Payment]:
    """Payments that differ in what can be looked for."""
    water = make_biller(
        "nuoc-mau", kind=BillerKind.WATER, name="Cấp nước Chợ Lớn Mẫu", name_en="Sample Water"
    )
    return {
        "power": make_paid(link, amount=415_000, at=ago(hours=1)),
        "water": make_paid(
            link, amount=90_000, at=ago(hours=2), bill=make_bill(90_000, biller=water, state="PAID")
        ),
        "unknown": make_paid(link, amount=50_000, at=ago(hours=3), state=PaymentState.UNKNOWN),
        "back": make_paid(link, amount=60_000, at=ago(hours=4), state=PaymentState.REFUNDED),
        "person": make_transfer(link, "TRẦN VĂN HÒA", amount=2_500_000, message="Tiền nhà"),
    }


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"words": "tran van hoa"}, {"person"}),
        ({"words": "HÒA trần"}, {"person"}),
        ({"words": "tien nha"}, {"person"}),
        ({"words": "cho lon"}, set()),  # the English name is the one that is read
        ({"words": "sample water"}, {"water"}),
        ({"words": "PE0100 0123 456"}, {"power", "water", "unknown", "back"}),
        ({"words": "nobody"}, set()),
        ({"kind": "WATER"}, {"water"}),
        ({"kind": "TRANSFER"}, {"person"}),
        ({"state": "open"}, {"unknown"}),
        ({"state": "refunded"}, {"back"}),
        ({"state": "paid", "most": 100_000}, {"water"}),
        ({"least": 400_000}, {"power", "person"}),
        ({"least": 415_000, "most": 415_000}, {"power"}),
    ],
)
def test_a_filter_finds_what_it_says(
    account: Account, some: dict[str, Payment], filters: dict[str, Any], found: set[str]
) -> None:
    names = {payment.public_id: name for name, payment in some.items()}
    assert {names[public_id] for public_id in walk(account, **filters)} == found


def test_words_are_found_without_marks_in_vietnamese(
    account: Account, some: dict[str, Payment]
) -> None:
    with translation.override("vi"):
        page = history.open_page(
            account, filters=Filters(words="cap nuoc cho lon"), before="", now=clock.now()
        )
    assert ids_of(page) == [some["water"].public_id]


def test_months_bound_what_is_looked_through(account: Account, link: Any) -> None:
    now = clock.now()
    first = clock.today(now).replace(day=1)
    before = first - timedelta(days=1)
    old = make_paid(link, at=datetime(before.year, before.month, before.day, 12, tzinfo=UTC))
    new = make_paid(link, at=now)

    assert walk(account, since=first) == [new.public_id]
    assert walk(account, until=first) == [old.public_id]
    assert walk(account, since=before.replace(day=1), until=first) == [old.public_id]


def test_a_search_says_how_far_it_looked_and_goes_on(
    account: Account, link: Any, payer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOOKED_AT", 10)
    monkeypatch.setattr(history, "_BATCH", 4)
    oldest = make_paid(link, at=ago(days=2), amount=77_000)
    for place in range(25):
        make_paid(link, at=ago(hours=place))

    page = opened(account, most=77_000)

    assert (ids_of(page), page.is_searched) == ([], True)
    assert walk(account, most=77_000) == [oldest.public_id]
    html = html_of(payer, "?most=77.000")
    assert "Nothing found so far" in html
    assert "Look further back" in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?since=13/2026", "Write the month like 11/2026"),
        ("?since=11/2026&until=10/2026", "The last month is before the first"),
        ("?least=-5", "Enter an amount above zero, without plus or minus"),
        ("?least=9.000&most=8.000", "The highest amount is below the lowest"),
        ("?kind=GOLD", "Select a valid choice"),
        ("?least=９", "Write the amount with the digits 0 to 9"),
    ],
)
def test_a_filter_that_is_none_is_explained(payer: Client, query: str, words: str) -> None:
    assert words in html_of(payer, query, status=422)


def test_pages_keep_the_filter(payer: Client, link: Any) -> None:
    for place in range(25):
        make_paid(link, at=ago(hours=place))
    html = html_of(payer, "?kind=ELECTRICITY&q=pe0100")
    (older,) = re.findall(r'href="(\?[^"]+)" rel="next"', html)
    assert "kind=ELECTRICITY&amp;" in older
    assert "q=pe0100" in older
    assert html_of(payer, older.replace("&amp;", "&")).count('class="todo__b"') == 5


def test_empty_pages_say_what_to_do(payer: Client, link: Any) -> None:
    assert "Nothing was paid yet" in html_of(payer)
    assert "Nothing like that was paid" in html_of(payer, "?q=x")
    payment = make_paid(link)
    assert "Nothing older." in html_of(payer, f"?before={payment.public_id}")


# --- The file -----------------------------------------------------------------------------------------------
def fetched(payer: Client, query: str = "") -> list[list[str]]:
    answer: Any = payer.get(f"/payments/export.csv{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_file_has_every_payment(
    payer: Client, link: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_EXPORTED", 10)
    monkeypatch.setattr(history_file, "_PORTION", 7)
    made = [make_paid(link, at=ago(hours=place), amount=1_000 + place) for place in range(33)]
    make_refund(made[0], 500, state=RefundState.DONE, done_at=clock.now())

    heads, *rows = fetched(payer)

    assert heads[:6] == ["Date", "Time", "What for", "Payee", "Code or account", "Amount"]
    assert [int(row[5]) for row in rows] == [1_000 + place for place in range(33)]
    assert rows[0][7:9] == ["500", "Paid"]
    assert rows[0][11] == made[0].order.reference
    assert {len(row) for row in rows} == {len(heads)}


def test_the_file_has_what_is_looked_for_alone(payer: Client, some: dict[str, Payment]) -> None:
    _heads, *rows = fetched(payer, "?kind=TRANSFER")
    assert [row[3] for row in rows] == ["TRẦN VĂN HÒA"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+84", "-1+1", "@SUM(A1)", " =1", "＝1"])
def test_no_name_becomes_a_formula(payer: Client, link: Any, name: str) -> None:
    make_transfer(link, name, message=f'{name}, "x"')
    _heads, row = fetched(payer)
    assert row[3] == f"'{name}"
    assert row[14].startswith("'")


@given(st.text())
@example("=1")
@example("\t=1")
@example("\u200b=1")
@example("  @x")
@example("\r\n=1")
def test_no_text_is_a_formula_and_none_is_lost(text: str) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([csv_cells.text(text), "end"])
    (cell, end) = next(csv.reader(io.StringIO(written.getvalue(), newline="")))

    assert end == "end"
    assert cell in {text, f"'{text}"}
    begins = cell.lstrip(" \u00a0\u3000\ufeff\u200b")[:1]
    assert begins == "" or begins not in DANGEROUS


def test_a_day_is_a_filter_of_whole_months_only() -> None:
    from payments.forms.history import HistoryForm

    form = HistoryForm({"since": "9/2026", "until": "12-2026", "least": "1.000"})
    assert form.filters == Filters(since=date(2026, 9, 1), until=date(2027, 1, 1), least=1_000)
    assert not HistoryForm({}).filters
