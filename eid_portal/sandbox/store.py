"""The sandbox's own memory: one SQLite file, made on first use; a connection a step."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS nonce (keyid TEXT, nonce TEXT, seen_at TEXT, PRIMARY KEY (keyid, nonce)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, message_id TEXT UNIQUE NOT NULL, phone TEXT NOT NULL, text TEXT NOT NULL,
    purpose TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_phone ON message (phone, number);
CREATE TABLE IF NOT EXISTS mail (
    number INTEGER PRIMARY KEY, message_id TEXT UNIQUE NOT NULL, address TEXT NOT NULL, subject TEXT NOT NULL,
    text TEXT NOT NULL, purpose TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS mail_address ON mail (address, number);
CREATE TABLE IF NOT EXISTS anchor (
    block_number INTEGER PRIMARY KEY, block_hash TEXT NOT NULL, received_at TEXT NOT NULL, signature TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS choice (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paper_change (
    party TEXT, type TEXT, number TEXT, change TEXT NOT NULL, PRIMARY KEY (party, type, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS correction (
    reference TEXT PRIMARY KEY, party TEXT NOT NULL, correction_id TEXT UNIQUE NOT NULL, asked TEXT NOT NULL,
    received_at TEXT NOT NULL, due_at TEXT, verdict TEXT NOT NULL, words TEXT NOT NULL, event_id TEXT NOT NULL,
    answered_at TEXT, told INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS correction_waiting ON correction (due_at) WHERE verdict = 'open';
CREATE INDEX IF NOT EXISTS correction_untold ON correction (answered_at) WHERE told IS NULL AND verdict <> 'open';
CREATE TABLE IF NOT EXISTS consent (
    consent_id TEXT PRIMARY KEY, reference TEXT UNIQUE NOT NULL, bank TEXT NOT NULL, return_url TEXT NOT NULL,
    full_name TEXT NOT NULL, personal_number TEXT NOT NULL, standing TEXT NOT NULL, token TEXT UNIQUE, account TEXT,
    made_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bill (
    party TEXT NOT NULL, biller TEXT NOT NULL, reference TEXT NOT NULL, customer_code TEXT NOT NULL,
    owner TEXT NOT NULL, period TEXT NOT NULL, amount INTEGER NOT NULL, due_on TEXT NOT NULL,
    customer_name TEXT NOT NULL, details TEXT NOT NULL, standing TEXT NOT NULL, meanwhile TEXT NOT NULL, paid_by TEXT,
    PRIMARY KEY (party, biller, reference)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bill_code ON bill (party, biller, customer_code);
CREATE INDEX IF NOT EXISTS bill_owner ON bill (party, biller, owner);
CREATE TABLE IF NOT EXISTS premium_order (
    party TEXT NOT NULL, reference TEXT NOT NULL, asked_for TEXT NOT NULL, bill TEXT NOT NULL,
    PRIMARY KEY (party, reference)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS movement (
    party TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL, amount INTEGER NOT NULL, asked_for TEXT NOT NULL,
    bank TEXT NOT NULL, about TEXT NOT NULL, standing TEXT NOT NULL, code TEXT, receipt TEXT NOT NULL,
    asked INTEGER NOT NULL, done INTEGER NOT NULL, asked_at TEXT NOT NULL, done_at TEXT, due_at TEXT,
    PRIMARY KEY (party, kind, reference)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS movement_due ON movement (due_at) WHERE standing = 'processing';
CREATE INDEX IF NOT EXISTS movement_done ON movement (party, done_at);
CREATE INDEX IF NOT EXISTS movement_about ON movement (party, kind, about);
CREATE TABLE IF NOT EXISTS money_report (
    event_id TEXT PRIMARY KEY, party TEXT NOT NULL, body TEXT NOT NULL, times INTEGER NOT NULL,
    due_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS money_report_due ON money_report (due_at) WHERE times > 0;
CREATE TABLE IF NOT EXISTS birth (
    request_id TEXT PRIMARY KEY, number TEXT UNIQUE NOT NULL, asked TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS status_report (
    event_id TEXT PRIMARY KEY, reference TEXT NOT NULL, procedure TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL,
    received_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS status_report_at ON status_report (at);
CREATE TRIGGER IF NOT EXISTS anchor_kept BEFORE UPDATE ON anchor BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS anchor_not_deleted BEFORE DELETE ON anchor BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_CORRECTIONS: Final = (
    "SELECT reference, party, correction_id, asked, received_at, due_at, verdict, words, event_id, answered_at, told"
    " FROM correction"
)
_MAILS: Final = "SELECT message_id, address, subject, text, purpose, received_at FROM mail"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A text message as the phone shows it."""

    message_id: str
    phone: str
    text: str
    purpose: str
    received_at: str


