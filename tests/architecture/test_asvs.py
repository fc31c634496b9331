"""`docs/asvs.yaml` answers every row of authentication and sessions, by tests that exist and run."""

import ast
import re
from functools import cache
from typing import Any, Final

import pytest
import yaml

from accounts import policy
from accounts.enums import AuthenticatorKind
from accounts.rules import passwords
from documents import policy as documents_policy
from eid_portal.core.limits import Limit
from eid_portal.env import ROOT
from payments import policy as payments_policy
from procedures import policy as procedures_policy

# How many rows each section of OWASP ASVS 5.0.0 has.
SECTIONS: Final = {
    "V6.1": 3, "V6.2": 12, "V6.3": 8, "V6.4": 6, "V6.5": 8, "V6.6": 4, "V6.7": 2, "V6.8": 4,
    "V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 3, "V7.6": 2,
}  # fmt: skip
MAP: Final = yaml.safe_load((ROOT / "docs/asvs.yaml").read_text(encoding="utf-8"))
TEXT: Final = (ROOT / "docs/authentication.md").read_text(encoding="utf-8")
ROWS: Final = {**MAP["asvs"], **MAP["nist"]}


@cache
def named_in(path: str) -> dict[str, ast.FunctionDef]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def is_skipped(test: ast.FunctionDef) -> bool:
    """Whether it is marked not to run."""
    return any("skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark) for mark in test.decorator_list)  # fmt: skip


def test_every_row_is_answered() -> None:
    expected = {f"{name}.{n}" for name, count in SECTIONS.items() for n in range(1, count + 1)}
    assert set(MAP["asvs"]) == expected
    assert len(MAP["nist"]) > 20


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_tests_that_run(name: str) -> None:
    row = ROWS[name]
    if "not_applicable" in row:
        assert len(row["not_applicable"]) > 10
        return
    assert row["tests"]
    for test in row["tests"]:
        path, function = test.split("::")
        assert function in named_in(path), f"{test} is no test"
        assert not is_skipped(named_in(path)[function])


def test_a_skipped_test_is_seen() -> None:
    source = "@pytest.mark.skip\ndef test_a(): ..."
    function: Any = ast.parse(source).body[0]
    assert is_skipped(function)


# --- What must be written down ----------------------------------------------------------------------
def test_every_limit_is_documented() -> None:
    policies = (policy, documents_policy, payments_policy, procedures_policy)
    named = {
        limit.name: limit
        for module in policies
        for limit in vars(module).values()
        if isinstance(limit, Limit)
    }
    assert {name.partition(".")[0] for name in named} >= {"documents", "payments", "procedures"}
    for name, limit in named.items():
        row = re.search(rf"^\| `{re.escape(name)}` \| {limit.allowed} \|", TEXT, re.MULTILINE)
        assert row, f"{name} with {limit.allowed} tries"


def test_the_words_of_this_service_are_documented() -> None:
    section = TEXT.partition("## Words no password may be made of")[2].partition("\n## ")[0]
    assert {word for word in passwords.SERVICE_WORDS if f"`{word}`" not in section} == set()


def test_every_way_in_is_documented() -> None:
    section = TEXT.partition("## Ways in")[2].partition("\n## ")[0]
    for kind in AuthenticatorKind:
        assert f"`{kind.value}`" in section


def test_the_times_of_sessions_are_documented() -> None:
    section = TEXT.partition("## Sessions")[2].partition("\n## ")[0]
    minutes = (policy.CITIZEN_IDLE, policy.OFFICER_IDLE)
    for words in (
        *(f"{int(idle.total_seconds()) // 60} minutes" for idle in minutes),
        f"{int(policy.SESSION_LASTS.total_seconds()) // 3600} hours",
        f"{policy.SESSIONS_MOST} sessions",
    ):
        assert words in section
