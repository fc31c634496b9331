"""The one HTTP client and the one check of signed requests."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import structlog
from django.db import transaction
from structlog.testing import capture_logs

from eid_portal.core import circuit, clock, keys, outside, signatures, timestamping
from eid_portal.core.models import Circuit, UsedNonce
from eid_portal.core.outside import Accepted, InsideTransaction, Refused, Unavailable, Unknown
from eid_portal.core.signatures import Refusal, SignatureRefused, SigningKey
from eid_portal.core.timestamping import Receipt
from eid_portal.sandbox import keys as sandbox_keys
from eid_portal.sandbox import signing
from eid_portal.sandbox.app import Sandbox
from tests.outside_world import URL, WsgiAdapter, new_world, served

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
TAG = "eid-sms"
MESSAGE = {"message_id": "m-1", "to": "+84500000001", "text": "Mã: 123456", "purpose": "TEST"}


def send(**changed):
    return outside.call("sms", "POST", "/v1/messages", payload=MESSAGE | changed, tag=TAG)


def look_up(number):
    return outside.call(
        "population",
        "POST",
        "/v1/lookup",
        payload={"personal_number": number},
        tag="eid-population",
    )


@contextmanager
def answering(application):
    """The party is this application."""
    with outside.transport(WsgiAdapter(application)):
        yield


def plain_answer(status, body=b"{}", headers=()):
    """A party that answers without a signature."""

    def application(_environ, start_response):
        start_response(f"{status} X", [("Content-Type", "application/json"), *headers])
        return [body]

    return application


def signed_answer(sandbox, status, body, headers=()):
    """A party that answers anything, signed by the SMS gateway."""
    key = sandbox_keys.of(sandbox.world.settings, "sms")

    def application(environ, start_response):
        asked = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        request = signing.Message("POST", URL + environ["PATH_INFO"], asked)
        answer = {"content-type": "application/json", **dict(headers)}
        signing.sign_answer(
            status, answer, body, request=request, key=key, tag=TAG, now=clock.now()
        )
        start_response(f"{status} X", list(answer.items()))
        return [body]

    return application


# --- The four answers -----------------------------------------------------------------------------
def test_a_call_is_signed_answered_and_verified(sandbox):
    answer = send()

    assert isinstance(answer, Accepted)
    assert answer.data["message_id"] == "m-1"
    (request,) = sandbox.adapter.sent
    assert request.headers["Signature"].startswith("sig=:")
    assert "User-Agent" not in request.headers


def test_a_party_that_says_no_is_refused(sandbox):
    assert send(to="+84500000000") == Refused("no_such_phone", {"code": "no_such_phone"})


def test_a_busy_party_says_when_to_come_back(sandbox):
    assert look_up("066185000096") == Unavailable("status_503", timedelta(seconds=1))
    assert isinstance(look_up("066185000096"), Unavailable)
    assert isinstance(look_up("066185000096"), Accepted)


def test_a_broken_party_leaves_it_unknown(sandbox):
    assert look_up("022194000094") == Unknown("status_500")


def test_a_silent_party_leaves_it_unknown(sandbox):
    assert look_up("020087000095") == Unknown("read_timeout")


def test_a_message_whose_answer_was_lost_is_asked_again_and_sent_once(sandbox):
    silent = {"to": "+84500000099", "message_id": "m-2"}

    assert send(**silent) == Unknown("read_timeout")
    assert isinstance(send(**silent), Accepted)
    assert len(sandbox.messages("+84500000099")) == 1


@pytest.mark.parametrize("status", [401, 429, 503])
def test_somebody_at_the_door_need_not_sign(sandbox, status):
    with answering(plain_answer(status, headers=[("Retry-After", "7")])):
        assert send() == Unavailable(f"unsigned_{status}", timedelta(seconds=7))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("999999", 3600), ("Wed, 21 Oct 2026 07:28:00 GMT", 30), ("-5", 30), ("9" * 50, 30)],
)
def test_a_foolish_retry_after_is_bounded(sandbox, header, seconds):
    with answering(plain_answer(503, headers=[("Retry-After", header)])):
        assert send() == Unavailable("unsigned_503", timedelta(seconds=seconds))


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500])
def test_an_unsigned_answer_proves_nothing(sandbox, status):
    with answering(plain_answer(status, headers=[("Location", "http://127.0.0.1:1/")])):
        assert send() == Unknown("answer_unsigned")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"not json", Unknown("malformed_answer")),
        (200, b"[]", Unknown("malformed_answer")),
        (200, b"[" * 100_000, Unknown("malformed_answer")),
        (302, b"{}", Unknown("status_302")),
        (404, b"<html>", Refused("status_404")),
        (503, b"{}", Unknown("status_503")),
        (500, b"", Unknown("status_500")),
    ],
)
def test_a_signed_answer_that_makes_no_sense(sandbox, status, body, expected):
    with answering(signed_answer(sandbox, status, body)):
        assert send() == expected


def test_a_changed_answer_proves_nothing(sandbox):
    def changing(environ, start_response):
        (body,) = sandbox.application(environ, start_response)
        return [body.replace(b"m-1", b"m-9")]

    with answering(changing):
        assert send() == Unknown("answer_body_changed")


def test_an_answer_to_another_request_proves_nothing(sandbox):
    kept: list[Any] = []

    def repeating(environ, start_response):
        if not kept:
            body = sandbox.application(environ, lambda *given: kept.extend(given))
            kept.append(body)
        start_response(*kept[:2])
        return kept[2]

    with answering(repeating):
        assert isinstance(send(), Accepted)
        assert send() == Unknown("answer_wrong_signature")


def test_another_partys_key_does_not_answer_for_it(sandbox):
    document = json.loads(sandbox.world.settings.outside_keys.read_text())
    document["sms"] = document["population"]
    sandbox.world.settings.outside_keys.write_text(json.dumps(document) + " ")

    assert send() == Unknown("answer_unknown_key")


def test_an_answer_of_more_than_a_megabyte_is_not_read(sandbox):
    with answering(plain_answer(200, body=b" " * (1024 * 1024 + 1))):
        assert send() == Unknown("answer_too_large_or_slow")


def test_a_redirect_is_not_followed(sandbox):
    asked = []

    def redirecting(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return plain_answer(307, headers=[("Location", URL + "/elsewhere")])(
            environ, start_response
        )

    with answering(redirecting):
        send()

    assert asked == ["/sms/v1/messages"]


def test_nothing_said_or_heard_is_logged(sandbox):
    with capture_logs() as lines:
        send()
        look_up("001085000001")
        look_up("022194000094")

    text = json.dumps(lines, ensure_ascii=False, default=str)
    assert [line["outcome"] for line in lines] == ["Accepted", "Accepted", "Unknown"]
    for secret in ("123456", "+84500000001", "001085000001", "Nguyễn", "1985"):
        assert secret not in text
    assert "123456" not in repr(send())


def test_the_request_id_goes_along(sandbox):
    with structlog.contextvars.bound_contextvars(request_id="abc123"):
        send()

    assert sandbox.adapter.sent[0].headers["X-Request-Id"] == "abc123"


def test_calling_out_inside_a_transaction_is_refused(sandbox):
    with transaction.atomic(), pytest.raises(InsideTransaction):
        send()

    assert sandbox.adapter.sent == []


def test_an_address_that_would_change_on_its_way_is_a_mistake_of_ours(sandbox):
    with pytest.raises(ValueError, match="address"):
        outside.call("sms", "GET", "/v1/%7Ea", tag=TAG)


def test_the_sandbox_turns_a_replay_and_a_stranger_away(sandbox):
    send()
    again = sandbox.adapter.sent[0]

    replayed = sandbox.adapter.send(again)
    again.headers["Signature"] = "sig=:AAAA:"
    forged = sandbox.adapter.send(again)

    assert (replayed.status_code, replayed.raw.data) == (401, b'{"code": "replayed"}')
    assert (forged.status_code, forged.raw.data) == (401, b'{"code": "not_signed"}')


# --- The circuit ----------------------------------------------------------------------------------
def test_a_failing_party_is_spared_and_recovers(sandbox):
    with clock.frozen(NOW):
        for _each in range(circuit.OPENS_AFTER):
            assert isinstance(look_up("022194000094"), Unknown)
        asked = len(sandbox.adapter.sent)
        assert look_up("001085000001") == Unavailable("circuit_open", circuit.TRIED_EVERY)
        assert len(sandbox.adapter.sent) == asked <= 10
        assert isinstance(send(), Accepted)  # other parties are not affected

    with clock.frozen(NOW + circuit.TRIED_EVERY):
        assert isinstance(look_up("001085000001"), Accepted)
        assert isinstance(look_up("001085000001"), Accepted)
    assert Circuit.objects.get(party="population").failures == 0


def test_after_the_rest_only_one_caller_tries(sandbox):
    for _each in range(circuit.OPENS_AFTER):
        circuit.note("population", failed=True, now=NOW)
    later = NOW + circuit.TRIED_EVERY

    assert circuit.look("population", now=NOW).rest == circuit.TRIED_EVERY
    assert circuit.look("population", now=later) == circuit.Look(probing=True)
    assert circuit.look("population", now=later).rest is not None


def test_a_failed_try_rests_again(sandbox):
    for _each in range(circuit.OPENS_AFTER):
        circuit.note("sms", failed=True, now=NOW)
    later = NOW + circuit.TRIED_EVERY
    assert circuit.look("sms", now=later).probing
    circuit.note("sms", failed=True, now=later)

    assert circuit.look("sms", now=later).rest == circuit.TRIED_EVERY
    assert timedelta(seconds=30) >= circuit.TRIED_EVERY


def test_failures_with_a_success_between_do_not_open(sandbox):
    for _each in range(circuit.OPENS_AFTER * 2):
        circuit.note("sms", failed=True, now=NOW)
        circuit.note("sms", failed=False, now=NOW)

    assert circuit.look("sms", now=NOW).rest is None


def test_a_refusal_is_no_failure(sandbox):
    for _each in range(circuit.OPENS_AFTER + 1):
        assert isinstance(send(to="+84500000000"), Refused)


# --- Over real sockets ----------------------------------------------------------------------------
@pytest.fixture
def quick(settings):
    settings.OUTSIDE_CONNECT_TIMEOUT = timedelta(seconds=0.5)
    settings.OUTSIDE_READ_TIMEOUT = timedelta(seconds=0.5)


def test_the_wire_works_over_a_real_socket(tmp_path, settings, quick):
    with served() as (address, serve):
        world = new_world(tmp_path, url=address)
        serve(Sandbox(world))
        settings.OUTSIDE = {
            "population": f"{address}/population",
            "timestamp": f"{address}/timestamp",
        }
        settings.OUTSIDE_KEYS_FILE = world.settings.outside_keys

        answers = [look_up("001085000001") for _each in range(3)]
        receipt = timestamping.anchor(1, "a" * 64)

    assert all(isinstance(answer, Accepted) for answer in answers)
    assert isinstance(receipt, Receipt)
    assert isinstance(look_up("001085000001"), Unavailable)  # nobody listens any more


def listening(answer):
    """A listener that treats each connection with ``answer(connection)``."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _address = server.accept()
        with connection:
            connection.recv(65_536)
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    return server


