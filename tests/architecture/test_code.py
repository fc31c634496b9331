"""Laws of the code that no import contract can see: each is shown to hold, and to be seen when it is broken."""

import ast
import re
import textwrap
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db import models

from eid_portal.env import ROOT
from tests.architecture.reading import APPS, PORTAL, imported, name, sources, tree

Offences = Callable[[ast.AST], Iterator[str]]


def found(offences: Offences, *, but: tuple[str, ...] = ()) -> list[str]:
    """Where in the portal, outside of ``but``, something offends."""
    return [
        f"{name(path)}: {what}" for path in sources(without=but) for what in offences(tree(path))
    ]


def offends(offences: Offences, code: str) -> bool:
    """Whether a made-up piece of code offends."""
    return any(offences(ast.parse(textwrap.dedent(code))))


# --- Packages -------------------------------------------------------------------------------------
def test_there_is_no_other_package_at_the_top() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == {*PORTAL, "tests", "benchmarks"}
    assert [path.name for path in ROOT.glob("*.py")] == ["manage.py"]


# --- Foreign keys look the way imports do -----------------------------------------------------------
FLOORS = {
    **dict.fromkeys(("core", "contenttypes", "auth"), 0),
    "accounts": 1,
    "documents": 2,
    "payments": 2,
    "procedures": 3,
}


def looks_up(model: str, other: str) -> bool:
    """Whether a key from one app to another goes up, or sideways."""
    return model != other and FLOORS[other] >= FLOORS[model]


def test_foreign_keys_look_only_down() -> None:
    ours = [model for model in apps.get_models() if model._meta.app_label in ("core", *APPS)]
    assert len(ours) > 20
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and looks_up(model._meta.app_label, field.related_model._meta.app_label)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("model", "other", "wrong"),
    [
        ("accounts", "procedures", True),
        ("core", "accounts", True),
        ("documents", "payments", True),
        ("procedures", "payments", False),
        ("accounts", "accounts", False),
    ],
)
def test_a_key_that_looks_up_is_seen(model: str, other: str, wrong: bool) -> None:
    assert looks_up(model, other) is wrong


# --- A state has one writer -------------------------------------------------------------------------
UPDATES = {"update", "aupdate", "update_or_create", "aupdate_or_create"}
SQL = re.compile(r"\bupdate\b.*?\bset\b((?!\bwhere\b|;).)*?\bstate\s*=", re.IGNORECASE | re.DOTALL)


def writes_state(module: ast.AST) -> Iterator[str]:
    """Assignments of ``.state``, by whatever way; an object in memory may set its own in ``__init__``."""
    own = {
        id(node)
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    }
    for node in ast.walk(module):
        match node:
            case ast.Attribute(attr="state", ctx=ast.Store()) if id(node) not in own:
                yield f"line {node.lineno}: {ast.unparse(node)} = …"
            case ast.Call() if _sets_state(node):
                yield f"line {node.lineno}: {ast.unparse(node.func)}(…)"
            case ast.Constant(value=str(text)) if SQL.search(text):
                yield f"line {node.lineno}: SQL"


def _sets_state(call: ast.Call) -> bool:
    """Whether ``state`` is among what a call names to be written."""
    called = ast.unparse(call.func).rpartition(".")[2]
    values: list[ast.expr] = [k.value for k in call.keywords if k.arg == "update_fields"]
    if called in UPDATES:
        if any(keyword.arg == "state" for keyword in call.keywords):
            return True
        values += [k.value for k in call.keywords if k.arg in {None, "defaults", "create_defaults"}]
    elif called in {"bulk_update", "abulk_update", "setattr"}:
        values += [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    return any(map(_names_state, values))


def _names_state(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Constant) and n.value == "state" for n in ast.walk(node))


def test_nobody_but_the_mover_writes_a_state() -> None:
    assert found(writes_state, but=("eid_portal/core/transitions.py",)) == []


@pytest.mark.parametrize(
    "code",
    [
        "card.state = 'LOST'",
        "card.state, other = 'LOST', 1",
        "Card.objects.filter(pk=1).update(state='LOST')",
        "Card.objects.update(**{'state': 'LOST'})",
        "setattr(card, 'state', 'LOST')",
        "card.save(update_fields=['state'])",
        "Card.objects.bulk_update(cards, ['state'])",
        "Card.objects.bulk_create(cards, update_conflicts=True, update_fields=['state'])",
        "Card.objects.update_or_create(pk=1, defaults={'state': 'LOST'})",
        "cursor.execute(\"UPDATE accounts_idcard SET x = 1, state = 'LOST'\")",
        "class Card:\n    def lose(self):\n        self.state = 'LOST'",
    ],
)
def test_another_writer_is_seen(code: str) -> None:
    assert offends(writes_state, code)


