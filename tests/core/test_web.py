"""What every request and response passes, on a tiny set of addresses, without a database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.decorators.http import require_GET

from eid_portal.core import clock
from eid_portal.core.web import Busy, TooMany, client_ip, safe_next

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def raising(exception: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise exception

    return view


@require_GET
def only_get(request: HttpRequest) -> HttpResponse:
    return HttpResponse("got")


def form_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")


urlpatterns = [
    path("", hello),
    path("api/v1/hello", hello),
    path("api/v1/busy", raising(Busy(retry_after=7))),
    path("busy/", raising(Busy(retry_after=7))),
    path("many/", raising(TooMany(until=NOON + timedelta(minutes=6)))),
    path("away/", raising(OperationalError("gone"))),
    path("data/", raising(DataError("bad"))),
    path("bug/", raising(RuntimeError("079192000045"))),
    path("denied/", raising(PermissionDenied())),
    path("only-get/", only_get),
    path("form/", form_page),
    path("", include("eid_portal.core.urls")),
]
handler400 = "eid_portal.core.pages.handler400"
handler403 = "eid_portal.core.pages.handler403"
handler404 = "eid_portal.core.pages.handler404"
handler500 = "eid_portal.core.pages.handler500"


@pytest.fixture(autouse=True)
def tiny_portal(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        "eid_portal.core.web.RequestContextMiddleware",
        "eid_portal.core.web.RefuseBrokenRequestMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "eid_portal.core.web.PrivateResponseMiddleware",
        "eid_portal.core.web.LanguageMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


# --- Broken requests ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "/%00",
        "/a%0d%0ab",
        "/%ff",
        "/%c3%28",
        "/%ed%a0%80",
        "/%c2%85",
        "/?q=%00",
        "/?q=%ff",
        "/?%00=1",
        "/?q=a%0ab",
        "/?q=" + "a" * 5000,
        "/" + "a" * 3000,
    ],
)
def test_a_broken_address_is_refused_before_any_view(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 400
    assert b"Traceback" not in answer.content
    assert b"govuk-heading-l" in answer.content


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_X_TEST": "a\x00b"},
        {"HTTP_USER_AGENT": "a\x1b[31m"},
        {"HTTP_X_TEST": "\xff\xfe"},
        {"HTTP_X_TEST": "a" * 20_000},
        {"HTTP_COOKIE": 'a="\\000"'},
        {"HTTP_COOKIE": "a=b\x07"},
        {"CONTENT_TYPE": "text/html\x00"},
    ],
)
def test_a_broken_header_or_cookie_is_refused(visitor: Client, header: dict[str, Any]) -> None:
    assert visitor.get("/", **header).status_code == 400


def test_vietnamese_in_address_and_header_is_fine(visitor: Client) -> None:
    name = "Đặng".encode().decode("latin-1")
    assert visitor.get("/?q=%C4%90%E1%BA%B7ng+Th%E1%BB%8B", HTTP_X_NAME=name).status_code == 200


def test_below_api_a_refusal_is_a_problem_document(visitor: Client) -> None:
    answer = visitor.get("/api/v1/hello?q=%00")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 400
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_an_unknown_host_gets_the_page(visitor: Client) -> None:
    answer = visitor.get("/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "default-src 'none'" in answer["Content-Security-Policy"]


# --- Exceptions -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/busy/", 503),
        ("/many/", 429),
        ("/away/", 503),
        ("/data/", 400),
        ("/bug/", 500),
        ("/denied/", 403),
        ("/missing/", 404),
    ],
)
def test_every_exception_has_a_page_in_both_languages(
    visitor: Client, address: str, status: int
) -> None:
    with clock.frozen(NOON):
        for language in ("vi", "en"):
            answer = visitor.get(address, headers={"accept-language": language})
            assert answer.status_code == status
            assert f'<html lang="{language}"' in answer.content.decode()
            assert answer["X-Request-ID"] in answer.content.decode()
            assert b"079192000045" not in answer.content


def test_busy_says_when_to_come_back(visitor: Client) -> None:
    with clock.frozen(NOON):
        answer = visitor.get("/busy/", headers={"accept-language": "en"})
        assert answer["Retry-After"] == "7"
        assert "12:00:07" in answer.content.decode()
        assert visitor.get("/api/v1/busy").json()["retry_after"] == 7


def test_a_used_up_limit_says_until_when(visitor: Client) -> None:
    with clock.frozen(NOON):
        answer = visitor.get("/many/", headers={"accept-language": "en"})
    assert answer["Retry-After"] == "360"
    assert "12:06 on 23/11/2026" in answer.content.decode()


def test_a_method_that_is_not_allowed_gets_a_page_and_the_list(visitor: Client) -> None:
    answer = visitor.put("/only-get/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET"
    assert b"govuk-heading-l" in answer.content


def test_a_form_without_its_token_is_told_to_reload() -> None:
    answer = Client(enforce_csrf_checks=True).post("/form/", headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


def test_a_page_that_cannot_be_drawn_is_still_an_answer(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> str:
        raise ValueError

    monkeypatch.setattr("eid_portal.core.errors.render_to_string", broken)
    answer = visitor.get("/bug/")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()


# --- Headers --------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["/", "/help/", "/missing/", "/%00", "/busy/", "/only-get/"])
def test_every_answer_has_the_headers(visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(answer["X-Request-ID"]) >= 32


def test_only_a_request_id_that_our_proxy_made_is_taken_over(
    visitor: Client, settings: Any
) -> None:
    made, number = "0123456789abcdef0123456789abcdef", "079192000045"

    def given(offered: str) -> str:
        return str(visitor.get("/", headers={"x-request-id": offered})["X-Request-ID"])

    assert given(made) != made  # a visitor's: it may be a number that was padded
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    assert given(made) == made
    assert number not in given(number)


# --- Language -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "vi"),
        ("", "en-GB,en;q=0.8", "en"),
        ("", "fr", "vi"),
        ("vi", "en", "vi"),
        ("en", "vi", "en"),
        ("../../x", "en", "en"),
    ],
)
def test_the_language_is_the_cookie_then_the_browser_then_vietnamese(
    visitor: Client, cookie: str, accepted: str, language: str
) -> None:
    if cookie:
        visitor.cookies["__Host-language"] = cookie
    answer = visitor.get("/help/", headers={"accept-language": accepted} if accepted else None)
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.content.decode()


def test_the_switch_keeps_the_page_and_sets_a_host_cookie(visitor: Client) -> None:
    answer = visitor.get("/language/", {"to": "en", "next": "/help/?a=1"})
    assert answer.status_code == 302
    assert answer["Location"] == "/help/?a=1"
    cookie = answer.cookies["__Host-language"]
    assert (cookie.value, cookie["path"], cookie["domain"]) == ("en", "/", "")
    assert cookie["secure"]
    assert cookie["httponly"]


@pytest.mark.parametrize(
    "foreign",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil"],
)
def test_the_switch_leads_to_no_other_site(visitor: Client, foreign: str) -> None:
    assert visitor.get("/language/", {"to": "en", "next": foreign})["Location"] == "/"


def test_an_unknown_language_sets_nothing(visitor: Client) -> None:
    assert not visitor.get("/language/", {"to": "fr", "next": "/"}).cookies


def test_a_page_links_to_itself_in_the_other_language(visitor: Client) -> None:
    page = visitor.get("/help/?a=1&b=2", headers={"accept-language": "vi"}).content.decode()
    assert 'href="/language/?to=en&amp;next=/help/%3Fa%3D1%26b%3D2"' in page


# --- What views ask -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "rubbish", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", "0.0.0.0"),  # noqa: S104
    ],
)
def test_only_trusted_proxies_say_who_visits(
    settings: Any, rf: RequestFactory, peer: str, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_ip(request) == address


def test_next_of_a_form_wins(rf: RequestFactory) -> None:
    assert safe_next(rf.post("/?next=/b", {"next": "/a"})) == "/a"
    assert safe_next(rf.post("/?next=//b", {}), default="/home") == "/home"


def test_the_process_says_it_is_alive(visitor: Client) -> None:
    assert visitor.get("/healthz").json() == {"status": "alive"}


@pytest.mark.django_db
def test_the_process_says_it_is_ready(visitor: Client) -> None:
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    state = answer.json()
    assert (state["database"], state["migrations"]) == ("up", "applied")
    assert state["grants"] == "on"
    assert state["redis"] in {"up", "down"}


def test_without_a_database_the_process_is_not_ready(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("eid_portal.core.pages.connection.cursor", gone)
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"
