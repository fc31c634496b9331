"""What a signed request must prove: the library's defaults check almost none of it."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import ContentDigest, HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519, HMAC_SHA256
from hypothesis import example, given
from hypothesis import strategies as st

from eid_portal.core import signatures
from eid_portal.core.signatures import Refusal, SentRequest, SignatureRefused, SigningKey

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
URL = "http://localhost:8000/api/v1/card-events"
BODY = '{"events": [], "note": "Nguyễn"}'.encode()
TAG = "eid-card-events"
KEY = SigningKey("card-production-1", bytes(range(32)))
OTHER = SigningKey("card-production-2", bytes(range(1, 33)))


def public(key: SigningKey) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(key.private).public_key().public_bytes_raw()


KEYS = {KEY.keyid: public(KEY), OTHER.keyid: public(OTHER)}


def sign(*, method="POST", url=URL, headers=None, body=BODY, key=KEY, tag=TAG, now=NOW):
    return signatures.sign_request(method, url, headers or {}, body, key=key, tag=tag, now=now)


def verify(headers, *, method="POST", url=URL, body=BODY, keys=KEYS, tag=TAG, now=NOW):
    return signatures.verify_request(method, url, headers, body, keys=keys, tag=tag, now=now)


def refusal(headers, **kwargs) -> Refusal:
    with pytest.raises(SignatureRefused) as caught:
        verify(headers, **kwargs)
    return caught.value.code


class Message:
    """A request as the library takes it, to sign what ours would never sign."""

    method = "POST"
    url = URL

    def __init__(self):
        self.headers = {"Content-Type": "application/json"}


def sign_freely(*, algorithm=ED25519, key=None, body=BODY, **kwargs):
    message = Message()
    private = key or Ed25519PrivateKey.from_private_bytes(KEY.private)
    resolver = MappingKeyResolver(public_keys={}, private_keys={KEY.keyid: private})
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
        message,
        **{
            "key_id": KEY.keyid,
            "created": NOW,
            "nonce": "n" * 24,
            "tag": TAG,
            "covered_component_ids": ("@method", "@target-uri", "content-type", "content-digest"),
            "body": body,
        }
        | kwargs,
    )
    return message.headers


def test_a_signed_request_says_who_sent_it_and_when():
    headers = sign()

    verified = verify(headers)

    assert verified.keyid == KEY.keyid
    assert verified.created == NOW
    assert len(verified.nonce) == 24
    assert verified.forget_nonce_at == NOW + timedelta(seconds=330)


def test_every_signature_has_its_own_nonce():
    assert verify(sign()).nonce != verify(sign()).nonce


def test_a_request_without_a_body_is_signed_by_the_same_rule():
    headers = sign(method="GET", body=b"")

    assert headers["Content-Type"] == "application/json"
    assert verify(headers, method="GET", body=b"").keyid == KEY.keyid
    assert refusal(headers, method="GET", body=b"x") is Refusal.BODY_CHANGED


def test_header_names_may_come_in_any_case():
    assert verify({name.upper(): value for name, value in sign().items()})


def test_another_signer_that_keeps_the_rule_is_understood():
    assert verify(sign_freely())
    assert verify(sign_freely(include_alg=False, label="theirs"))


@pytest.mark.parametrize(
    "covered",
    [
        ("@target-uri", "content-type"),
        ("@method", "content-type"),
        ("@method", "@target-uri"),
        ("@method", "@target-uri", "content-type", "content-digest", "@authority"),
        ("@method", "@target-uri", "content-type", '"content-digest";key="sha-256"'),
        ("@method", "@path", "content-type", "content-digest"),
    ],
)
def test_exactly_the_four_components_must_be_covered(covered):
    assert refusal(sign_freely(covered_component_ids=covered)) is Refusal.WRONG_COMPONENTS


def test_a_signature_that_covers_no_digest_is_refused():
    headers = sign_freely(
        covered_component_ids=("@method", "@target-uri", "content-type"), body=None
    )

    assert refusal(headers) is Refusal.WRONG_COMPONENTS
    assert refusal(headers | {"Content-Digest": "sha-256=:AAAA:"}) is Refusal.WRONG_COMPONENTS


def test_a_component_named_but_absent_is_refused():
    headers = sign()
    del headers["Content-Digest"]

    assert refusal(headers) is Refusal.WRONG_SIGNATURE


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1]])
def test_a_changed_body_is_refused(body):
    assert refusal(sign(), body=body) is Refusal.BODY_CHANGED


def test_a_changed_body_with_its_own_digest_is_refused():
    digest = sign(body=b"{}")["Content-Digest"]

    assert refusal(sign() | {"Content-Digest": digest}, body=b"{}") is Refusal.WRONG_SIGNATURE


class AnyDigest(ContentDigest):
    """Lets the signer keep a digest it would not make."""

    @classmethod
    def prepare(cls, headers, body, *, use_existing_digest):
        headers["Content-Digest"] = "md5=:AAAA:"


def test_a_digest_of_an_unknown_kind_is_refused(monkeypatch):
    monkeypatch.setattr(HTTPMessageSigner, "content_digest_class", AnyDigest)
    headers = sign_freely()

    assert headers["Content-Digest"] == "md5=:AAAA:"
    assert refusal(headers) is Refusal.BODY_CHANGED


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"url": URL + "?all=1"},
        {"url": URL.replace("localhost", "elsewhere")},
        {"url": URL.replace("http:", "https:")},
    ],
)
def test_another_method_or_address_is_refused(changed):
    assert refusal(sign(), **changed) is Refusal.WRONG_SIGNATURE


def test_another_content_type_is_refused():
    assert refusal(sign() | {"Content-Type": "text/plain"}) is Refusal.WRONG_SIGNATURE


def test_a_signature_made_for_another_purpose_is_refused():
    assert refusal(sign(tag="eid-population")) is Refusal.WRONG_TAG
    assert refusal(sign_freely(tag=None)) is Refusal.WRONG_TAG


@pytest.mark.parametrize("age", [300, 0, -30])
def test_a_signature_is_good_for_five_minutes(age):
    assert verify(sign(now=NOW - timedelta(seconds=age)))


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (301, Refusal.TOO_OLD),
        (86_400, Refusal.TOO_OLD),
        (-31, Refusal.FROM_THE_FUTURE),
        (-86_400, Refusal.FROM_THE_FUTURE),
    ],
)
def test_an_old_or_future_signature_is_refused(age, code):
    assert refusal(sign(now=NOW - timedelta(seconds=age))) is code


@pytest.mark.parametrize("nonce", [None, "", "short", "n" * 65, "with a blank in it"])
def test_a_nonce_is_wanted(nonce):
    assert refusal(sign_freely(nonce=nonce)) is Refusal.BAD_NONCE


def test_a_nonce_cannot_be_exchanged():
    headers = sign()
    nonce = verify(headers).nonce
    headers["Signature-Input"] = headers["Signature-Input"].replace(nonce, nonce[::-1])

    assert refusal(headers) is Refusal.WRONG_SIGNATURE


def test_the_wrong_key_is_refused():
    assert refusal(sign(key=replace(KEY, private=OTHER.private))) is Refusal.WRONG_SIGNATURE


def test_an_unknown_key_is_refused():
    assert refusal(sign(key=SigningKey("somebody", bytes(32)))) is Refusal.UNKNOWN_KEY
    assert refusal(sign(), keys={}) is Refusal.UNKNOWN_KEY


def test_a_public_key_used_as_a_shared_secret_is_refused():
    headers = sign_freely(algorithm=HMAC_SHA256, key=public(KEY))

    assert refusal(headers) is Refusal.WRONG_ALGORITHM
    headers = sign_freely(algorithm=HMAC_SHA256, key=public(KEY), include_alg=False)
    assert refusal(headers) is Refusal.WRONG_SIGNATURE


def test_no_signature_is_refused():
    headers = sign()

    assert refusal({}) is Refusal.UNSIGNED
    for name in ("Signature", "Signature-Input"):
        assert refusal({k: v for k, v in headers.items() if k != name}) is Refusal.UNSIGNED


def test_two_signatures_are_refused():
    ours, theirs = sign(), sign_freely(label="theirs", tag="another")
    both = ours | {
        name: f"{ours[name]}, {theirs[name]}" for name in ("Signature", "Signature-Input")
    }
    twice = ours | {
        name: f"{ours[name]}, {ours[name]}" for name in ("Signature", "Signature-Input")
    }

    assert refusal(both) is Refusal.SEVERAL
    assert refusal(twice) is Refusal.SEVERAL


def test_a_header_given_twice_is_refused():
    assert refusal(sign() | {"content-type": "text/plain"}) is Refusal.MALFORMED


def test_an_idempotency_key_is_covered_when_it_is_there():
    headers = sign(headers={"Idempotency-Key": "a" * 22})

    assert verify(headers)
    assert refusal(headers | {"Idempotency-Key": "b" * 22}) is Refusal.WRONG_SIGNATURE
    assert refusal(sign() | {"Idempotency-Key": "b" * 22}) is Refusal.WRONG_COMPONENTS
    del headers["Idempotency-Key"]
    assert refusal(headers) in {Refusal.WRONG_COMPONENTS, Refusal.WRONG_SIGNATURE}


GARBAGE = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")),
    st.sampled_from(
        [
            "sig=1",
            "sig=()",
            'sig=("@method");created=1',
            "sig=:AAAA:",
            'sig=("a" "a");created=1764061200;keyid="card-production-1"',
            f'sig=("@query-param";name="x");created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
            f'sig=("Content-Type");created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
            f'sig=(1 2);created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
            f'sig=("@signature-params");created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
            "(" * 2000,
        ]
    ),
)


@given(signature_input=GARBAGE, signature=GARBAGE, digest=GARBAGE)
@example(signature_input="\ud800", signature="\ud800", digest="\ud800")
@example(signature_input="x" * 5000, signature="y", digest="z")
@example(
    signature_input=f'sig=("@signature-params");created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
    signature="sig=:AAAA:",
    digest="",
)
@example(
    signature_input=f'sig=("@method";req);created=1795597200;tag="{TAG}";keyid="{KEY.keyid}"',
    signature="sig=:AAAA:",
    digest="",
)
def test_garbage_is_refused_and_never_breaks_anything(signature_input, signature, digest):
    headers = sign() | {
        "Signature-Input": signature_input,
        "Signature": signature,
        "Content-Digest": digest,
    }

    assert isinstance(refusal(headers), Refusal)


@given(position=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_signature_passes(position, bit):
    """Its 64 bytes; pad bits of the last character say nothing (RFC 9651 §4.2.7), so they are left alone."""
    headers = sign()
    label, _, encoded = headers["Signature"].partition("=")
    raw = bytearray(base64.b64decode(encoded.strip(":"), validate=True))
    assert len(raw) == 64
    raw[position] ^= 1 << bit

    changed = headers | {"Signature": f"{label}=:{base64.b64encode(raw).decode()}:"}

    assert refusal(changed) == Refusal.WRONG_SIGNATURE


ANSWER = b'{"status": "accepted"}'


def sent(**kwargs) -> SentRequest:
    return SentRequest("POST", URL, sign(**kwargs))


def answer(request, *, status=200, body=ANSWER, key=OTHER, now=NOW, tag=TAG):
    return signatures.sign_answer(status, {}, body, request=request, key=key, tag=tag, now=now)


def verify_answer(headers, request, *, status=200, body=ANSWER, keys=KEYS, now=NOW, tag=TAG):
    return signatures.verify_answer(
        status, headers, body, request=request, keys=keys, tag=tag, now=now
    )


def test_a_signed_answer_says_who_answered():
    request = sent()

    assert verify_answer(answer(request), request) == OTHER.keyid


@pytest.mark.parametrize(
    "changed",
    [
        {"status": 201},
        {"body": b"{}"},
        {"tag": "eid-sms"},
        {"now": NOW + timedelta(seconds=301)},
        {"now": NOW - timedelta(seconds=31)},
        {"keys": {KEY.keyid: KEYS[KEY.keyid]}},
    ],
)
def test_a_changed_or_old_answer_is_refused(changed):
    request = sent()
    headers = answer(request)

    with pytest.raises(SignatureRefused):
        verify_answer(headers, request, **changed)


def test_an_answer_to_another_request_is_refused():
    first, second = sent(), sent()

    with pytest.raises(SignatureRefused) as caught:
        verify_answer(answer(first), second)

    assert caught.value.code is Refusal.WRONG_SIGNATURE


def test_a_request_is_not_an_answer():
    request = sent()

    with pytest.raises(SignatureRefused):
        verify_answer(sign(), request)


def test_the_private_key_is_not_shown():
    assert "private" not in repr(KEY)
