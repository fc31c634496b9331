"""What the documents name exists: links, files, addresses, commands, events, tasks, code and tests."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import get_commands
from django.urls import Resolver404, resolve
from django.views.generic import RedirectView

from eid_portal.core import audit, audit_export, clock, timestamping
from eid_portal.core.audit_proofs import Block, hash_of, sign
from eid_portal.core.audit_reading import EventRow, Group, Member, ReceiptRow
from eid_portal.core.events import Event
from eid_portal.env import ROOT
from tests.architecture.reading import name, sources, tree
from tests.architecture.test_tasks import known

MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMING = [ROOT / "docs" / f"{stem}.md" for stem in ("journeys", "audit", "security")]
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


# --- Links ------------------------------------------------------------------------------------------
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
DOCUMENT = re.compile(r"\bdocs/[\w/-]+\.(?:md|png|yaml)\b")


def broken_links(text: str, at: Path) -> Iterator[str]:
    """Links to files that are not there, to headings that are not there, and documents merely named."""
    for target in LINK.findall(FENCED.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _mark, heading = target.partition("#")
        place = at.parent / path if path else at
        if not place.exists() or (heading and heading not in headings(place)):
            yield target
    yield from (named for named in DOCUMENT.findall(text) if not (ROOT / named).exists())


def headings(path: Path) -> set[str]:
    """The anchors that a reader of Markdown makes of headings."""
    lines = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in lines}


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    assert list(broken_links(path.read_text(encoding="utf-8"), path)) == []


def test_documents_that_the_code_names_exist() -> None:
    files = [*sources(), *ROOT.glob("deploy/*.py"), ROOT / "Makefile"]
    named = {doc for path in files for doc in DOCUMENT.findall(path.read_text(encoding="utf-8"))}
    assert "docs/audit.md" in named
    assert [doc for doc in sorted(named) if not (ROOT / doc).exists()] == []


@pytest.mark.parametrize(
    "text",
    ["[x](nowhere.md)", "[x](docs/architecture.md#nothing)", "[x](#nothing)", "see `docs/nowhere.md`"],
)  # fmt: skip
def test_a_broken_link_is_seen(text: str) -> None:
    assert list(broken_links(text, ROOT / "README.md"))
    assert not list(broken_links("[x](docs/architecture.md#laws) [y](https://a.vn)", ROOT / "README.md"))  # fmt: skip


# --- Names ------------------------------------------------------------------------------------------
def unknown_names(text: str) -> Iterator[str]:
    """What stands in backticks with a dot, a slash or a colon in it, and does not exist."""
    for span in CODE.findall(FENCED.sub("", text)):
        if not exists(span):
            yield span


def exists(span: str) -> bool:
    """Whether a name leads anywhere; a single word is no name."""
    if span.startswith("manage.py "):
        return span.split()[1] in get_commands()
    if "::" in span:
        file, test = span.split("::")
        return test in functions_in(file)
    if span.endswith((".json", ".jsonl")) and not span.startswith("/"):
        return any(span in path.read_text(encoding="utf-8") for path in sources())
    if "/" in span:
        return is_address(span) or (ROOT / span).exists()
    if re.fullmatch(r"[a-z_]\w*(\.\w+)+", span):
        return span in happenings() or span in known() or is_code(span)
    return True


@cache
def functions_in(file: str) -> frozenset[str]:
    """The functions of a file of tests, in whatever folder below ``tests`` it is."""
    return frozenset(
        node.name
        for path in (ROOT / "tests").rglob(file)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    )


def view_at(address: str) -> Any:
    """The view of ``/an/address/`` or ``POST /an/address/``; ``<id>`` stands for any."""
    filled = re.sub(r"<\w+>", str(UUID(int=0)), address.rpartition(" ")[2])
    try:
        return resolve(filled).func
    except Resolver404:
        return None


def is_address(span: str) -> bool:
    """Whether there is a page; the admin has an answer for addresses that it does not have."""
    found = view_at(span) if re.match(r"([A-Z]+ )?/", span) else None
    catches_all = getattr(found, "__name__", "") == "catch_all_view"
    return (
        found is not None
        and not catches_all
        and getattr(found, "view_class", None) is not RedirectView
    )


@cache
def every_event() -> list[type[Event]]:
    """All events; a base of several has no name of its own."""

    def below(event: type[Event]) -> Iterator[type[Event]]:
        for more in event.__subclasses__():
            if more.__module__.partition(".")[0] != "tests" and hasattr(more, "name"):
                yield more
            yield from below(more)

    return list(below(Event))


def happenings() -> frozenset[str]:
    """The names of all events."""
    return frozenset(event.name for event in every_event())


def is_code(dotted: str) -> bool:
    """Whether a module, or something in it, has that name; ``core.`` may stand for ``eid_portal.core.``."""
    return any(_leads(prefix + dotted) for prefix in ("", "eid_portal."))


def _leads(dotted: str) -> bool:
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            fields = getattr(found, "__annotations__", {})
            if not hasattr(found, part):
                return part in fields
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("path", NAMING, ids=name)
def test_names_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(CODE.findall(text)) > 20
    assert list(unknown_names(text)) == []


@pytest.mark.parametrize(
    "span",
    [
        "accounts.services.signing_in.nothing",
        "accounts.nothing_happened",
        "accounts.send_nothing",
        "/nowhere/",
        "/admin/accounts/nothing/",
        "/admin/core/approval/<id>/nothing/",
        "nothing.jsonl",
        "POST /api/v1/nothing",
        "manage.py nothing",
        "test_audit.py::test_nothing",
        "test_nothing.py::test_an_untouched_log_passes",
        "deploy/nothing.py",
    ],
)
def test_a_name_that_leads_nowhere_is_seen(span: str) -> None:
    assert list(unknown_names(f"See `{span}`.")) == [span]


@pytest.mark.parametrize(
    "span",
    [
        "accounts.services.signing_in.begin",
        "core.audit.record",
        "accounts.signed_in",
        "core.seal_audit",
        "/counter/cases/<id>/issue/",
        "/admin/core/approval/<id>/decide/",
        "POST /api/v1/card-events",
        "manage.py verify_audit",
        "deploy/verify_audit.py",
        "test_audit_tampering.py::test_an_untouched_log_passes",
        "PENDING",
    ],
)
def test_a_name_that_leads_somewhere_is_left_alone(span: str) -> None:
    assert exists(span)


# --- Journeys: the view that is named is the one at the address ---------------------------------------
VIEW = re.compile(r"`(accounts\.(?:views|api\.views|admin)\.[\w.]+)`")
ADDRESS = re.compile(r"`((?:[A-Z]+ )?/[^`]*)`")


def wrong_views(text: str) -> Iterator[str]:
    """Steps that name one address and a view that is not there."""
    for line in re.split(r"\n(?=\d+\. |\n)", text):
        addresses, views = ADDRESS.findall(line), VIEW.findall(line)
        if len(addresses) == 1 and len(views) == 1:
            found = view_at(addresses[0])
            found = getattr(found, "view_class", getattr(found, "cls", found))
            place = f"{found.__module__}.{found.__qualname__}"
            if place != views[0]:
                yield f"{addresses[0]} is {place}"


def test_a_step_names_the_view_at_its_address() -> None:
    text = (ROOT / "docs/journeys.md").read_text(encoding="utf-8")
    assert len(VIEW.findall(text)) > 15
    assert list(wrong_views(text)) == []


def test_a_step_with_another_view_is_seen() -> None:
    line = "1. `/sign-in/` (`accounts.views.signing_in.SecondStep`)"
    assert list(wrong_views(line)) == ["/sign-in/ is accounts.views.signing_in.SignIn"]


# --- docs/audit.md says what the code does ------------------------------------------------------------
AUDIT = ROOT / "docs/audit.md"
VERIFIERS = {
    "inside": ROOT / "eid_portal/core/audit_verification.py",
    "outside": ROOT / "deploy/verify_audit.py",
}


def fences(text: str) -> list[list[str]]:
    """The words of each fenced block."""
    return [block.strip("`").split() for block in FENCED.findall(text)]


def test_the_audits_bytes_are_documented_as_they_are() -> None:
    blocks = fences(AUDIT.read_text(encoding="utf-8"))
    assert list(audit.MAC_COLUMNS) in blocks

    block = Block(7, b"p", b"r", 3, "at", "9", b"h", "key", b"s")
    told = {k: v.hex() if isinstance(v, bytes) else str(v) for k, v in asdict(block).items()}
    (lines,) = (words for words in blocks if words[:1] == ["eid-audit-block-v1"])
    text = "".join(f"{told.get(word, word)}\n" for word in lines)
    assert hashlib.sha256(text.encode()).digest() == hash_of(block)

    key = Ed25519PrivateKey.generate()
    signed = sign(block, "key", key)
    (lines,) = (words for words in blocks if words[:1] == ["eid-audit-signature-v1"])
    told = {"key_id": "key", "hash": signed.hash.hex()}
    text = "".join(f"{told.get(word, word)}\n" for word in lines)
    key.public_key().verify(signed.signature, text.encode())

    (lines,) = (words for words in blocks if words[:1] == ["eid-anchor-v1"])
    told = {"block": "7", "hash": "h", "received_at": "at"}
    text = "".join(f"{told.get(word, word)}\n" for word in lines)
    assert text.encode() == timestamping.receipt_text(7, "h", "at")


def test_the_export_is_documented_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ((?:`\w+` ?)+)\|", AUDIT.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {kind: CODE.findall(fields) for kind, fields in rows}
    block = Block(1, b"", b"", 1, "", "", b"", "", b"")
    event = EventRow("id", "at", "key", "[]", "1", b"")
    lines = [
        json.loads(line)
        for line in audit_export.lines(
            groups=[Group(1, block, [Member(1, 0, "id", b"", event)])],
            unsealed=[event],
            receipts=[ReceiptRow(1, "at", "key", b"")],
            now=clock.now(),
        )
    ]
    assert told == {line.pop("kind"): list(line) for line in lines}


def unsaid(text: str) -> list[str]:
    """Findings quoted in the table that a verifier does not print."""
    wrong = []
    for row in re.findall(r"^\| .*“.*$", text, re.MULTILINE):
        _empty, _attack, inside, outside, _end = row.split("|")
        both = inside if outside.strip() == "the same" else outside
        for cell, path in zip((inside, both), VERIFIERS.values(), strict=True):
            source = path.read_text(encoding="utf-8")
            wrong += [said for said in re.findall("“([^”]+)”", cell) if said not in source]
    return wrong


def test_findings_are_quoted_as_they_are_printed() -> None:
    text = AUDIT.read_text(encoding="utf-8")
    assert text.count("“") > 15
    assert unsaid(text) == []
    assert unsaid("| a block removed | “missing” | “nobody says this” |") == ["nobody says this"]