@pytest.mark.parametrize(
    "code",
    [
        "Card.objects.create(state='VALID')",
        "if card.state == 'LOST': pass",
        "Card.objects.filter(state='LOST').update(seen=True)",
        "class Locked(Exception):\n    def __init__(self, card):\n        self.state = card.state",
        "'UPDATE t SET x = 1, estate = 2 WHERE state = 2'",
    ],
)
def test_readers_and_makers_of_rows_are_left_alone(code: str) -> None:
    assert not offends(writes_state, code)


# --- No signals of our own --------------------------------------------------------------------------
def uses_signals(module: ast.AST) -> Iterator[str]:
    """Imports of Django's signals, to send or to receive."""
    for what in imported(module):
        if what.startswith("django.") and re.search(r"\.(dispatch|signals)\b", what):
            yield what


def test_there_are_no_signals() -> None:
    assert found(uses_signals) == []


@pytest.mark.parametrize(
    "code",
    [
        "from django.dispatch import Signal",
        "from django.db.models.signals import post_save",
        "def f():\n    from django.contrib.auth import signals",
        "import django.core.signals",
    ],
)
def test_a_signal_is_seen(code: str) -> None:
    assert offends(uses_signals, code)


# --- One clock, one HTTP client, transactions in services -------------------------------------------
CLOCKS = re.compile(r"^(datetime\.)?(datetime|date|time)\.(now|utcnow|today|time|time_ns)$")
OUR_OWN_PROCESSES = ("eid_portal/sandbox/", "eid_portal/run/")  # no part of the portal


def reads_a_clock(module: ast.AST) -> Iterator[str]:
    """Calls for the time of day; ``time.monotonic`` only measures."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and CLOCKS.match(ast.unparse(node.func)):
            yield f"line {node.lineno}: {ast.unparse(node.func)}"


def test_the_time_comes_from_one_place() -> None:
    # Keys grow with real time, in a test that freezes the clock too.
    others = ("eid_portal/core/clock.py", "eid_portal/core/ids.py", *OUR_OWN_PROCESSES)
    assert found(reads_a_clock, but=others) == []


@pytest.mark.parametrize("code", ["datetime.now(UTC)", "time.time()", "date.today()"])
def test_another_clock_is_seen(code: str) -> None:
    assert offends(reads_a_clock, code)
    assert not offends(reads_a_clock, "clock.now()\ntime.monotonic()")


def calls_out(module: ast.AST) -> Iterator[str]:
    """Imports of what opens a connection to somebody else."""
    for what in imported(module):
        if re.match(
            r"(requests|urllib3|httpx|aiohttp|socket|smtplib|http\.client|urllib\.request)\b", what
        ):
            yield what


def test_there_is_one_http_client() -> None:
    # Demonstration people are read from the sandbox, and agree on its bank's page, which no gateway does.
    seeds = (
        "accounts/management/commands/seed_demo.py",
        "payments/management/commands/seed_banks.py",
    )
    # The virus scanner is a daemon on the same machine, behind a Unix socket, and speaks no HTTP.
    others = (*seeds, *OUR_OWN_PROCESSES, "eid_portal/core/virus_scan.py")
    assert found(calls_out, but=("eid_portal/core/outside.py", *others)) == []


@pytest.mark.parametrize("code", ["import requests", "from urllib.request import urlopen"])
def test_another_client_is_seen(code: str) -> None:
    assert offends(calls_out, code)
    assert not offends(calls_out, "from urllib.parse import urlencode")


def hides_a_text(module: ast.AST) -> Iterator[str]:
    """Texts inside a formatted string: whoever collects texts to translate does not find them there."""
    for outer in ast.walk(module):
        if isinstance(outer, ast.JoinedStr):
            for node in ast.walk(outer):
                if isinstance(node, ast.Call) and re.search(r"^_$|gettext", ast.unparse(node.func)):
                    yield f"line {node.lineno}: {ast.unparse(node)}"


def test_texts_are_found_by_translators() -> None:
    assert found(hides_a_text) == []


def test_a_hidden_text_is_seen() -> None:
    assert offends(hides_a_text, """f"{_('Hello')}: {name}" """)
    assert not offends(hides_a_text, """said = _('Hello')\nf"{said}: {name}" """)


def opens_a_transaction(module: ast.AST) -> Iterator[str]:
    """``atomic`` in any dress."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node).endswith("atomic"):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def test_services_own_transactions() -> None:
    others = [
        where
        for where in found(opens_a_transaction, but=("eid_portal/",))
        if "/services/" not in where and "/management/" not in where
    ]
    assert others == []
    assert found(opens_a_transaction, but=("eid_portal/",))


