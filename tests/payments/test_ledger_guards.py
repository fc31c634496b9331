"""What raw SQL may not do to the books, tried as the portal's own role and, where a grant refuses it, as the owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from eid_portal.core import clock, ids
from payments.enums import EntryKind
from payments.models import JournalEntry, Posting
from payments.rules.books import Line
from payments.services import ledger
from tests.stores import ground

ENTRY = "INSERT INTO payments_journalentry (id, kind, key, booked_at) VALUES (%s, 'ADJUSTMENT', %s, now())"
POSTING = "INSERT INTO payments_posting (id, entry_id, account_id, amount) VALUES (%s, %s, %s, %s)"
PAIR = (
    "INSERT INTO payments_posting (id, entry_id, account_id, amount)"
    " VALUES (%s, %s, 'transit', %s), (%s, %s, 'difference', %s)"
)
WHOLE = """
WITH entry AS (
    INSERT INTO payments_journalentry (id, kind, key, booked_at) VALUES (%(id)s, 'ADJUSTMENT', %(id)s::text, now()))
INSERT INTO payments_posting (id, entry_id, account_id, amount)
SELECT gen_random_uuid(), %(id)s, %(account)s, amount FROM unnest(%(amounts)s::bigint[]) AS line(amount)"""
COMMIT = (
    "SET CONSTRAINTS ALL IMMEDIATE"  # has done what waits for the commit, and fails as that would
)


def book(key: str) -> UUID:
    lines = [Line("transit", 700), Line("difference", -700)]
    ledger.book(kind=EntryKind.ADJUSTMENT, key=key, lines=lines, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute(COMMIT)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return JournalEntry.objects.get(key=key).pk


@pytest.fixture
def booked(db: None) -> UUID:
    """An entry of two postings, long written."""
    return book("old")


@pytest.fixture
def line(db: None) -> psycopg.Connection:
    """The portal's own line to the database, without a word of Django's between."""
    connection.ensure_connection()
    raw: psycopg.Connection = connection.connection
    return raw


@contextmanager
def refused(
    line: psycopg.Connection, error: type[psycopg.Error], match: str | None = None
) -> Iterator[None]:
    """What is done in the block is refused, at the latest by the commit, and leaves nothing behind."""
    before = len(Posting.objects.all()), len(JournalEntry.objects.all())
    with pytest.raises(error, match=match), line.transaction():  # noqa: PT012 - the block and what ends it
        yield
        line.execute(COMMIT)
    assert (len(Posting.objects.all()), len(JournalEntry.objects.all())) == before


def connect(role: str) -> psycopg.Connection:
    """A line of its own, which sees what is committed."""
    return psycopg.connect(ground().postgres.url(role, ground().database))


def open_entry(line: psycopg.Connection) -> UUID:
    entry = ids.uuid7()
    line.execute(ENTRY, [entry, str(entry)])
    return entry


def write(line: psycopg.Connection, *amounts: int, account: str = "transit") -> UUID:
    """An entry with postings of these amounts, in one statement as the service writes it."""
    entry = ids.uuid7()
    line.execute(WHOLE, {"id": entry, "account": account, "amounts": list(amounts)})
    return entry


def pair(line: psycopg.Connection, entry: UUID, debit: int, credit: int) -> None:
    line.execute(PAIR, [ids.uuid7(), entry, debit, ids.uuid7(), entry, credit])


@pytest.mark.parametrize("amounts", [(5, -4), (5, 5), (2**63 - 1, 2**63 - 1)])
def test_an_entry_that_does_not_balance_is_not_committed(
    line: psycopg.Connection, booked: UUID, amounts: tuple[int, int]
) -> None:
    with refused(line, psycopg.errors.CheckViolation, "has 2 postings and sums to"):
        write(line, *amounts)


def test_an_entry_without_postings_is_not_committed(line: psycopg.Connection, booked: UUID) -> None:
    with refused(line, psycopg.errors.CheckViolation, "has 0 postings"):
        open_entry(line)


def test_an_entry_with_one_posting_is_not_committed(line: psycopg.Connection, booked: UUID) -> None:
    with refused(line, psycopg.errors.CheckViolation, "has 1 postings"):
        write(line, 5)


def test_a_posting_of_nothing_is_refused(line: psycopg.Connection, booked: UUID) -> None:
    with refused(line, psycopg.errors.CheckViolation, "posting_not_zero"):
        write(line, 0, 0)


def test_postings_need_an_entry(line: psycopg.Connection, booked: UUID) -> None:
    with refused(line, psycopg.errors.RestrictViolation, "written whole"):
        pair(line, ids.uuid7(), 5, -5)


def test_a_posting_needs_an_account(line: psycopg.Connection, booked: UUID) -> None:
    with refused(line, psycopg.errors.RestrictViolation, "accounts that there are"):
        write(line, 5, -5, account="nowhere")


def test_an_entry_and_its_postings_are_one_statement(
    line: psycopg.Connection, booked: UUID
) -> None:
    with refused(line, psycopg.errors.RestrictViolation, "written whole"):
        pair(line, open_entry(line), 5, -5)
    write(line, 5, -5)
    line.execute(COMMIT)


@pytest.mark.parametrize("amounts", [(5, -5), (5, -4)])
def test_nothing_is_added_to_an_old_entry(
    line: psycopg.Connection, booked: UUID, amounts: tuple[int, int]
) -> None:
    with refused(line, psycopg.errors.RestrictViolation, "written whole"):
        pair(line, booked, *amounts)
    with refused(line, psycopg.errors.RestrictViolation, "written whole"):
        line.execute(POSTING, [ids.uuid7(), booked, "transit", amounts[0]])


def test_nothing_is_added_after_the_check_was_done_early(
    line: psycopg.Connection, booked: UUID
) -> None:
    with refused(line, psycopg.errors.RestrictViolation, "written whole"):
        entry = write(line, 5, -5)
        line.execute(COMMIT)
        line.execute("SET CONSTRAINTS ALL DEFERRED")
        line.execute(POSTING, [ids.uuid7(), entry, "transit", 5])


def test_what_is_taken_back_after_a_check_done_early_goes_whole(
    line: psycopg.Connection, booked: UUID
) -> None:
    before = Posting.objects.count()
    with line.transaction():
        line.execute("SAVEPOINT before")
        entry = write(line, 5, -5)
        line.execute(COMMIT)
        line.execute("ROLLBACK TO SAVEPOINT before")
        line.execute(COMMIT)
    assert Posting.objects.count() == before
    assert not JournalEntry.objects.filter(pk=entry).exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_by_who_does_not_see_the_entry_yet() -> None:
    with connect("eid_app") as line:
        line.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        line.execute("SELECT count(*) FROM payments_posting")  # its picture of the books is taken
        entry = book("meanwhile")
        with pytest.raises(psycopg.errors.RestrictViolation, match="written whole"):
            pair(line, entry, 5, -5)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_an_entry_that_another_is_writing() -> None:
    book("old")
    with connect("eid_app") as line, connect("eid_app") as other:
        entry = write(line, 5, -5)
        with pytest.raises(psycopg.errors.RestrictViolation, match="written whole"):
            pair(other, entry, 5, -5)
        other.rollback()
        line.commit()
    assert Posting.objects.filter(entry_id=entry).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_commit_itself_is_refused() -> None:
    book("old")
    with connect("eid_app") as line:
        write(line, 5, -4)
        with pytest.raises(psycopg.errors.CheckViolation, match="has 2 postings and sums to 1"):
            line.commit()
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_changed_or_removed_even_by_the_owner() -> None:
    book("old")
    refusals = {
        "eid_app": psycopg.errors.InsufficientPrivilege,
        "eid_owner": psycopg.errors.RestrictViolation,
    }
    for role, refusal in refusals.items():
        with connect(role) as line:
            for table, column in {
                "payments_journalentry": "key",
                "payments_posting": "amount",
                "payments_ledgeraccount": "kind",
            }.items():
                for change in (
                    f"UPDATE {table} SET {column} = {column}",
                    f"DELETE FROM {table}",
                    f"TRUNCATE {table} CASCADE",
                ):
                    with pytest.raises(refusal):
                        line.execute(change)
                    line.rollback()
    assert sorted(Posting.objects.values_list("amount", flat=True)) == [-700, 700]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE payments_journalentry DISABLE TRIGGER ALL",
        "DROP TRIGGER payments_journalentry_balances ON payments_journalentry",
        "DROP TRIGGER payments_posting_whole ON payments_posting",
        "CREATE OR REPLACE FUNCTION payments_entry_balances() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "SET session_replication_role = replica",
    ],
)
def test_the_portal_does_not_put_the_checks_away(
    line: psycopg.Connection, booked: UUID, statement: str
) -> None:
    with refused(line, psycopg.errors.InsufficientPrivilege):
        line.execute(statement)
