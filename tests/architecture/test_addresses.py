"""Every address says whom it is for, keeps strangers out accordingly, and carries opaque ids alone."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.views import View

AUDIENCES = {"public", "signed_in", "citizen", "officer", "administrator", "party", "operator"}


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every route and its view."""
    for item in resolver.url_patterns:
        if isinstance(item, URLResolver):
            yield from addresses(item, prefix + str(item.pattern))
        elif isinstance(item, URLPattern):
            yield prefix + str(item.pattern), item.callback


def audience_of(view: Callable[..., Any]) -> str | None:
    """What a view says: itself, its class, or the admin, whose views all stand behind one door."""
    owner = getattr(inspect.unwrap(view), "__self__", None)  # the door is a wrapper
    marks = (getattr(view, "admin_site", None), getattr(view, "model_admin", None), owner)
    if any(isinstance(mark, AdminSite | ModelAdmin) for mark in marks):
        return "administrator"
    said = getattr(view, "view_class", getattr(view, "cls", view))
    return getattr(said, "audience", None)


ALL = sorted(addresses(get_resolver()), key=lambda address: address[0])
SIGN_IN = ("/sign-in/", "/counter/sign-in/", "/admin/")  # the admin's first page sends strangers on
CLOSED = [(route, view) for route, view in ALL if audience_of(view) != "public"]


def filled(route: str) -> str:
    """An address of a route, with ids of nothing."""
    return "/" + re.sub(r"<(?:\w+:)?\w+>", "0", route).replace("\\Z", "")


@pytest.mark.parametrize(("route", "view"), ALL, ids=[route or "/" for route, _ in ALL])
def test_an_address_says_whom_it_is_for(route: str, view: Callable[..., Any]) -> None:
    assert audience_of(view) in AUDIENCES


def test_an_address_that_says_nothing_is_seen() -> None:
    class Silent(View):
        pass

    assert audience_of(path("x/", Silent.as_view()).callback) is None
    assert audience_of(lambda request: request) is None
    assert {"administrator", "citizen", "officer", "party"} <= {audience_of(v) for _, v in ALL}


@pytest.mark.parametrize(("route", "view"), CLOSED, ids=[f"{route or '/'}" for route, _ in CLOSED])
def test_a_stranger_sees_only_what_is_public(
    db: None, route: str, view: Callable[..., Any]
) -> None:
    for method in ("get", "post", "put", "delete"):
        answer = getattr(Client(), method)(filled(route))
        status = answer.status_code
        if status == 302:
            assert answer["Location"].startswith(SIGN_IN)
        else:
            assert status in {401, 403, 404, 405}, (method, status)


def odd_ids(route: str) -> list[str]:
    """What an address carries beside public ids, references in one's own data log, and codes of the catalogue."""
    allowed = {"str:public_id", "str:file_id", "uuid:event_id", "slug:code", "slug:step"}
    return [given for given in re.findall(r"<([^>]+)>", route) if given not in allowed]


@pytest.mark.parametrize(
    "route", [route for route, view in ALL if audience_of(view) != "administrator"]
)
def test_an_address_carries_public_ids_alone(route: str) -> None:
    assert odd_ids(route) == []


@pytest.mark.parametrize("route", ["cards/<int:pk>/", "people/<str:personal_number>/"])
def test_another_id_is_seen(route: str) -> None:
    assert odd_ids(route)