# --- Only services write ----------------------------------------------------------------------------
WRITES = {"save", "delete", "create", "update", "get_or_create", "update_or_create"}
WRITES |= {f"a{name}" for name in WRITES} | {"bulk_create", "bulk_update", "abulk_create"}
# The admin keeps reference data by its own forms; commands fill a demonstration.
WRITERS = ("services", "admin", "management")


def writes_rows(module: ast.AST) -> Iterator[str]:
    """Calls by which the ORM writes, and events and jobs, which are written with something."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if node.func.attr in WRITES or called in {"audit.record", "jobs.enqueue"}:
                yield f"line {node.lineno}: {called}"


def test_only_services_write() -> None:
    but = ("eid_portal/", *(f"{app}/{kind}" for app in APPS for kind in WRITERS))
    assert found(writes_rows, but=but) == []
    assert found(writes_rows, but=("eid_portal/", "accounts/admin", "accounts/management"))


@pytest.mark.parametrize(
    "code",
    [
        "Notice.objects.create(text='x')",
        "account.save(update_fields=['level'])",
        "cards.filter(pk=1).update(warned_days=7)",
        "audit.record(event, actor=actor)",
    ],
)
def test_another_layer_that_writes_is_seen(code: str) -> None:
    assert offends(writes_rows, code)
    assert not offends(writes_rows, "cards.filter(pk=1).exists()")


# --- Commands say what they do ----------------------------------------------------------------------
def our_commands() -> list[tuple[str, str]]:
    return [
        (command, app)
        for command, app in sorted(get_commands().items())
        if str(app).partition(".")[0] in PORTAL
    ]


def has_help(command: BaseCommand) -> bool:
    return bool(str(command.help).strip())


@pytest.mark.parametrize(("command", "app"), our_commands())
def test_a_command_says_what_it_does(command: str, app: str) -> None:
    assert has_help(load_command_class(app, command))


def test_a_command_without_words_is_seen() -> None:
    assert not has_help(BaseCommand())
    assert len(our_commands()) > 8


# --- Numbers and their sources ----------------------------------------------------------------------
SOURCE = re.compile(r"\b(ours|Law|Decree|Circular|Decision|NIST|SP 800-\d+|ASVS|RFC|ICAO|TCVN)\b")
HEADING = re.compile(r"^# --- ")


def without_source(text: str) -> Iterator[str]:
    """Constants with a source neither beside them nor in the heading they stand under."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        above = [line for line in lines[: node.lineno] if HEADING.match(line)][-1:]
        beside = lines[node.lineno - 1 : node.end_lineno]
        comments = [line.partition("#")[2] for line in (*above, *beside)]
        if not any(map(SOURCE.search, comments)):
            yield ast.unparse(node).partition(":")[0]


@pytest.mark.parametrize("app", [app for app in APPS if (ROOT / app / "policy.py").exists()])
def test_every_number_says_where_it_comes_from(app: str) -> None:
    text = (ROOT / app / "policy.py").read_text(encoding="utf-8")
    assert list(without_source(text)) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("AGE: Final = 14", ["AGE"]),
        ("AGE: Final = 14  # from this age", ["AGE"]),
        ("# --- Ages (Decree 69/2024 art. 7) ---\nAGE: Final = 14", []),
        ("# --- Ages (Decree 69/2024 art. 7) ---\nAGE: Final = 14\n# --- More ---\nB: Final = 6", ["B"]),
        ("WAIT: Final = 3  # ours: long enough", []),
    ],
)  # fmt: skip
def test_a_number_without_a_source_is_seen(text: str, wrong: list[str]) -> None:
    assert list(without_source(text)) == wrong


# --- The database is plain PostgreSQL ---------------------------------------------------------------
MORE_THAN_PLAIN = re.compile(
    r"create\s+extension|\w+Extension\(|CreateCollation|\bcollate\b", re.IGNORECASE
)


def test_migrations_need_no_extension_and_no_collation() -> None:
    steps = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("eid_portal/core/migrations/*.py")]
    assert len(steps) > 4
    assert [name(s) for s in steps if MORE_THAN_PLAIN.search(s.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "step",
    ["CREATE EXTENSION x", "TrigramExtension()", 'CreateCollation("vi")', 'x COLLATE "vi"'],
)
def test_a_step_that_needs_more_is_seen(step: str) -> None:
    assert MORE_THAN_PLAIN.search(step)