def say_nothing(_connection):
    time.sleep(1.5)


def hang_up(_connection):
    return


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _each in range(12):
        time.sleep(0.2)
        try:
            connection.sendall(b" ")
        except OSError:
            return


def break_off(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def babble(connection):
    connection.sendall(b"hello\r\n\r\n")


@pytest.mark.parametrize("answer", [say_nothing, hang_up, drip, break_off, babble])
def test_a_misbehaving_party_leaves_it_unknown_in_time(settings, quick, answer):
    with listening(answer) as server:
        settings.OUTSIDE = {"sms": f"http://127.0.0.1:{server.getsockname()[1]}"}
        started = time.monotonic()

        assert isinstance(send(), Unknown)
        assert time.monotonic() - started < 3


def test_a_party_that_does_not_listen_is_unavailable(settings, quick):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.OUTSIDE = {"sms": f"http://127.0.0.1:{port}"}

    assert send() == Unavailable("no_connection")


def test_a_connection_that_takes_too_long_is_unavailable(settings, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "send", refuse)

    assert send() == Unavailable("connect_timeout")


# --- Being called ---------------------------------------------------------------------------------
ADDRESS = "http://localhost:8000/api/v1/card-events"
BODY = b'{"events": []}'


def card_request(sandbox, **changed):
    key = sandbox_keys.of(sandbox.world.settings, "card-production")
    signed = signatures.sign_request(
        "POST",
        ADDRESS,
        {},
        BODY,
        key=SigningKey(key.keyid, key.private),
        tag="eid-card-events",
        now=NOW,
    )
    return {
        "method": "POST",
        "url": ADDRESS,
        "headers": signed,
        "body": BODY,
        "tag": "eid-card-events",
        "now": NOW,
    } | changed


def test_a_signed_request_is_accepted_once(sandbox):
    request = card_request(sandbox)

    verified = outside.accept_request("card-production", **request)
    with pytest.raises(SignatureRefused) as caught:
        outside.accept_request("card-production", **request)

    assert verified.keyid == "card-production-1"
    assert caught.value.code is Refusal.REPLAYED


def test_a_refused_request_leaves_no_nonce(sandbox):
    with pytest.raises(SignatureRefused):
        outside.accept_request("card-production", **card_request(sandbox, body=b"{}"))
    with pytest.raises(SignatureRefused):
        outside.accept_request("sms", **card_request(sandbox))

    assert not UsedNonce.objects.exists()


def test_the_sandboxes_own_signature_is_understood(sandbox):
    message = signing.Message("POST", ADDRESS, {"content-type": "application/json"})
    key = sandbox_keys.of(sandbox.world.settings, "card-production")
    signing.sign_request(message, BODY, key=key, tag="eid-card-events", now=NOW)

    verified = outside.accept_request(
        "card-production", **card_request(sandbox, headers=message.headers)
    )
    assert verified.keyid == key.keyid


def test_old_nonces_are_forgotten_only_when_the_request_is_too_old(sandbox):
    outside.accept_request("card-production", **card_request(sandbox))

    assert outside.forget_nonces(now=NOW + timedelta(seconds=330)) == 0
    assert outside.forget_nonces(now=NOW + timedelta(seconds=391)) == 1


def test_keys_are_read_again_when_the_file_changes(sandbox, tmp_path, settings):
    assert set(outside.public_keys("sms")) == {"sms-1"}

    sandbox.world.settings.outside_keys.write_text("{}")
    assert outside.public_keys("sms") == {}
    settings.OUTSIDE_KEYS_FILE = tmp_path / "none.json"
    assert outside.public_keys("sms") == {}


# --- Time stamps ----------------------------------------------------------------------------------
def test_a_block_is_anchored_once_and_its_receipt_can_be_checked(sandbox):
    receipt = timestamping.anchor(7, "a" * 64)

    assert isinstance(receipt, Receipt)
    assert timestamping.anchor(7, "a" * 64) == receipt == timestamping.find_anchor(7)
    assert timestamping.is_genuine(receipt)
    assert timestamping.anchor(7, "b" * 64) == Refused("conflict", {"code": "conflict"})
    assert timestamping.find_anchor(8) == Refused("not_found", {"code": "not_found"})


def test_a_changed_receipt_is_not_genuine(sandbox):
    receipt = timestamping.anchor(7, "a" * 64)
    assert isinstance(receipt, Receipt)

    for changed in (
        {"block_number": 8},
        {"block_hash": "b" * 64},
        {"received_at": "2020-01-01"},
        {"keyid": "sms-1"},
        {"signature": "AAAA"},
        {"signature": "!"},
    ):
        assert not timestamping.is_genuine(replace(receipt, **changed))


def test_the_portals_key_is_the_outbound_one(sandbox):
    send()
    keyid, _private = keys.current("outbound")

    assert f'keyid="{keyid}"' in sandbox.adapter.sent[0].headers["Signature-Input"]
