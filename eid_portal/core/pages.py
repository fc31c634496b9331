"""Pages without an app: refusals, help, the choice of language, and the state of the process."""

import hmac
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from eid_portal.core import clock
from eid_portal.core import metrics as figures
from eid_portal.core.bell import redis_client, rest
from eid_portal.core.errors import answer_to, error_page
from eid_portal.core.web import safe_next

log = structlog.get_logger()
V = TypeVar("V", bound=Callable[..., HttpResponse])


def audience(name: str) -> Callable[[V], V]:
    """Say whom a function's page is for, as classes do by an attribute of that name."""

    def mark(view: V) -> V:
        vars(view)["audience"] = name
        return view

    return mark


# --- Refusals: named by `handler…` in eid_portal/urls.py ------------------------------------------
def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request cannot be read."""
    return error_page(request, 400)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This person may not see this page."""
    return error_page(request, 403)


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page, or none that this person may know of."""
    return error_page(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    """Our fault; the log has where."""
    exception = sys.exc_info()[1]
    answer = answer_to(request, exception) if exception else None
    if answer:
        return answer
    log.error("unhandled_exception", exc_info=exception)
    return error_page(request, 500)


# --- Pages ----------------------------------------------------------------------------------------
@audience("public")
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Help, privacy and accessibility on one page."""
    return render(request, "pages/help.html")


@audience("public")
@require_safe
def set_language(request: HttpRequest) -> HttpResponse:
    """``/language/?to=en&next=/…``: keep the choice in a cookie and go back to the same page."""
    response = HttpResponseRedirect(safe_next(request))
    language = request.GET.get("to", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 60 * 60,
            path="/",
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


# --- The state of the process ---------------------------------------------------------------------
@audience("public")
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive; says nothing about others."""
    return JsonResponse({"status": "alive"})


@audience("public")
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and every migration is applied; else 503.

    Also says whether the database's grants hold the portal back (``grants``: on, off), and whether
    Redis answers, which is not required.
    """
    state: dict[str, Any] = {"database": "down", "migrations": "unknown", "grants": "unknown"}
    try:
        with connection.cursor() as cursor:
            # The role that owns the tables can do everything; the role `app` cannot empty one.
            cursor.execute(
                "SELECT has_table_privilege(c.oid, 'TRUNCATE') FROM pg_class c"
                " WHERE c.oid = to_regclass('django_migrations')"
            )
            row = cursor.fetchone()
        state["database"] = "up"
        state["grants"] = "unknown" if row is None else "off" if row[0] else "on"
        state["migrations"] = "applied" if _migrations_are_applied() else "missing"
    except DatabaseError:
        log.exception("readiness_database")
    state["redis"] = _redis_state()
    ready = state["database"] == "up" and state["migrations"] == "applied"
    return JsonResponse(
        {"status": "ready" if ready else "not ready", **state}, status=200 if ready else 503
    )


@audience("operator")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: what waits, and since when. No such page without ``settings.METRICS_TOKEN`` as bearer."""
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Http404
    return HttpResponse(figures.exposition(now=clock.now()), content_type=figures.CONTENT_TYPE)


_applied = False


def _migrations_are_applied() -> bool:
    """Once true it stays true for this process: its code does not change."""
    global _applied  # noqa: PLW0603
    if not _applied:
        executor = MigrationExecutor(connection)
        _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _applied


def _redis_state() -> str:
    client = redis_client()
    if client is None:
        return "down"
    try:
        client.ping()
    except RedisError:
        rest()
        return "down"
    return "up"
