"""A fault of ours tells the visitor nothing and the log no value: neither what was sent nor what was at hand."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from tests import factories

NUMBER, NAME = factories.personal_number(7), "Đặng Thị Mẫu"
AT_HAND = (NAME, "482913")

Lines = Callable[[], list[dict[str, Any]]]


def bug(request: HttpRequest, person: str) -> HttpResponse:
    code = request.POST.get("code", "482913")
    raise RuntimeError(f"{person} {NAME} {code}")


def away(request: HttpRequest, person: str) -> HttpResponse:
    raise OperationalError(f'connection failed for "{person}"')


def suspicious(request: HttpRequest, person: str) -> HttpResponse:
    raise SuspiciousOperation(f"{person} {NAME}")


def wrong_host(request: HttpRequest, person: str) -> HttpResponse:
    raise DisallowedHost(f"{person}.example")


urlpatterns = [
    path("bug/<str:person>/", bug),
    path("away/<str:person>/", away),
    path("suspicious/<str:person>/", suspicious),
    path("host/<str:person>/", wrong_host),
    path("", include("eid_portal.core.urls")),
]
handler400 = "eid_portal.core.pages.handler400"
handler403 = "eid_portal.core.pages.handler403"
handler404 = "eid_portal.core.pages.handler404"
handler500 = "eid_portal.core.pages.handler500"


@pytest.fixture
def visitor(settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        entry for entry in settings.MIDDLEWARE if not entry.startswith("accounts.")
    ]
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("address", "status", "exception"),
    [
        ("bug", 500, "RuntimeError"),
        ("away", 503, "OperationalError"),
        ("suspicious", 400, ""),
        ("host", 400, ""),
    ],
)
def test_neither_page_nor_log_repeats_a_value(
    visitor: Client, written: io.StringIO, address: str, status: int, exception: str
) -> None:
    answer = visitor.get(
        f"/{address}/{NUMBER}/?who={NUMBER}", headers={"user-agent": NUMBER, "referer": NUMBER}
    )

    page, log = answer.content.decode(), written.getvalue()
    assert answer.status_code == status
    assert not [value for value in (NUMBER, *AT_HAND) if value in log]
    assert not [value for value in AT_HAND if value in page]
    assert "Traceback" not in page + log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["request_id"] for line in lines} == {answer["X-Request-ID"]}
    found = [line for line in lines if "exception" in line]
    assert [line["exception"] for line in found] == ([exception] if exception else [])
    if exception:  # where it happened is what the log is for
        assert found[0]["where"][-1].split(":")[2] == address


def test_a_host_that_is_not_ours_is_not_repeated(visitor: Client, written: io.StringIO) -> None:
    assert visitor.get("/help/", HTTP_HOST=f"{NUMBER}.example").status_code == 400

    assert "django.security.DisallowedHost" in written.getvalue()
    assert NUMBER not in written.getvalue()


@pytest.mark.parametrize("header", ["origin", "referer"])
def test_a_form_from_elsewhere_is_refused_without_repeating_from_where(
    visitor: Client, written: io.StringIO, header: str
) -> None:
    answer = visitor.post(
        f"/bug/{NUMBER}/", headers={header: f"https://{NUMBER}.example/"}, secure=True
    )

    assert answer.status_code == 403
    assert f'"{header.title()} checking failed"' in written.getvalue()
    assert NUMBER not in written.getvalue()
