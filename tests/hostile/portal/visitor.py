"""People who walk through the running portal over plain HTTP, with a browser's cookies and forms."""

import re
import time
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

from tests.running import Portal

PASSWORD = "con mèo ngồi bên cửa sổ"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class _Secure(HTTPAdapter):
    """Sends secure cookies to localhost without TLS, as browsers do."""

    def __init__(self, session: requests.Session) -> None:
        super().__init__()
        self.session = session

    def add_headers(self, request: requests.PreparedRequest, **_options: Any) -> None:
        """All cookies of the session."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.session.cookies)
        if cookies:
            request.headers["Cookie"] = cookies


class Visitor:
    """A browser. ``cookies`` keeps every value it was ever given, ``slowest`` the longest answer in seconds."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.mount("http://localhost", _Secure(self.http))
        self.cookies: set[str] = set()
        self.slowest = 0.0
        self.page: requests.Response

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request, and where it leads; a redirect is an answer of its own."""
        address = urljoin(self.portal.url, path)
        while True:
            began = time.monotonic()
            page = self.http.request(method, address, allow_redirects=False, timeout=30, **options)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.cookies |= {str(cookie.value) for cookie in self.http.cookies if cookie.value}
            if not page.is_redirect:
                self.page = page
                return page
            method, address, options = "GET", urljoin(address, page.headers["Location"]), {}

    def get(self, path: str, **options: Any) -> requests.Response:
        """Open a page."""
        return self.ask("GET", path, **options)

    def send(self, path: str = "", /, **fields: Any) -> requests.Response:
        """Fill in and send a form of the page one is on, which goes to ``path``, or to the page itself."""
        token = _TOKEN.search(self.page.text)
        assert token, f"{self.page.url} ({self.page.status_code}) has no form"
        data = {"csrfmiddlewaretoken": token[1], **fields}
        return self.ask("POST", urljoin(self.page.url, path), data=data)

    @property
    def at(self) -> str:
        """The path one has come to."""
        return requests.utils.urlparse(self.page.url).path  # type: ignore[attr-defined, no-any-return]

    # --- What people do ---------------------------------------------------------------------------
    def sign_in(self, name: str, password: str, code: str, *, at: str = "/sign-in/") -> None:
        """Name and password, then a code."""
        self.get(at)
        self.send(username=name, password=password)
        assert self.at == "/sign-in/code/", self.page.text
        self.send(code=code, way="TOTP")
        assert not self.at.startswith("/sign-in/"), self.page.text

    def sign_in_staff(self, person: dict[str, Any], *, at: str = "/counter/sign-in/") -> None:
        """An officer or administrator of the demonstration."""
        code = self.portal.app_code(person["totp_secret"])
        self.sign_in(person["sign_in_name"], person["password"], code, at=at)

    def is_signed_in(self) -> bool:
        """Whether the first page opens."""
        self.get("/")
        return self.at == "/"


def local(phone: str) -> str:
    """A phone number as it is typed in the country."""
    return "0" + phone.removeprefix("+84")
