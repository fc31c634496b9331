"""What every page stands on: its audience, who asks, and the cookies of sign-in."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.views import View

from accounts import permissions, policy, selectors
from accounts.enums import AccountKind
from accounts.selectors import places
from accounts.services import assurance, sessions
from eid_portal.core import clock
from eid_portal.core.events import Actor
from eid_portal.core.web import client_ip

DEVICE_COOKIE = "__Host-device"
FLOW_COOKIE = "__Host-flow"
STEP_UP = "/sign-in/again/"
# Officers' first pages, by what they do.
COUNTER = "/counter/"
ROADSIDE = "/roadside/"
DESK = "/desk/"


class SeeOther(HttpResponseRedirect):
    """After a form was posted: the next page is fetched by GET, whatever the browser (RFC 9110 §15.4.4)."""

    status_code = 303


class PortalView(View):
    """A page. Each says whom it is for; ``tests/architecture`` refuses one that does not."""

    audience: ClassVar[str]
    sign_in_at: ClassVar[str] = "/sign-in/"
    now: datetime
    session: sessions.Session | None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Take the time and the session once."""
        super().setup(request, *args, **kwargs)
        self.now = clock.now()
        self.session = request.session  # type: ignore[assignment] # ours, not Django's

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in whom the page is for; send strangers to sign in, others to prove themselves afresh, and back."""
        if self.audience != "public":
            if self.session is None:
                return self.to_sign_in()
            self.admit(self.session)
        try:
            return super().dispatch(request, *args, **kwargs)
        except assurance.StepUpNeeded as needed:
            return self.to_step_up(needed)

    def to_step_up(self, needed: assurance.StepUpNeeded) -> HttpResponseBase:
        """The way to prove oneself afresh and back to this page."""
        values = {"next": self.way_back(), "for": needed.action.value}
        return SeeOther(f"{STEP_UP}?{urlencode(values)}")

    def to_sign_in(self) -> HttpResponseBase:
        """The way to the right sign-in page and back to this one; a form's data is posted again by the person."""
        return HttpResponseRedirect(f"{self.sign_in_at}?{urlencode({'next': self.way_back()})}")

    def way_back(self) -> str:
        """This page; what was posted is posted again by the person."""
        looked = self.request.method in {"GET", "HEAD"}
        return self.request.get_full_path() if looked else self.request.path

    def admit(self, session: sessions.Session) -> None:
        """Refuse a session of another kind of person.

        Raises:
            PermissionDenied: it is one.
        """
        if session.account.kind != self.audience:
            raise PermissionDenied

    @property
    def actor(self) -> Actor:
        """Who acts."""
        if self.session is None:
            raise PermissionDenied
        return sessions.actor_of(self.session)

    @property
    def here(self) -> sessions.Session:
        """The session, on pages that only people signed in see."""
        if self.session is None:
            raise PermissionDenied
        return self.session

    @property
    def holder(self) -> dict[str, Any]:
        """What header and sections of the pages of "My account" depend on."""
        account = self.here.account
        officer = account.kind == AccountKind.OFFICER
        return {
            "display_name": account.citizen.full_name,
            "officer": officer,
            "works_at": self.works_at if officer else "",
            "staff": account.kind != AccountKind.CITIZEN,
        }

    @property
    def works_at(self) -> str:
        """Where an officer's first page is: the counter, else the road, else the desk; empty without a post."""
        account = self.here.account
        post = selectors.find_post(account, office_id=self.here.office_id)
        roles = post.roles if post else frozenset()
        rooms = (
            (permissions.may_work_at_counter, COUNTER),
            (permissions.may_check_on_the_road, ROADSIDE),
            (permissions.may_work_on_cases, DESK),
        )
        return next((room for may, room in rooms if may(account, roles)), "")


class PublicView(PortalView):
    """For anyone."""

    audience = "public"


class SignedInView(PortalView):
    """For anyone signed in."""

    audience = "signed_in"

    def admit(self, session: sessions.Session) -> None:
        """Let everybody in."""


class CitizenView(PortalView):
    """For a citizen signed in."""

    audience = AccountKind.CITIZEN.value


