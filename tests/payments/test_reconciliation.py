"""The files of a day against our books: read line by line, compared three ways, every difference a case, once."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import clock, jobs
from eid_portal.core.events import SYSTEM
from eid_portal.core.ids import uuid7
from eid_portal.core.models import AuditEvent, Job
from eid_portal.sandbox.money import statements as theirs
from eid_portal.sandbox.money.books import Movement
from payments.enums import (
    CaseState,
    Difference,
    OrderState,
    PaymentState,
    RefundReason,
    RefundState,
    ReportKind,
    ReportOutcome,
    StatementFormat,
)
from payments.gateways import napas
from payments.models import (
    BadLine,
    BankLink,
    MoneyCase,
    Payment,
    StatementDay,
    StatementFile,
    StatementLine,
)
from payments.rules import statements
from payments.rules.statements import Bad, Line, Unreadable
from payments.services import reconciliation, reports
from tests.outside_world import OutsideWorld
from tests.payments.factories import BANK, make_biller, make_order, make_refund

DAY = clock.today(clock.now()) - timedelta(days=1)
NOON = datetime.combine(DAY, time(12), tzinfo=clock.VIET_NAM)
HEAD = "reference,bill,customer_code,amount,paid_at,receipt\r\n"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


# --- Files as the outside world writes them -----------------------------------------------------------
def movement(
    reference: str, amount: int, kind: str = "debit", *, at: datetime = NOON, bank: str = BANK
) -> Movement:
    return Movement(
        party="napas", kind=kind, reference=reference, amount=amount,
        asked_for='{"bill": "HD-1", "customer_code": "PE01000123456"}', bank=bank, about="",
        state="done", code=None, receipt=f"R-{reference}", done_at=at.isoformat(),
    )  # fmt: skip


def camt(*moved: Movement) -> bytes:
    return theirs._camt(list(moved), DAY).encode()


def csv(*moved: Movement) -> bytes:
    return theirs._csv(moved, DAY).encode()


def read(
    content: bytes, format_: StatementFormat = StatementFormat.CSV, *, at_once: int = 7
) -> list[Line | Bad]:
    chunks = [content[place : place + at_once] for place in range(0, len(content), at_once)]
    return list(statements.read(chunks, format_, day=DAY, zone=clock.VIET_NAM, longest=400))


def bad(lines: Sequence[Line | Bad]) -> list[tuple[int, str]]:
    return [(line.number, line.code) for line in lines if isinstance(line, Bad)]


def row(reference: str = "a1", amount: str = "1000", at: str = "", receipt: str = "R1") -> str:
    return f"{reference},HD-1,PE01,{amount},{at or NOON.isoformat()},{receipt}\r\n"


# --- Reading ------------------------------------------------------------------------------------------
def test_a_file_of_the_banks_is_read() -> None:
    content = camt(
        movement("TT-1", 415_000), movement("r1", 15_000, "refund"),
        movement("p1", 90_000, "payout"),
    )  # fmt: skip
    lines = read(content, StatementFormat.CAMT)
    assert bad(lines) == []
    found = [
        (line.kind, line.reference, line.amount, line.bank)
        for line in lines
        if isinstance(line, Line)
    ]
    assert sorted(found) == [
        (ReportKind.DEBIT, "TT-1", 415_000, BANK),
        (ReportKind.PAYOUT, "p1", 90_000, "NAPAS"),
        (ReportKind.REFUND, "r1", 15_000, BANK),
    ]
    assert all(isinstance(line, Line) and line.at == NOON for line in lines)


def test_a_file_of_a_biller_is_read() -> None:
    (line,) = read(csv(movement("a1", 415_000)))
    assert line == Line(
        number=2, kind=ReportKind.PAYMENT, reference="a1", amount=415_000, at=NOON, receipt="R-a1"
    )


BAD_ROWS = [
    (row(amount="-1000"), "amount"),
    (row(amount="0"), "amount"),
    (row(amount="10.5"), "amount"),
    (row(amount="1.000"), "amount"),
    (row(amount=str(2**63)), "amount"),
    (row(amount="１０００"), "amount"),
    (row(amount=""), "amount"),
    (row(reference=""), "reference"),
    (row(reference="a b"), "reference"),
    (row(reference="x" * 65), "reference"),
    (row(at="gestern"), "paid_at"),
    (row(at=f"{DAY}T10:00:00"), "paid_at"),  # without a zone
    (row(at=(NOON + timedelta(days=1)).isoformat()), "other_day"),
    (row(receipt=""), "receipt"),
    ("a1,HD-1\r\n", "line"),
    (row().strip() + ",more\r\n", "line"),
    ('"a1,HD-1,PE01,1000\r\n', "line"),  # a quote that is not closed spoils no other line
    ("x" * 500 + "\r\n", "line"),
]


@pytest.mark.parametrize(("wrong", "code"), BAD_ROWS)
def test_a_bad_line_is_reported_and_the_rest_is_done(wrong: str, code: str) -> None:
    lines = read((HEAD + row("first") + wrong + row("last")).encode())
    assert bad(lines) == [(3, code)]
    assert [line.reference for line in lines if isinstance(line, Line)] == ["first", "last"]


def test_a_line_that_is_no_text_is_reported() -> None:
    lines = read(HEAD.encode() + b"\xff\xfe,1\r\n" + row().encode())
    assert bad(lines) == [(2, "line")]
    assert len(lines) == 2


@pytest.mark.parametrize(
    "content", [b"", b"a,b\r\n", HEAD.replace("bill", "Bill").encode(), camt()]
)
def test_what_is_no_file_of_a_biller_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match="header"):
        read(content)


BAD_ENTRIES = [
    ("<Amt Ccy=\"VND\">2000</Amt>", "<Amt Ccy=\"USD\">2000</Amt>", "currency"),
    ("<Amt Ccy=\"VND\">2000</Amt>", "<Amt Ccy=\"VND\">-2000</Amt>", "amount"),
    ("<Cd>debit</Cd>", "<Cd>gift</Cd>", "kind"),
    ("<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd>", "<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd>", "side"),
    ("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>", "status"),
    ("<EndToEndId>TT-2</EndToEndId>", "", "reference"),
    ("<EndToEndId>TT-2</EndToEndId>", "<EndToEndId>TT-2</EndToEndId><EndToEndId>TT-3</EndToEndId>", "reference"),
    ("<AcctSvcrRef>R-TT-2</AcctSvcrRef>", "<AcctSvcrRef>a b</AcctSvcrRef>", "receipt"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "code"), BAD_ENTRIES)
def test_a_bad_entry_is_reported_and_the_rest_is_done(right: str, wrong: str, code: str) -> None:
    content = camt(movement("TT-1", 1000), movement("TT-2", 2000), movement("TT-3", 3000)).decode()
    first, rest = content.split("<EndToEndId>TT-1", 1)
    assert right in rest
    changed = first + "<EndToEndId>TT-1" + rest.replace(right, wrong, 1)
    lines = read(changed.encode(), StatementFormat.CAMT)
    assert bad(lines) == [(2, code)]
    assert [line.reference for line in lines if isinstance(line, Line)] == ["TT-1", "TT-3"]


def test_a_file_whose_balances_need_another_entry_says_so() -> None:
    content = camt(movement("TT-1", 1000), movement("TT-2", 2000)).decode()
    start = content.index("<Ntry>")
    cut = content[:start] + content[content.index("</Ntry>") + len("</Ntry>") :]
    assert bad(read(cut.encode(), StatementFormat.CAMT)) == [(1, "balance")]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    + f']><Document xmlns="{NAMESPACE}">&l11;</Document>'.encode()
)
OUTSIDE = (
    b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + f'<Document xmlns="{NAMESPACE}">&e;</Document>'.encode()
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        (b"", "not_xml"),
        (HEAD.encode(), "not_xml"),
        (b"<Document/>", "not_camt"),
        (b"<a>" * 100_000, "not_camt"),
        (f'<Document xmlns="{NAMESPACE}">'.encode() + b"<a>" * 100_000, "not_xml"),
        (f'<Document xmlns="{NAMESPACE}">&e;</Document>'.encode(), "not_xml"),
        (camt(movement("TT-1", 1000))[:-20], "not_xml"),  # cut off
    ],
    ids=["bomb", "outside", "empty", "csv", "other", "deep", "deeper", "entity", "cut"],
)
@pytest.mark.parametrize("at_once", [11, 1 << 16])
def test_what_is_no_file_of_the_banks_is_refused(content: bytes, code: str, at_once: int) -> None:
    with pytest.raises(Unreadable, match=code):
        read(content, StatementFormat.CAMT, at_once=at_once)


@given(st.binary(max_size=300), st.sampled_from(list(StatementFormat)), st.integers(1, 50))
def test_nothing_that_comes_breaks_the_reader(
    content: bytes, format_: StatementFormat, at_once: int
) -> None:
    start = HEAD.encode() if format_ == StatementFormat.CSV else b""
    try:
        lines = read(start + content, format_, at_once=at_once)
    except Unreadable:
        return
    assert all(isinstance(line, Bad) or 0 < line.amount <= statements.MOST for line in lines)


MOVED = st.lists(
    st.tuples(
        st.from_regex(r"[A-Za-z0-9<&\"'_-]{1,20}", fullmatch=True),
        st.integers(1, statements.MOST - 1),
        st.sampled_from(["debit", "refund", "payout"]),
    ),
    max_size=8,
)


@given(MOVED, st.integers(1, 300))
def test_what_was_written_is_read_however_it_is_cut(
    moved: list[tuple[str, int, str]], at_once: int
) -> None:
    written = [movement(reference, amount, kind) for reference, amount, kind in moved]
    lines = read(camt(*written), StatementFormat.CAMT, at_once=at_once)
    found = [(line.reference, line.amount, str(line.kind)) for line in lines if isinstance(line, Line)]  # fmt: skip
    assert sorted(found) == sorted(moved)
    assert bad(lines) == []
    lines = read(csv(*written), at_once=at_once)
    paid_ = [(line.reference, line.amount) for line in lines if isinstance(line, Line)]
    assert paid_ == [(reference, amount) for reference, amount, _kind in moved]


# --- Comparing ----------------------------------------------------------------------------------------
def take(party: str, content: bytes, day: date = DAY) -> StatementFile:
    return reconciliation.take(
        io.BytesIO(content), party=party, day=day, actor=SYSTEM, now=clock.now()
    )


def paid(amount: int = 415_000, *, at: datetime = NOON, link: BankLink | None = None) -> Payment:
    """A settled payment to the biller, whose order was debited."""
    _order, (payment,) = make_order(
        link,
        amounts=[amount],
        payment=PaymentState.SETTLED,
        state=OrderState.DEBITED,
        debited_at=at,
    )
    Payment.objects.filter(pk=payment.pk).update(settled_at=at)
    return payment


def cases(**values: Any) -> list[tuple[str, str, str, int | None, int | None, int | None]]:
    rows = MoneyCase.objects.filter(**{"state": CaseState.OPEN} | values).order_by("pk")
    return list(rows.values_list("kind", "reference", "difference", "ours", "theirs", "third"))


@pytest.mark.django_db
def test_three_that_agree_have_no_case() -> None:
    payment = paid()
    take("napas", camt(movement(payment.order.reference, 415_000)))
    took = take("evn", csv(movement(payment.public_id, 415_000)))
    assert MoneyCase.objects.count() == 0
    assert (took.lines, took.bad, took.counts) == (1, 0, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amounts", "difference", "theirs_"),
    [
        ([], Difference.MISSING_THERE, None),
        ([414_000], Difference.AMOUNT, 414_000),
        ([415_000, 415_000], Difference.DUPLICATE, 830_000),
    ],
)
def test_every_difference_at_a_biller_is_classed(
    amounts: list[int], difference: Difference, theirs_: int | None
) -> None:
    payment = paid()
    take("napas", camt(movement(payment.order.reference, 415_000)))
    take("evn", csv(*(movement(payment.public_id, amount) for amount in amounts)))
    # The third side, the bank, has it as we do.
    assert cases() == [("payment", payment.public_id, difference, 415_000, theirs_, 415_000)]
    assert MoneyCase.objects.get().payment_id == payment.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amounts", "difference", "theirs_"),
    [
        ([], Difference.MISSING_THERE, None),
        ([1], Difference.AMOUNT, 1),
        ([415_000, 415_000], Difference.DUPLICATE, 830_000),
    ],
)
def test_every_difference_at_a_bank_is_classed(
    amounts: list[int], difference: Difference, theirs_: int | None
) -> None:
    payment = paid()
    take("evn", csv(movement(payment.public_id, 415_000)))
    take("napas", camt(*(movement(payment.order.reference, amount) for amount in amounts)))
    assert cases() == [("debit", payment.order.reference, difference, 415_000, theirs_, 415_000)]


@pytest.mark.django_db
def test_what_our_books_do_not_have_is_missing_here() -> None:
    order, (payment,) = make_order(state=OrderState.UNKNOWN)
    make_biller()
    take("napas", camt(movement(order.reference, 500_000), movement("TT-STRANGE", 7_000)))
    take("evn", csv(movement("strange", 9_000)))
    assert set(cases()) == {
        ("debit", "TT-STRANGE", Difference.MISSING_HERE, None, 7_000, None),
        ("debit", order.reference, Difference.MISSING_HERE, None, 500_000, None),
        ("payment", "strange", Difference.MISSING_HERE, None, 9_000, None),
    }
    assert MoneyCase.objects.get(reference=order.reference).order_id == order.pk
    assert payment.state == PaymentState.WAITING


@pytest.mark.django_db
def test_a_biller_that_has_what_went_back_is_late() -> None:
    _order, (payment,) = make_order(payment=PaymentState.REFUNDED, state=OrderState.DEBITED)
    take("evn", csv(movement(payment.public_id, 500_000)))
    assert cases() == [("payment", payment.public_id, Difference.LATE, None, 500_000, None)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "late"), [(0, False), (11, False), (12.5, True), (-11, False), (-12.5, True)]
)
def test_what_was_booked_on_another_day_is_late(hours: float, late: bool) -> None:
    payment = paid(at=NOON + timedelta(hours=hours))
    take("evn", csv(movement(payment.public_id, 415_000)))
    assert [each[2] for each in cases()] == ([Difference.LATE] if late else [])


@pytest.mark.django_db
def test_around_midnight_the_next_file_is_waited_for() -> None:
    midnight = datetime.combine(DAY + timedelta(days=1), time(), tzinfo=clock.VIET_NAM)
    payment = paid(at=midnight - timedelta(seconds=2))
    take("evn", csv())
    assert cases() == []
    before = paid(
        at=midnight - timedelta(days=1, seconds=2), link=payment.order.link
    )  # and it is not in this one either
    take("evn", csv(movement("other", 1)))
    assert ("payment", before.public_id, Difference.MISSING_THERE, 415_000, None, None) in cases()
    assert payment.public_id not in str(cases())


@pytest.mark.django_db
def test_refunds_and_transfers_are_compared_too() -> None:
    refund = make_refund(
        paid(), 15_000, reason=RefundReason.OFFICER, state=RefundState.DONE, done_at=NOON
    )
    _order, (transfer,) = make_order(
        refund.payment.order.link, billers=[None], payment=PaymentState.SETTLED
    )
    Payment.objects.filter(pk=transfer.pk).update(settled_at=NOON)
    order = refund.payment.order
    all_of_it = [
        movement(order.reference, 415_000),
        movement(refund.public_id, 15_000, "refund"),
        movement(transfer.public_id, 500_000, "payout"),
    ]
    take("napas", camt(all_of_it[0]))
    assert {each[:3] for each in cases()} == {
        ("refund", refund.public_id, Difference.MISSING_THERE),
        ("payout", transfer.public_id, Difference.MISSING_THERE),
    }
    take("napas", camt(*all_of_it))
    assert cases() == []
    assert len(cases(state=CaseState.GONE)) == 2


@pytest.mark.django_db
def test_a_biller_has_no_word_about_anothers_payments() -> None:
    other = make_biller("nuoc-mau", party="water")
    _order, (payment,) = make_order(
        billers=[other], payment=PaymentState.SETTLED, state=OrderState.DEBITED
    )
    make_biller()
    take("evn", csv(movement(payment.public_id, 500_000)))
    assert cases() == [("payment", payment.public_id, Difference.MISSING_HERE, None, 500_000, None)]
    assert MoneyCase.objects.get().payment_id is None


# --- Once, and anew -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_same_file_twice_is_the_same_result() -> None:
    payment = paid()
    content = csv(movement(payment.public_id, 1), movement("strange", 2))
    first = take("evn", content)
    before = list(MoneyCase.objects.order_by("pk").values())
    again = take("evn", content)
    assert again.pk == first.pk
    assert list(MoneyCase.objects.order_by("pk").values()) == before
    assert StatementFile.objects.count() == 1
    assert StatementLine.objects.count() == 2
    assert AuditEvent.objects.filter(name="payments.statement_taken").count() == 1


@pytest.mark.django_db
def test_a_later_file_of_a_day_counts_and_the_first_can_come_back() -> None:
    payment = paid()
    wrong, right = csv(movement(payment.public_id, 1)), csv(movement(payment.public_id, 415_000))
    take("evn", wrong)
    take("evn", right)
    assert (cases(), len(cases(state=CaseState.GONE))) == ([], 1)
    take("evn", wrong)
    assert [each[2] for each in cases()] == [Difference.AMOUNT]
    assert StatementFile.objects.get(counts=True).sha256 == hashlib.sha256(wrong).hexdigest()
    moved = AuditEvent.objects.filter(name__startswith="payments.difference").order_by("pk")
    assert [row.name for row in moved] == ["payments.difference_gone", "payments.difference_back"]


@pytest.mark.django_db
def test_what_caught_up_closes_its_case_and_what_people_resolved_stays() -> None:
    order, _payments = make_order(state=OrderState.UNKNOWN)
    make_biller()
    content = camt(movement(order.reference, 500_000), movement("TT-STRANGE", 7_000))
    take("napas", content)
    MoneyCase.objects.filter(reference="TT-STRANGE").update(state=CaseState.RESOLVED)
    type(order).objects.filter(pk=order.pk).update(state=OrderState.DEBITED, debited_at=NOON)
    take("napas", content)
    found = dict(MoneyCase.objects.values_list("reference", "state"))
    assert found == {order.reference: CaseState.GONE, "TT-STRANGE": CaseState.RESOLVED}


@pytest.mark.django_db
def test_bad_lines_are_kept_by_number_and_the_rest_is_compared() -> None:
    payment = paid()
    took = take("evn", (HEAD + row("x", "-1") + row(payment.public_id, "415000")).encode())
    assert (took.lines, took.bad) == (1, 1)
    assert BadLine.objects.values_list("number", "code").get() == (2, "amount")
    assert cases() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("party", "content", "day", "refused"),
    [
        ("napas", BOMB, DAY, reconciliation.NotReadable),
        ("napas", csv(), DAY, reconciliation.NotReadable),
        ("evn", camt(), DAY, reconciliation.NotReadable),
        ("nobody", csv(), DAY, reconciliation.NobodyOfThatName),
        ("evn", csv(), DAY + timedelta(days=1), reconciliation.NotYetOver),
    ],
)
def test_a_file_that_is_refused_leaves_nothing(
    party: str, content: bytes, day: date, refused: type[Exception]
) -> None:
    make_biller()
    with pytest.raises(refused):
        take(party, content, day)
    assert not StatementFile.objects.exists()
    assert not StatementDay.objects.exists()


# --- Reports that contradict --------------------------------------------------------------------------
def report(payment: Payment, **parts: Any) -> ReportOutcome:
    now = clock.now()
    body = {
        "event_id": str(uuid7()), "kind": "payment",
        "reference": payment.public_id, "bill": "HD-1", "customer_code": "PE01", "state": "done",
        "amount": payment.amount, "at": now.isoformat(), "receipt": "R1",
    } | parts  # fmt: skip
    read_ = reports.read(body, party="evn", now=now)
    return reports.take(read_, body=body, party="evn", actor=SYSTEM, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "parts", "difference", "ours"),
    [
        (PaymentState.REFUNDED, {}, Difference.LATE, None),
        (PaymentState.SETTLED, {"amount": 1}, Difference.AMOUNT, 500_000),
        (PaymentState.SETTLED, {"state": "refused"}, Difference.MISSING_THERE, 500_000),
        (PaymentState.WAITING, {}, Difference.MISSING_HERE, None),
    ],
)
def test_a_report_that_contradicts_the_books_is_a_case(
    state: PaymentState, parts: dict[str, Any], difference: Difference, ours: int | None
) -> None:
    _order, (payment,) = make_order(payment=state)
    assert report(payment, **parts) == "CONTRADICTS"
    report(payment, **parts)
    assert cases() == [
        ("payment", payment.public_id, difference, ours, parts.get("amount", 500_000), None)
    ]
    take("evn", csv())  # a file that says nothing of it does not close it
    assert MoneyCase.objects.get(reported=True).state == CaseState.OPEN


# --- Each night ---------------------------------------------------------------------------------------
def work() -> None:
    for job in Job.objects.filter(task=reconciliation.FETCH, done_at__isnull=True):
        Job.objects.filter(pk=job.pk).update(next_attempt_at=clock.now(), lease_until=None)
        jobs.run_here(job.pk, job.task)


@pytest.mark.django_db
def test_each_night_every_file_is_fetched_and_compared_once(sandbox: OutsideWorld) -> None:
    now = datetime.combine(clock.today(clock.now()), time(1, 5), tzinfo=clock.VIET_NAM)
    parties = reconciliation.parties()
    assert "napas" in parties
    assert reconciliation.begin(now=now) == len(parties)
    assert reconciliation.begin(now=now) == 0
    work()
    assert set(StatementFile.objects.values_list("party", "day")) == {(each, DAY) for each in parties}  # fmt: skip
    assert not StatementDay.objects.filter(compared_at__isnull=True).exists()
    assert not Job.objects.filter(task=reconciliation.FETCH, done_at__isnull=True).exists()


@pytest.mark.django_db
def test_before_the_hour_it_is_the_night_before() -> None:
    now = datetime.combine(clock.today(clock.now()), time(0, 30), tzinfo=clock.VIET_NAM)
    reconciliation.begin(now=now)
    assert set(StatementDay.objects.values_list("day", flat=True)) == {DAY - timedelta(days=1)}


@pytest.mark.django_db
def test_a_file_that_is_not_whole_is_fetched_again_later(
    sandbox: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = StatementDay.objects.create(party="napas", day=DAY, begun_at=clock.now())
    jobs.enqueue(reconciliation.FETCH, subject_id=wanted.pk)
    whole = napas.read_statement

    def other(*asked: Any) -> Any:
        said: Any = whole(*asked)
        return replace(said, sha256="0" * 64)

    with monkeypatch.context() as patch:
        patch.setattr(napas, "read_statement", other)
        work()
    wanted.refresh_from_db()
    assert (wanted.code, wanted.compared_at) == ("other_hash", None)
    work()
    wanted.refresh_from_db()
    assert wanted.code == ""
    assert wanted.compared_at is not None