@dataclass(frozen=True, slots=True)
class SentMail:
    """An e-mail as the mailbox shows it."""

    message_id: str
    address: str
    subject: str
    text: str
    purpose: str
    received_at: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The hash of an audit block, as it came, with the service's signature."""

    block_number: int
    block_hash: str
    received_at: str
    signature: str


@dataclass(frozen=True, slots=True)
class Report:
    """That an application moved, as the agency was told."""

    event_id: str
    reference: str
    procedure: str
    state: str
    at: str  # ISO 8601 in UTC, to the microsecond, so that texts stand in the order of moments
    received_at: str


@dataclass(frozen=True, slots=True)
class PaperChange:
    """What became of a paper since it was made up; ``owner`` is whose it is since somebody corrected it."""

    status: str | None = None
    ends: str | None = None
    points: int | None = None
    owner: str | None = None
    event_id: str | None = None  # of the last change, which is made once
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A request to correct a paper; ``told`` is what the portal answered to the report about it."""

    reference: str
    party: str
    correction_id: str
    asked: str  # JSON, as it came
    received_at: str
    due_at: str | None  # None: somebody decides on the sandbox's page
    verdict: str  # open, corrected or refused
    words: str
    event_id: str
    answered_at: str | None = None
    told: int | None = None  # 0: nobody is to report it by themselves

    @property
    def about(self) -> dict[str, Any]:
        """What was asked."""
        asked: dict[str, Any] = json.loads(self.asked)
        return asked


class Store:
    """Everything the sandbox remembers; safe to use from many threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.step() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_TABLES)

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept together when the step ends, or not at all."""
        connection = sqlite3.connect(self.path, timeout=5)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def spend_nonce(self, keyid: str, nonce: str, at: str) -> bool:
        """True the first time."""
        with self.step() as connection:
            spent = connection.execute(
                "INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)", (keyid, nonce, at)
            )
            return spent.rowcount == 1

    def count(self, name: str, by: int = 1) -> int:
        """Add to a counter and say what it now is; the first count is ``by``."""
        with self.step() as connection:
            row = connection.execute(
                "INSERT INTO counter VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value",
                (name, by),
            ).fetchone()
            return int(row[0])

    def keep_birth(self, request_id: str, number: str, asked: str) -> str | None:
        """Keep a birth once; the number this request has. None if another child has that number."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO birth VALUES (?, ?, ?)", (request_id, number, asked)
            )
            row = connection.execute(
                "SELECT number FROM birth WHERE request_id = ?", (request_id,)
            ).fetchone()
        return str(row[0]) if row else None

    def find_birth(self, number: str) -> dict[str, Any] | None:
        """What was registered of the child with this number."""
        with self.step() as connection:
            row = connection.execute(
                "SELECT asked FROM birth WHERE number = ?", (number,)
            ).fetchone()
        return dict(json.loads(row[0])) if row else None

    def keep_message(self, message: SentMessage) -> SentMessage:
        """Keep a message once; the one that was kept under this id."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO message (message_id, phone, text, purpose, received_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    message.message_id,
                    message.phone,
                    message.text,
                    message.purpose,
                    message.received_at,
                ),
            )
            row = connection.execute(
                "SELECT message_id, phone, text, purpose, received_at FROM message WHERE message_id = ?",
                (message.message_id,),
            ).fetchone()
            return SentMessage(*row)

    def find_message(self, message_id: str) -> SentMessage | None:
        """The message of an id."""
        with self.step() as connection:
            row = connection.execute(
                "SELECT message_id, phone, text, purpose, received_at FROM message WHERE message_id = ?",
                (message_id,),
            ).fetchone()
        return SentMessage(*row) if row else None

    def messages(self, phone: str, limit: int = 50) -> list[SentMessage]:
        """The newest messages of a phone, newest first."""
        with self.step() as connection:
            rows = connection.execute(
                "SELECT message_id, phone, text, purpose, received_at FROM message WHERE phone = ?"
                " ORDER BY number DESC LIMIT ?",
                (phone, limit),
            ).fetchall()
        return [SentMessage(*row) for row in rows]

    def phones(self, limit: int = 100) -> list[tuple[str, int, str]]:
        """Phones with messages: number, how many, when last; the latest first."""
        with self.step() as connection:
            return connection.execute(
                "SELECT phone, count(*), max(received_at) FROM message GROUP BY phone"
                " ORDER BY max(number) DESC LIMIT ?",
                (limit,),
            ).fetchall()

    def keep_mail(self, mail: SentMail) -> SentMail:
        """Keep an e-mail once; the one that was kept under this id."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO mail (message_id, address, subject, text, purpose, received_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    mail.message_id,
                    mail.address,
                    mail.subject,
                    mail.text,
                    mail.purpose,
                    mail.received_at,
                ),
            )
            row = connection.execute(
                f"{_MAILS} WHERE message_id = ?", (mail.message_id,)
            ).fetchone()
            return SentMail(*row)

    def find_mail(self, message_id: str) -> SentMail | None:
        """The e-mail of an id."""
        with self.step() as connection:
            row = connection.execute(f"{_MAILS} WHERE message_id = ?", (message_id,)).fetchone()
        return SentMail(*row) if row else None

    def mails(self, address: str, limit: int = 50) -> list[SentMail]:
        """The newest e-mails of an address, newest first."""
        with self.step() as connection:
            rows = connection.execute(
                f"{_MAILS} WHERE address = ? ORDER BY number DESC LIMIT ?", (address, limit)
            ).fetchall()
        return [SentMail(*row) for row in rows]

    def mailboxes(self, limit: int = 100) -> list[tuple[str, int, str]]:
        """Addresses with e-mails: address, how many, when last; the latest first."""
        with self.step() as connection:
            return connection.execute(
                "SELECT address, count(*), max(received_at) FROM mail GROUP BY address"
                " ORDER BY max(number) DESC LIMIT ?",
                (limit,),
            ).fetchall()

    def keep_anchor(self, anchor: Anchor) -> Anchor:
        """Keep a block's hash once; the one that was kept for this block."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO anchor VALUES (?, ?, ?, ?)",
                (anchor.block_number, anchor.block_hash, anchor.received_at, anchor.signature),
            )
            row = connection.execute(
                "SELECT * FROM anchor WHERE block_number = ?", (anchor.block_number,)
            ).fetchone()
            return Anchor(*row)

    def find_anchor(self, block_number: int) -> Anchor | None:
        """The anchor of a block."""
        with self.step() as connection:
            row = connection.execute(
                "SELECT * FROM anchor WHERE block_number = ?", (block_number,)
            ).fetchone()
        return Anchor(*row) if row else None

    def anchors(self, limit: int = 50) -> list[Anchor]:
        """The newest anchors."""
        with self.step() as connection:
            rows = connection.execute(
                "SELECT * FROM anchor ORDER BY block_number DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Anchor(*row) for row in rows]

    def keep_report(self, report: Report) -> Report:
        """Keep a report once; the one that was kept under this id."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO status_report VALUES (?, ?, ?, ?, ?, ?)", astuple(report)
            )
            row = connection.execute(
                "SELECT * FROM status_report WHERE event_id = ?", (report.event_id,)
            ).fetchone()
            return Report(*row)

    def reports(self, limit: int = 100) -> list[Report]:
        """The newest reports by their moment, newest first, whenever they came."""
        with self.step() as connection:
            rows = connection.execute(
                "SELECT * FROM status_report ORDER BY at DESC, event_id DESC LIMIT ?", (limit,)
            ).fetchall()
        return [Report(*row) for row in rows]

    def chosen(self, name: str) -> str | None:
        """What was last chosen under a name."""
        with self.step() as connection:
            row = connection.execute("SELECT value FROM choice WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def choose(self, name: str, value: str) -> None:
        """Choose a value under a name."""
        with self.step() as connection:
            connection.execute("INSERT OR REPLACE INTO choice VALUES (?, ?)", (name, value))

    def paper_change(self, party: str, type_: str, number: str) -> PaperChange:
        """What became of a paper; an empty change if nothing did."""
        with self.step() as connection:
            return _change(connection, (party, type_, number))

    def change_paper(
        self, party: str, type_: str, number: str, edit: Callable[[PaperChange], PaperChange]
    ) -> PaperChange:
        """Change a paper by ``edit``, one change at a time; what has become of it."""
        with self.step() as connection:
            connection.execute("BEGIN IMMEDIATE")
            changed = edit(_change(connection, (party, type_, number)))
            connection.execute(
                "INSERT OR REPLACE INTO paper_change VALUES (?, ?, ?, ?)",
                (party, type_, number, json.dumps(asdict(changed))),
            )
            return changed

    def keep_correction(self, correction: Correction) -> Correction:
        """Keep a request once; the one that was kept under this reference."""
        with self.step() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO correction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                astuple(correction),
            )
            row = connection.execute(
                f"{_CORRECTIONS} WHERE reference = ?", (correction.reference,)
            ).fetchone()
            return Correction(*row)

    def find_correction(self, reference: str) -> Correction | None:
        """The request of a reference."""
        with self.step() as connection:
            row = connection.execute(f"{_CORRECTIONS} WHERE reference = ?", (reference,)).fetchone()
        return Correction(*row) if row else None

    def answer_correction(
        self, reference: str, verdict: str, words: str, at: str, *, told: int | None
    ) -> bool:
        """Answer an open request; True if this call did it."""
        with self.step() as connection:
            done = connection.execute(
                "UPDATE correction SET verdict = ?, words = ?, answered_at = ?, told = ?"
                " WHERE reference = ? AND verdict = 'open'",
                (verdict, words, at, told, reference),
            )
            return done.rowcount == 1

    def told_of_correction(self, reference: str, status: int) -> None:
        """Remember what the portal answered."""
        with self.step() as connection:
            connection.execute(
                "UPDATE correction SET told = ? WHERE reference = ?", (status, reference)
            )

    def corrections(self, limit: int = 50) -> list[Correction]:
        """The newest requests, newest first."""
        return self._some_corrections("ORDER BY received_at DESC LIMIT ?", limit)

    def due_corrections(self, now: str) -> list[Correction]:
        """Open requests whose time has come."""
        return self._some_corrections("WHERE verdict = 'open' AND due_at <= ? LIMIT 100", now)

    def untold_corrections(self) -> list[Correction]:
        """Answered requests that the portal has not been told of."""
        return self._some_corrections("WHERE verdict <> 'open' AND told IS NULL LIMIT 100")

    def _some_corrections(self, condition: str, *values: object) -> list[Correction]:
        with self.step() as connection:
            rows = connection.execute(f"{_CORRECTIONS} {condition}", values).fetchall()
        return [Correction(*row) for row in rows]


def _change(connection: sqlite3.Connection, key: tuple[str, str, str]) -> PaperChange:
    row = connection.execute(
        "SELECT change FROM paper_change WHERE party = ? AND type = ? AND number = ?", key
    ).fetchone()
    return PaperChange(**json.loads(row[0])) if row else PaperChange()
