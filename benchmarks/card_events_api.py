"""Card events by the signed API, a thousand a request, one after another, against a plain COPY of the same rows."""

import base64
import http.client
import json

from benchmarks import card_events
from benchmarks.ground import Ground, web
from benchmarks.meter import Figure

ROUNDS, REQUESTS, AT_ONCE = 5, 4, 1_000
PATH = "/api/v1/card-events"


def measure(here: Ground) -> Figure:
    """API and COPY in turn."""
    import django

    django.setup()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings

    from eid_portal.core import clock, signatures
    from eid_portal.core.signatures import SigningKey

    key = SigningKey("card-production-1", bytes(range(32)))
    public = Ed25519PrivateKey.from_private_bytes(key.private).public_key().public_bytes_raw()
    settings.OUTSIDE_KEYS_FILE.write_text(
        json.dumps({"card-production": {key.keyid: base64.b64encode(public).decode()}})
    )
    figure = Figure("card_events_api", "events/s", limit_name="COPY of the same rows")
    with web(here) as (port, _pid):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        url = f"http://localhost:{port}{PATH}"

        def take(first: int) -> int:
            issued = 0
            for place in range(REQUESTS):
                events = card_events.make_events(first + place * AT_ONCE, AT_ONCE)
                body = f'{{"events":[{",".join(events)}]}}'.encode()
                headers = signatures.sign_request(
                    "POST", url, {}, body, key=key, tag="eid-card-events", now=clock.now()
                )
                line.request("POST", PATH, body, headers | {"Host": f"localhost:{port}"})
                answer = line.getresponse()
                text = answer.read()
                if answer.status != 200:
                    raise SystemExit(f"the events were not taken: {answer.status} {text[:2000]!r}")
                issued += sum(one["outcome"] == "issued" for one in json.loads(text)["answers"])
            return issued

        return card_events.measure(figure, here, take, rounds=ROUNDS, each=REQUESTS * AT_ONCE)
