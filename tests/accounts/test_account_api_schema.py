"""The API of account, papers and payments as it is written down: whole, valid, every refusal, with examples."""

import ast
import builtins
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from jsonschema import Draft202012Validator

import accounts.services
from accounts.api.account import problems
from accounts.api.account.operations import refusals_of
from accounts.services import assurance, codes, flows, proofs, recovery_attempts, signing_in
from documents.services import showable, wallets
from eid_portal.core.errors import Busy
from eid_portal.core.models import AuditEvent
from payments.services import ordering
from procedures.api import drafts as filing_drafts
from procedures.api import problems as filing_problems
from procedures.services import attachments, desks, drafts, lifecycle
from tests.accounts.application import (
    API,
    AT,
    BY_NAME,
    OPERATIONS,
    Known,
    operation_at,
    schema,
)

OURS = [
    each
    for each in schema()["paths"]
    if each.startswith(
        (
            AT,
            *(
                f"{API}{name}"
                for name in ("papers", "payments", "procedures", "drafts", "applications")
            ),
        )
    )
]


# --- Its form ---------------------------------------------------------------------------------------
def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in it."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


def test_it_is_openapi_3_1_and_names_what_there_is() -> None:
    found = schema()
    assert found["openapi"] == "3.1.0"
    assert {"title", "version"} <= found["info"].keys()
    for part in parts(found):
        if isinstance(part.get("$ref"), str):
            head, *path = part["$ref"].split("/")
            assert head == "#"
            place: Any = found
            for step in path:
                place = place[step]
    for component in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(component)


def test_every_operation_is_there_once_with_its_parts() -> None:
    found = {
        operation["operationId"]: (path, operation)
        for path in OURS
        for operation in schema()["paths"][path].values()
    }
    assert found.keys() == BY_NAME.keys()
    assert len(found) == len(OPERATIONS) == sum(len(schema()["paths"][path]) for path in OURS)
    for name, (path, operation) in found.items():
        known = BY_NAME[name]
        assert operation["summary"] == known.told.summary
        named = set(re.findall(r"\{(\w+)\}", path))
        given = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert named == given
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")
        assert bool(operation.get("requestBody")) == (known.told.takes is not None)
        assert operation.get("security", [{}]) == (
            [{"SessionKey": []}] if known.needs_session else [{}]
        )
        for status, answer in operation["responses"].items():
            assert re.fullmatch("[2-5][0-9][0-9]", status)
            assert answer["description"]
    assert schema()["components"]["securitySchemes"]["SessionKey"]["scheme"] == "bearer"


def test_bodies_take_no_other_fields() -> None:
    for each in OPERATIONS:
        if each.told.takes is not None:
            body = schema()["components"]["schemas"][each.told.takes.__name__]
            assert body["additionalProperties"] is False, each.told.name