class OfficerView(PortalView):
    """For an officer signed in, at the office of their session."""

    audience = AccountKind.OFFICER.value
    sign_in_at = "/counter/sign-in/"
    post_at: selectors.Post

    def admit(self, session: sessions.Session) -> None:
        """Refuse who has no post at the counter."""
        super().admit(session)
        post = selectors.find_post(session.account, office_id=session.office_id)
        if post is None or not self.may_enter(session.account, post.roles):
            raise PermissionDenied
        self.post_at = post

    def may_enter(self, account: Any, roles: frozenset[str]) -> bool:
        """Whether a post opens these pages: the counter's."""
        return permissions.may_work_at_counter(account, roles)

    @property
    def on_the_road(self) -> bool:
        """Whether the officer checks papers on the road too."""
        return permissions.may_check_on_the_road(self.here.account, self.post_at.roles)

    @property
    def at_counter(self) -> bool:
        """Whether the officer works at the counter too."""
        return permissions.may_work_at_counter(self.here.account, self.post_at.roles)

    @property
    def on_cases(self) -> bool:
        """Whether the officer decides applications too."""
        return permissions.may_work_on_cases(self.here.account, self.post_at.roles)


class SupervisorView(OfficerView):
    """For a supervisor of the counter."""

    def admit(self, session: sessions.Session) -> None:
        """Refuse officers who do not supervise."""
        super().admit(session)
        if not permissions.may_approve(session.account, self.post_at.roles):
            raise PermissionDenied


class RoadsideView(OfficerView):
    """For a traffic officer signed in."""

    def may_enter(self, account: Any, roles: frozenset[str]) -> bool:
        """Whether a post opens these pages: that of a traffic officer."""
        return permissions.may_check_on_the_road(account, roles)


class CaseOfficerView(OfficerView):
    """For an officer who decides applications, or the head of a desk."""

    def may_enter(self, account: Any, roles: frozenset[str]) -> bool:
        """Whether a post opens these pages: that of a case officer."""
        return permissions.may_work_on_cases(account, roles)

    @property
    def leads(self) -> bool:
        """Whether the officer is the head of the desk."""
        return permissions.may_lead_cases(self.here.account, self.post_at.roles)


# --- Cookies ------------------------------------------------------------------------------------
def begin_session(
    request: HttpRequest, response: HttpResponse, *, key: str, device_token: str
) -> None:
    """Give the browser its session and device cookies; the flow's cookie goes, the CSRF secret changes."""
    rotate_token(request)
    _set(response, settings.SESSION_COOKIE_NAME, key, None)
    _set(response, DEVICE_COOKIE, device_token, int(policy.DEVICE_LASTS.total_seconds()))
    drop(response, FLOW_COOKIE)


def end_session(response: HttpResponse) -> None:
    """Take the session cookie back; the device stays known."""
    drop(response, settings.SESSION_COOKIE_NAME)


def renew_session(request: HttpRequest, response: HttpResponse, *, key: str) -> None:
    """Give the browser the new key of its session; the CSRF secret changes too."""
    rotate_token(request)
    _set(response, settings.SESSION_COOKIE_NAME, key, None)


def set_flow(response: HttpResponse, token: str) -> None:
    """Give the browser the token of what it is in the middle of."""
    _set(response, FLOW_COOKIE, token, int(policy.FLOW_LASTS.total_seconds()))


def drop(response: HttpResponse, name: str) -> None:
    """Take a cookie back; a ``__Host-`` one needs its attributes again."""
    _set(response, name, "", 0)


def device_token(request: HttpRequest) -> str | None:
    """The browser's device cookie."""
    return request.COOKIES.get(DEVICE_COOKIE) or None


def flow_token(request: HttpRequest) -> str:
    """The browser's flow cookie."""
    return request.COOKIES.get(FLOW_COOKIE, "")


def address(request: HttpRequest) -> str:
    """The browser's address, as far as our own proxies say."""
    return client_ip(request)


def place_label(request: HttpRequest) -> str:
    """Where the browser's network is, where the operator's file says so."""
    return places.place_of(sessions.network_of(address(request)))


def device_label(request: HttpRequest) -> str:
    """Browser and system in a few words, such as "Firefox, Linux"; versions are left out."""
    agent = request.headers.get("User-Agent", "")
    browsers = (("Edg/", "Edge"), ("OPR/", "Opera"), ("CocCoc", "Cốc Cốc"), ("coc_coc", "Cốc Cốc"),
                ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def _set(response: HttpResponse, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        name, value, max_age=max_age, secure=True, httponly=True, samesite="Lax", path="/"
    )
