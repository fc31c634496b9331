"""Celery tasks: named, given ids alone; whoever rings one names one that exists."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest
from celery import current_app
from celery.schedules import schedule
from django.conf import settings

from eid_portal.core import jobs
from tests.architecture.reading import APPS, name, sources, tree

DECORATORS = {"shared_task", "app.task", "celery.task"}


def known() -> Mapping[str, Any]:
    """Every task of ours, by name."""
    jobs.load_tasks()
    prefixes = tuple(f"{app}." for app in ("core", *APPS))
    return {name: task for name, task in current_app.tasks.items() if name.startswith(prefixes)}


# --- A task has a name ------------------------------------------------------------------------------
def unnamed(module: ast.AST) -> Iterator[str]:
    """Uses of Celery's decorator that leave the name to the module the function happens to stand in."""
    named = {
        id(node.func)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and any(keyword.arg == "name" for keyword in node.keywords)
    }
    for node in ast.walk(module):
        match node:
            case ast.Name() | ast.Attribute() if (
                ast.unparse(node) in DECORATORS and id(node) not in named
            ):
                yield f"line {node.lineno}"


def test_every_task_has_a_name() -> None:
    assert [f"{name(path)}: {where}" for path in sources() for where in unnamed(tree(path))] == []
    assert len(known()) >= 8


@pytest.mark.parametrize(
    "code",
    ["@shared_task\ndef f(): ...", "@shared_task(acks_late=True)\ndef f(): ...", "app.task(f)"],
)
def test_a_task_without_a_name_is_seen(code: str) -> None:
    assert list(unnamed(ast.parse(code)))
    assert not list(unnamed(ast.parse("@shared_task(name='x.f')\ndef f(): ...")))


# --- It gets ids ------------------------------------------------------------------------------------
def no_ids(function: Callable[..., Any]) -> list[str]:
    """Parameters that could carry more than an id; ``**_later`` lets old workers live with new arguments."""
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if not parameter.name.endswith("_id")
        and (parameter.kind, parameter.name) != (parameter.VAR_KEYWORD, "_later")
    ]


def test_a_task_gets_ids_and_nothing_else() -> None:
    assert {name: no_ids(task.run) for name, task in known().items() if no_ids(task.run)} == {}


@pytest.mark.parametrize(
    "function",
    [lambda phone: phone, lambda *rest: rest, lambda **more: more, lambda job_id, text: text],
)
def test_a_task_that_gets_more_is_seen(function: Callable[..., Any]) -> None:
    assert no_ids(function)
    assert not no_ids(lambda job_id, **_later: job_id)


# --- Who rings it -----------------------------------------------------------------------------------
def lost_rings(plan: Mapping[str, Any], names: Mapping[str, Any]) -> list[str]:
    """Entries of the schedule that name no task, or carry arguments."""
    return [
        entry
        for entry, ring in plan.items()
        if ring["task"] not in names or ring.get("args") or ring.get("kwargs")
    ]


def test_the_schedule_rings_tasks_that_exist_without_arguments() -> None:
    plan = settings.CELERY_BEAT_SCHEDULE
    assert plan
    assert lost_rings(plan, known()) == []
    periodic = known().keys() - jobs.task_names()
    assert {ring["task"] for ring in plan.values()} == periodic, "each is rung by beat, or is a job"


@pytest.mark.parametrize(
    "ring", [{"task": "core.nothing"}, {"task": "core.tidy", "kwargs": {"phone": "1"}}]
)
def test_a_ring_nobody_hears_is_seen(ring: dict[str, Any]) -> None:
    assert lost_rings({"x": ring | {"schedule": schedule(60)}}, known()) == ["x"]


def enqueued(module: ast.AST) -> Iterator[ast.expr]:
    """The name that each ``enqueue`` and ``enqueue_many`` is given."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.rpartition(".")[2] in {"enqueue", "enqueue_many"}:
                yield node.args[0]


def value_of(given: ast.expr, module: str) -> str:
    """What a literal, or a constant of its module, says."""
    if isinstance(given, ast.Constant):
        return str(given.value)
    found: Any = import_module(module)
    for part in ast.unparse(given).split("."):
        found = getattr(found, part)
    return str(found)


def test_every_job_that_is_written_has_its_task() -> None:
    names = [
        value_of(given, name(path).removesuffix(".py").replace("/", "."))
        for path in sources(without=("eid_portal/core/jobs.py",))
        for given in enqueued(tree(path))
    ]
    assert names
    assert set(names) <= jobs.task_names()


def test_a_job_without_a_task_would_be_seen() -> None:
    (given,) = enqueued(ast.parse("jobs.enqueue('accounts.send_notise', subject_id=x)"))
    assert value_of(given, "accounts.services.notices") not in jobs.task_names()
    (given,) = enqueued(ast.parse("enqueue(SEND, subject_id=x)"))
    assert value_of(given, "accounts.services.notices") == "accounts.send_notice"
