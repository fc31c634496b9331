"""The sandbox as a WSGI application."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from eid_portal.sandbox import keys, signing, switches, web
from eid_portal.sandbox.routes import Route
from eid_portal.sandbox.urls import routes
from eid_portal.sandbox.web import Answer, Refuse, Request
from eid_portal.sandbox.world import World


class Sandbox:
    """Answers every request; whatever is wrong with one gets a JSON refusal, never a stack trace."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""
        try:
            answer = self._answer(web.read(environ))
        except Refuse as refused:
            answer = web.refusal(refused)
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        start_response(answer.status_line, list(headers.items()))
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return chain([answer.body], answer.stream) if answer.stream else [answer.body]

    def _answer(self, request: Request) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        found = [
            (route, match) for route in routes() if (match := route.path.fullmatch(request.path))
        ]
        for route, match in found:
            if route.method == method and route.party:
                return self._signed(route, request, match.groupdict())
            if route.method == method:
                return route.handler(self.world, request, **match.groupdict())
        raise Refuse(405, "wrong_method") if found else Refuse(404, "no_such_address")

    def _signed(self, route: Route, request: Request, arguments: dict[str, str]) -> Answer:
        """Check who asks, answer, and sign the answer; a stranger gets an unsigned refusal."""
        message = signing.Message(
            request.method, self.world.settings.url + request.target, request.headers
        )
        now = self.world.now()
        portal = keys.of_portal(self.world.settings)
        try:
            keyid, nonce = signing.verify(
                message, request.body, keys=portal, tag=route.tag, now=now
            )
        except signing.NotSigned:
            raise Refuse(401, "not_signed") from None
        if not self.world.store.spend_nonce(keyid, nonce, now.isoformat()):
            raise Refuse(401, "replayed")
        try:
            switches.pass_through(self.world, route.party)
            answer = route.handler(self.world, request.payload(), **arguments)
        except Refuse as refused:
            answer = web.refusal(refused)
        signing.sign_answer(
            answer.status,
            answer.headers,
            answer.body,
            request=message,
            key=answer.key or keys.of(self.world.settings, route.party),
            tag=route.tag,
            now=self.world.now(),
        )
        return answer
