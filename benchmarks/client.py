"""A browser as small as can be: one connection, a jar of cookies."""

import http.client
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode


class Browser:
    """Talks to a server on this machine."""

    def __init__(self, port: int, address: str = "") -> None:
        self.address = address  # what a trusted proxy would say of it
        self.headers: dict[str, str] = {}  # of the last answer, names in lower case
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.host = f"localhost:{port}"
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str]:
        """Status and text."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Status and text; redirects are not followed."""
        return self._ask("POST", path, urlencode(fields))

    def csrf(self, path: str) -> str:
        """The form token of a page."""
        status, text = self.get(path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        if found is None:
            raise SystemExit(f"{path} answers {status} without a form")
        return found[1]

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        headers = {
            "Host": self.host,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Origin": f"http://{self.host}",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        }
        if self.address:
            headers["X-Forwarded-For"] = self.address
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer.status, text