def examples(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Where it stands, its schema, the example."""
    sent = operation.get("requestBody", {}).get("content", {})
    answered = [(f"{status}", one.get("content", {})) for status, one in operation["responses"].items()]  # fmt: skip
    for place, contents in [("sent", sent), *answered]:
        for content in contents.values():
            for example in content.get("examples", {}).values():
                yield place, content["schema"], example["value"]


@pytest.mark.parametrize("known", OPERATIONS, ids=lambda one: one.told.name)
def test_examples_are_what_they_show(known: Known) -> None:
    operation = operation_at(known.method, known.path)
    assert operation is not None
    seen = set()
    for place, shape, value in examples(operation):
        seen.add(place)
        Draft202012Validator(shape | {"components": schema()["components"]}).validate(value)
    wanted = {status for status in operation["responses"] if status >= "400"}
    wanted |= {"sent"} if known.told.takes else set()
    wanted |= {str(known.told.status.value)} if isinstance(known.told.gives, type) else set()
    assert wanted <= seen


def test_examples_hold_no_real_number() -> None:
    """A serial below 100 belongs to nobody."""
    text = Client().get("/api/schema/").content.decode()
    for number in re.findall(r"\b\d{3}[ .]?\d{3}[ .]?\d{3}[ .]?\d{3}\b", text):
        digits = re.sub(r"\D", "", number)
        assert int(digits[6:]) < 100, number


# --- Every refusal ----------------------------------------------------------------------------------
def calls_of(handler: Any, view: type) -> Iterator[Any]:
    """The functions of modules that a handler calls, itself or by its view's own methods and its module's."""
    source = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    names = handler.__globals__
    for node in ast.walk(source):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                method = getattr(view, name)
                if method.__module__ == view.__module__ and method is not handler:
                    yield from calls_of(method, view)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                if inspect.ismodule(names.get(module)):
                    yield getattr(names[module], name)
            case ast.Call(func=ast.Name(id=name)) if inspect.isfunction(names.get(name)):
                if names[name].__module__ == view.__module__:
                    yield from calls_of(names[name], view)


def raised_by(function: Any) -> Iterator[type[Exception]]:
    """What its docstring says it raises."""
    if not inspect.isfunction(inspect.unwrap(function)):
        return
    text = inspect.getdoc(function) or ""
    _before, found, section = text.partition("\nRaises:\n")
    for line in section.split("\n") if found else ():
        if not line.strip():
            break
        if named := re.match(r" {4}((?:[\w.]+, )*[\w.]+):", line):
            yield from (resolved(function, name) for name in named[1].split(", "))


def resolved(function: Any, name: str) -> type[Exception]:
    """The class a docstring names."""
    head, *rest = name.split(".")
    names = vars(builtins) | services() | inspect.unwrap(function).__globals__
    value = names[head] if head in names else REEXPORTED[head]
    for step in rest:
        value = getattr(value, step)
    assert issubclass(value, Exception)
    return value


@cache
def services() -> dict[str, Any]:
    """The modules that docstrings name without importing them."""
    found = pkgutil.iter_modules(accounts.services.__path__)
    return {one.name: import_module(f"accounts.services.{one.name}") for one in found}


# Named in docstrings of modules that raise them through others.
REEXPORTED = {
    "AttemptOver": recovery_attempts.AttemptOver,
    "AuditEvent": AuditEvent,
    "Busy": Busy,
    "CannotWithdraw": lifecycle.CannotWithdraw,
    "NoDesk": desks.NoDesk,
    "NoGuardian": wallets.NoGuardian,
    "NoSuchPaper": wallets.NoSuchPaper,
    "NoSuchWard": wallets.NoSuchWard,
    "NotForThem": drafts.NotForThem,
    "NotVerified": showable.NotVerified,
    "StepUpNeeded": assurance.StepUpNeeded,
    "WardGrown": wallets.WardGrown,
    "WrongStage": recovery_attempts.WrongStage,
}


# A base whose subclasses are meant: those of them that the call can meet.
MEANT = {
    proofs.ProofRefused: (problems.BY_CODE, problems.BY_PASSKEY),
    codes.CodeRefused: (problems.SENT_CODE,),
    drafts.FilingRefused: (filing_drafts.BEGUN,),
    attachments.NotTaken: (tuple(filing_problems.FILE_KINDS),),
    ordering.OrderRefused: ((),),  # it is filed all the same, and the answer says why
}
# Nobody but citizens signs in here, and what is sent has been checked before.
NEVER = (signing_in.OutsideOffice, AuditEvent.DoesNotExist, ValueError)


def undocumented(known: Known) -> list[type[Exception]]:
    """Refusals that its calls may raise and that it does not answer."""
    told = refusals_of(known.told, known.view)  # type: ignore[arg-type] # its class says all it needs
    lacking = []
    for function in calls_of(getattr(known.view, known.method), known.view):
        for refusal in raised_by(function):
            ways = MEANT.get(refusal, ((refusal,),))
            below = [one for one in problems.KINDS if issubclass(one, refusal)] or [refusal]
            met = any(set(way) <= {*told} for way in ways) or (
                refusal not in MEANT and set(below) <= {*told}
            )
            if not met and not issubclass(refusal, NEVER):
                lacking.append(refusal)
    return lacking


@pytest.mark.parametrize("known", OPERATIONS, ids=lambda one: one.told.name)
def test_every_refusal_of_the_services_is_documented(known: Known) -> None:
    assert undocumented(known) == []
    operation = operation_at(known.method, known.path)
    assert operation is not None
    for refusal in refusals_of(known.told, known.view):  # type: ignore[arg-type]
        status, _make = problems.KINDS[refusal]
        shown = operation["responses"][str(status.value)]["content"]["application/problem+json"]
        told = {one["value"]["code"] for one in shown["examples"].values()}
        assert {problems.code_of(one) for one in problems.samples_of(refusal)} <= told


def test_calls_and_what_they_raise_are_seen() -> None:
    called = list(calls_of(BY_NAME["enter"].view.post, BY_NAME["enter"].view))  # type: ignore[attr-defined]
    assert signing_in.enter in called
    assert {flows.FlowOver, proofs.ProofRefused, signing_in.OutsideOffice} <= {
        *raised_by(signing_in.enter)
    }
    with_calls = [
        each for each in OPERATIONS if [*calls_of(getattr(each.view, each.method), each.view)]
    ]
    assert len(with_calls) >= len(OPERATIONS) - 1  # who is signed in is known already
    raising = [each for each in OPERATIONS if any(
        [*raised_by(one)] for one in calls_of(getattr(each.view, each.method), each.view))]  # fmt: skip
    assert len(raising) > len(OPERATIONS) // 2


def test_a_refusal_that_is_not_documented_is_seen() -> None:
    class Silent(BY_NAME["enter"].view):  # type: ignore[misc]
        pass

    told = BY_NAME["enter"].told
    silent = Known("post", "x", Silent, type(told)(**{
        name: getattr(told, name) for name in told.__slots__} | {"refusals": (flows.FlowOver,)}))  # fmt: skip
    assert proofs.ProofRefused in undocumented(silent)


@pytest.mark.parametrize(
    "refusal", problems.KINDS, ids=lambda one: f"{one.__module__}.{one.__name__}"
)
def test_a_refusal_is_said_in_both_languages(refusal: type[Exception]) -> None:
    status, _make = problems.KINDS[refusal]
    said = {}
    for language in ("vi", "en"):
        with override(language):
            [made, *_more] = problems.samples_of(refusal)
            said[language] = problems.document(made, status, now=problems.SAMPLED_AT)
            assert type(made) is refusal
    for problem in said.values():
        assert problem["type"] == f"urn:eid:problem:{problem['code']}"
        assert problem["status"] == status
        assert re.fullmatch("[a-z0-9_]+", problem["code"])
    assert said["vi"]["title"] != said["en"]["title"]
    assert said["vi"]["detail"] != said["en"]["detail"]
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        assert said["en"]["retry_after"] >= 1


def test_no_two_refusals_of_one_status_and_code_mean_different_things() -> None:
    seen: dict[str, set[HTTPStatus]] = {}
    for refusal, (status, _make) in problems.KINDS.items():
        for made in problems.samples_of(refusal):
            seen.setdefault(problems.code_of(made), set()).add(status)
    assert {code for code, statuses in seen.items() if len(statuses) > 1} == set()


def test_the_page_of_the_operations_shows_them(client: Client, db: None) -> None:
    for language in ("vi", "en"):
        page = client.get("/api/docs/", headers={"Accept-Language": language})
        text = page.content.decode()
        assert page.status_code == 200
        assert "/api/v1/account/sign-in/code" in text
        assert "`too_many_tries`" in text
