"""Passkeys: signing in by one tap, proving oneself again, adding one; and every answer that proves nothing."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts import policy
from accounts.enums import (
    AccountKind,
    AccountState,
    AuthenticatorState,
    LockReason,
    NoticeKind,
    Role,
)
from accounts.models import Account, Authenticator, DeviceSession, Notice, Passkey, StopCode
from accounts.services import adding_passkey, assurance, passkeys, proofs, signing_in
from accounts.services.passkeys import PasskeyRefused, Purpose, Refusal
from eid_portal.core import clock, outside
from eid_portal.core.models import AuditEvent, UsedNonce
from tests import factories
from tests.accounts import test_activating
from tests.passkey import PRESENT, EdDsa, Es256, Key, Rs256, SoftPasskey, b64

pytestmark = pytest.mark.django_db
VISITOR = signing_in.Visitor(
    device_token=None, device_label="Firefox, Linux", address="203.0.113.9"
)


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def passkey(account: Any) -> SoftPasskey:
    soft = SoftPasskey()
    soft.belongs_to(account)
    return soft


def asked(client: Client, at: str = "/sign-in/passkey/options/") -> dict[str, Any]:
    answer = client.get(at)
    assert answer.status_code == 200
    options: dict[str, Any] = answer.json()
    return options


def sign_in(client: Client, soft: SoftPasskey, at: str = "/sign-in/passkey/", **extra: Any) -> Any:
    return client.post(at, {"answer": soft.get(asked(client)), **extra})


# --- The way through ------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [Es256, EdDsa, Rs256])
def test_one_tap_opens_the_account(client: Client, account: Any, key: Callable[[], Key]) -> None:
    soft = SoftPasskey(key=key())
    row = soft.belongs_to(account)

    answer = sign_in(client, soft)

    assert (answer.status_code, answer["Location"]) == (303, "/")
    session = DeviceSession.objects.get()
    assert (session.account, session.aal, session.amr) == (account, 2, ["pop", "user"])
    assert session.authenticator == row
    assert client.get("/").status_code == 200
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.passkey.backed_up


def test_asking_writes_nothing_and_names_nobody(client: Client, passkey: SoftPasskey) -> None:
    options = asked(client)

    assert options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
    assert not UsedNonce.objects.exists()


def test_it_leads_on_to_the_page_one_came_from(client: Client, passkey: SoftPasskey) -> None:
    assert sign_in(client, passkey, next="/account/lock/")["Location"] == "/account/lock/"
    assert sign_in(client, passkey, next="https://example.org/")["Location"] == "/"


def test_a_new_device_is_told_of(client: Client, account: Any, passkey: SoftPasskey) -> None:
    sign_in(client, passkey)
    assert Notice.objects.filter(kind=NoticeKind.NEW_DEVICE).count() == 1

    client.post("/sign-out/")
    sign_in(client, passkey)

    assert Notice.objects.filter(kind=NoticeKind.NEW_DEVICE).count() == 1


def test_an_officer_signs_in_at_their_office(client: Client) -> None:
    office, officer = factories.make_office(), factories.make_staff()
    factories.make_role(officer, office, Role.COUNTER)
    soft = SoftPasskey()
    soft.belongs_to(officer)

    answer = sign_in(client, soft, "/counter/sign-in/passkey/", next="/counter/approvals/")

    assert answer["Location"] == "/counter/approvals/"
    assert DeviceSession.objects.get().office == office
    assert client.get("/counter/").status_code == 200


def test_an_administrator_signs_in(client: Client) -> None:
    administrator = factories.make_staff(kind=AccountKind.ADMINISTRATOR)
    soft = SoftPasskey()
    soft.belongs_to(administrator)

    assert sign_in(client, soft, "/counter/sign-in/passkey/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "columns",
    [
        {"state": AccountState.LOCKED, "lock_reason": LockReason.CARD_LOST},
        {"state": AccountState.CLOSED},
    ],
)
def test_an_account_that_does_not_open_says_so(client: Client, columns: dict[str, Any]) -> None:
    account = factories.make_account(locked_at=clock.now(), **columns)
    soft = SoftPasskey()
    soft.belongs_to(account)

    answer = sign_in(client, soft)

    assert answer.status_code == 403
    assert not DeviceSession.objects.exists()


def test_who_is_signed_in_as_somebody_else_is_signed_out_there(
    client: Client, passkey: SoftPasskey
) -> None:
    factories.signed_in(client, factories.make_account(factories.make_citizen(16)))

    sign_in(client, passkey)

    assert DeviceSession.objects.filter(ended_at=None).count() == 1


# --- Answers that prove nothing -------------------------------------------------------------------
def changed(answer: str, **parts: Any) -> str:
    """The answer with other parts."""
    whole = json.loads(answer)
    for name, value in parts.items():
        place = whole["response"] if name in whole["response"] else whole
        place[name] = value
    return json.dumps(whole)


BROKEN: dict[str, Callable[[str], str]] = {
    "nothing": lambda _answer: "",
    "no JSON": lambda _answer: "{",
    "a list": lambda _answer: "[]",
    "a number": lambda _answer: "1",
    "null": lambda _answer: "null",
    "deep": lambda _answer: "[" * 8000,
    "NUL": lambda answer: "\x00" + answer,
    "half a surrogate": lambda answer: changed(answer, clientDataJSON="\ud800"),
    "huge": lambda answer: changed(answer, signature="A" * 20_000),
    "no id": lambda answer: changed(answer, id=None),
    "another id": lambda answer: changed(answer, rawId=5),
    "another type": lambda answer: changed(answer, type="password"),
    "another attachment": lambda answer: changed(answer, authenticatorAttachment="under-skin"),
    "no response": lambda answer: changed(answer, response=None),
    "no base64": lambda answer: changed(answer, clientDataJSON="=é="),
    "one character": lambda answer: changed(answer, clientDataJSON="A"),
    "client data no JSON": lambda answer: changed(answer, clientDataJSON=b64(b"{")),
    "client data no UTF-8": lambda answer: changed(answer, clientDataJSON=b64(b"\xff\xfe\x00")),
    "client data a list": lambda answer: changed(answer, clientDataJSON=b64(b"[]")),
    "client data empty": lambda answer: changed(answer, clientDataJSON=b64(b"{}")),
    "authenticator data short": lambda answer: changed(answer, authenticatorData=b64(b"x" * 32)),
    "handle no base64": lambda answer: changed(answer, userHandle="A"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_refused_in_words(
    client: Client, passkey: SoftPasskey, name: str
) -> None:
    answer = BROKEN[name](passkey.get(asked(client)))

    page = client.post("/sign-in/passkey/", {"answer": answer}, headers={"Accept-Language": "en"})

    assert page.status_code == 400
    assert "could not be read" in page.content.decode()
    assert not DeviceSession.objects.exists()


def test_a_huge_body_is_refused(client: Client) -> None:
    page = client.post("/sign-in/passkey/", {"answer": "A" * 3_000_000})
    assert 400 <= page.status_code < 500


def refused(client: Client, answer: str, words: str) -> None:
    """The page says it in words, and no session begins."""
    page = client.post("/sign-in/passkey/", {"answer": answer}, headers={"Accept-Language": "en"})
    assert page.status_code == 400
    assert words in page.content.decode()
    assert not DeviceSession.objects.filter(ended_at=None).exists()


def test_an_old_answer(client: Client, passkey: SoftPasskey) -> None:
    with clock.frozen(factories.ago(minutes=5, seconds=1)):
        options = asked(client)

    refused(client, passkey.get(options), "more than 5 minutes")


def test_an_answer_given_twice(client: Client, passkey: SoftPasskey) -> None:
    answer = passkey.get(asked(client))
    assert client.post("/sign-in/passkey/", {"answer": answer}).status_code == 303
    client.post("/sign-out/")

    refused(client, answer, "already used")


def test_a_nonce_is_kept_as_long_as_its_challenge_lives(
    client: Client, passkey: SoftPasskey
) -> None:
    answer = passkey.get(asked(client))
    client.post("/sign-in/passkey/", {"answer": answer})

    outside.forget_nonces(now=clock.now() + policy.CHALLENGE_LASTS)
    assert UsedNonce.objects.count() == 1
    outside.forget_nonces(now=clock.now() + policy.CHALLENGE_LASTS + timedelta(minutes=2))
    assert UsedNonce.objects.count() == 0


def test_an_answer_for_another_address(client: Client, passkey: SoftPasskey) -> None:
    passkey.origin = "https://dinhdanh.example"
    refused(client, passkey.get(asked(client)), "This portal is only at localhost")


def test_an_answer_from_a_page_inside_another(client: Client, passkey: SoftPasskey) -> None:
    refused(client, passkey.get(asked(client), crossOrigin=True), "asked for by another address")


def test_a_passkey_of_another_site(client: Client, passkey: SoftPasskey) -> None:
    passkey.rp_id = "example.org"
    refused(client, passkey.get(asked(client)), "belongs to another website")


def test_a_challenge_that_is_not_ours(client: Client, passkey: SoftPasskey) -> None:
    for foreign in (b"", b"x", b"y" * 55, b"z" * 200):
        options = {"challenge": b64(foreign)}
        refused(client, passkey.get(options), "made for something else")


def test_a_challenge_for_something_else(client: Client, account: Any, passkey: SoftPasskey) -> None:
    now = clock.now()
    for options in (
        passkeys.options(Purpose.AGAIN, binding=str(uuid4()), now=now),
        passkeys.options(Purpose.SIGN_IN, binding="x", now=now),
    ):
        refused(client, passkey.get(options), "made for something else")


def test_what_was_made_instead_of_signed(client: Client, passkey: SoftPasskey) -> None:
    answer = passkey.get(asked(client), type="webauthn.create")
    refused(client, answer, "did not prove itself")


def test_a_passkey_nobody_knows(client: Client) -> None:
    refused(client, SoftPasskey().get(asked(client)), "not in use here")


def test_a_passkey_that_was_not_unlocked(client: Client, passkey: SoftPasskey) -> None:
    passkey.flags = PRESENT
    refused(client, passkey.get(asked(client)), "has to be unlocked")


def test_a_passkey_that_says_it_is_somebody_elses(client: Client, passkey: SoftPasskey) -> None:
    passkey.user_handle = b"somebody"
    refused(client, passkey.get(asked(client)), "belongs to another account")


def test_another_key_under_the_same_name_is_a_strangers_failure(
    client: Client, account: Any, passkey: SoftPasskey
) -> None:
    passkey.key = Es256()

    refused(client, passkey.get(asked(client)), "did not prove itself")

    row = Authenticator.objects.get()
    assert (row.failures, row.stranger_failures) == (1, 1)
    event = AuditEvent.objects.get(name="accounts.sign_in_failed")
    assert event.subject_id == account.citizen_id


def test_a_right_answer_starts_counting_anew(client: Client, passkey: SoftPasskey) -> None:
    right, passkey.key = passkey.key, Es256()
    sign_in(client, passkey)
    passkey.key = right

    assert sign_in(client, passkey).status_code == 303

    row = Authenticator.objects.get()
    assert (row.failures, row.stranger_failures) == (0, 0)


def test_a_passkey_that_counts_must_count_on(client: Client, account: Any) -> None:
    soft = SoftPasskey(counts=True)
    soft.belongs_to(account, label="Điện thoại")
    assert sign_in(client, soft).status_code == 303
    assert sign_in(client, soft).status_code == 303
    assert Passkey.objects.get().sign_count == 2
    client.post("/sign-out/")

    soft.count = 1  # a copy
    refused(client, soft.get(asked(client)), "counts backwards")

    assert Passkey.objects.get().sign_count == 2
    told = Notice.objects.get(kind=NoticeKind.PASSKEY_COPIED, channel="INBOX")
    assert "Điện thoại" in told.text
    assert StopCode.objects.filter(account=account, kind="LOCK").exists()


@pytest.mark.parametrize("counts", [True, False])
def test_neither_a_copied_passkey_nor_its_copy_lets_in_any_more(
    client: Client, account: Any, counts: bool
) -> None:
    soft = SoftPasskey(counts=True)
    soft.belongs_to(account)
    for _ in range(2):
        assert sign_in(client, soft).status_code == 303
    client.post("/sign-out/")
    soft.counts, soft.count = counts, 1 if counts else 0
    refused(client, soft.get(asked(client)), "counts backwards")

    soft.counts, soft.count = True, 99  # whoever is ahead, the thief or the owner

    refused(client, soft.get(asked(client)), "not in use here")
    assert Authenticator.objects.get().state == "DISABLED"
    assert Notice.objects.filter(kind=NoticeKind.PASSKEY_COPIED, channel="INBOX").count() == 1


@pytest.mark.parametrize(
    "state", [AuthenticatorState.DISABLED, AuthenticatorState.REMOVED, AuthenticatorState.PENDING]
)
def test_a_passkey_that_is_not_in_use(client: Client, account: Any, state: str) -> None:
    soft = SoftPasskey()
    soft.belongs_to(account, state=state)

    refused(client, soft.get(asked(client)), "not in use here")


def test_a_passkey_removed_while_it_signs(account: Any, passkey: SoftPasskey) -> None:
    now = clock.now()
    answer = passkey.get(passkeys.options(Purpose.SIGN_IN, now=now))
    proved = passkeys.verify(answer, purpose=Purpose.SIGN_IN, now=now)
    Authenticator.objects.update(state=AuthenticatorState.REMOVED)  # as another request would

    with pytest.raises(PasskeyRefused) as refusal:
        passkeys.use(proved, now=now)

    assert refusal.value.reason == Refusal.UNKNOWN


# --- Limits ---------------------------------------------------------------------------------------
def test_strangers_can_neither_disable_a_passkey_nor_keep_its_owner_out(
    client: Client, account: Any, passkey: SoftPasskey
) -> None:
    sign_in(client, passkey)
    client.post("/sign-out/")
    stranger, right = Client(), passkey.key
    passkey.key = Es256()
    Authenticator.objects.update(
        failures=policy.STRANGERS_IN_A_ROW - 1, stranger_failures=policy.STRANGERS_IN_A_ROW - 1
    )
    sign_in(stranger, passkey)
    assert Notice.objects.filter(kind=NoticeKind.STRANGERS_TRY).exists()
    page = sign_in(stranger, passkey)
    assert page.status_code == 400

    row = Authenticator.objects.get()
    assert (row.state, row.failures) == (AuthenticatorState.ACTIVE, policy.STRANGERS_IN_A_ROW)
    passkey.key = right
    assert sign_in(client, passkey).status_code == 303


def test_a_hundred_failures_disable_it(client: Client, account: Any, passkey: SoftPasskey) -> None:
    sign_in(client, passkey)
    client.post("/sign-out/")
    Authenticator.objects.update(failures=policy.FAILURES_IN_A_ROW - 1)
    passkey.key = Es256()

    sign_in(client, passkey)

    assert Authenticator.objects.get().state == AuthenticatorState.DISABLED
    assert Notice.objects.filter(kind=NoticeKind.AUTHENTICATOR_DISABLED).exists()


def test_answers_that_prove_nothing_count_against_their_network_alone(
    client: Client, passkey: SoftPasskey
) -> None:
    for _ in range(policy.SIGN_IN_NETWORK.allowed):
        assert client.post("/sign-in/passkey/", {"answer": "{"}).status_code == 400

    page = client.post("/sign-in/passkey/", {"answer": "{"})

    assert page.status_code == 429
    assert page.has_header("Retry-After")
    assert sign_in(client, passkey).status_code == 303


# --- Races ----------------------------------------------------------------------------------------
def race(act: Callable[[], Any], count: int = 20) -> Counter[str]:
    """What became of ``count`` requests that begin at once."""
    start = Barrier(count)

    def one() -> str:
        start.wait()
        try:
            act()
        except proofs.ProofRefused as refused_:
            return refused_.code
        finally:
            connection.close()
        return "success"

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(lambda _place: one(), range(count)))


@pytest.mark.django_db(transaction=True)
def test_one_of_twenty_equal_answers_begins_a_session() -> None:
    soft = SoftPasskey()
    soft.belongs_to(factories.make_account())
    answer = soft.get(passkeys.options(Purpose.SIGN_IN, now=clock.now()))

    outcomes = race(
        lambda: signing_in.enter_with_passkey(answer=answer, visitor=VISITOR, now=clock.now())
    )

    assert outcomes == {"success": 1, "passkey_refused": 19}
    assert DeviceSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_count_is_taken_once() -> None:
    soft = SoftPasskey(count=7)
    soft.belongs_to(factories.make_account())
    soft.count = 8
    answers = [soft.get(passkeys.options(Purpose.SIGN_IN, now=clock.now())) for _ in range(20)]

    outcomes = race(
        lambda: signing_in.enter_with_passkey(
            answer=answers.pop(), visitor=VISITOR, now=clock.now()
        )
    )

    assert outcomes["success"] == 1
    assert DeviceSession.objects.count() == 1


# --- Proving oneself again ------------------------------------------------------------------------
AGAIN = "/sign-in/again/?next=/account/security/passkeys/add/&for=add_authenticator"


def again(client: Client, soft: SoftPasskey) -> Any:
    options = asked(client, "/sign-in/again/passkey/options/")
    return client.post(
        "/sign-in/again/", {"answer": soft.get(options), "next": "/account/security/passkeys/add/"}
    )


@pytest.fixture
def stale(client: Client, account: Any) -> Client:
    with clock.frozen(factories.ago(minutes=14)):
        factories.signed_in(client, account)
    DeviceSession.objects.update(authenticated_at=factories.ago(minutes=20))
    return client


def test_one_tap_proves_again(stale: Client, account: Any, passkey: SoftPasskey) -> None:
    assert stale.get("/account/security/passkeys/add/")["Location"].startswith("/sign-in/again/?")
    page = stale.get(AGAIN, headers={"Accept-Language": "en"}).content.decode()
    assert "Add a way to sign in" in page
    assert 'data-passkey="get"' in page
    key = stale.cookies["__Host-session"].value

    answer = again(stale, passkey)

    assert answer["Location"] == "/account/security/passkeys/add/"
    assert stale.cookies["__Host-session"].value != key
    session = DeviceSession.objects.get()
    assert session.amr == ["pop", "user"]
    assert session.authenticator == Authenticator.objects.get()
    assert stale.get("/account/security/passkeys/add/").status_code == 200


def test_the_account_s_own_passkeys_are_named(stale: Client, passkey: SoftPasskey) -> None:
    SoftPasskey().belongs_to(factories.make_account(factories.make_citizen(16)))

    options = asked(stale, "/sign-in/again/passkey/options/")

    assert [each["id"] for each in options["allowCredentials"]] == [b64(passkey.credential_id)]


def test_where_only_a_passkey_will_do_the_password_is_not_asked_for(
    stale: Client, account: Any
) -> None:
    factories.make_totp(account)
    page = stale.get("/sign-in/again/?for=export").content.decode()
    assert "id_password" in page

    SoftPasskey().belongs_to(account)
    page = stale.get("/sign-in/again/?for=export").content.decode()

    assert "id_password" not in page
    assert (
        'href="/recover/"' not in page
    )  # a new password brings no passkey back: a counter removes it
    assert "id_password" in stale.get("/sign-in/again/?for=show_number").content.decode()
    assert "id_password" in stale.get("/sign-in/again/?for=<nonsense>").content.decode()


def test_another_s_passkey_proves_nothing(stale: Client, passkey: SoftPasskey) -> None:
    other = SoftPasskey()
    other.belongs_to(factories.make_account(factories.make_citizen(16)))

    page = again(stale, other)

    assert page.status_code == 400
    assert DeviceSession.objects.get().amr == ["pwd", "otp"]


def test_a_challenge_of_another_session_proves_nothing(
    stale: Client, account: Any, passkey: SoftPasskey
) -> None:
    elsewhere = factories.signed_in(Client(), account)
    options = asked(elsewhere, "/sign-in/again/passkey/options/")

    page = stale.post("/sign-in/again/", {"answer": passkey.get(options)})

    assert page.status_code == 400


def test_a_sign_in_s_answer_does_not_prove_again(stale: Client, passkey: SoftPasskey) -> None:
    page = stale.post("/sign-in/again/", {"answer": passkey.get(asked(stale))})
    assert page.status_code == 400


def test_a_supervisor_proves_again_by_passkey(client: Client) -> None:
    supervisor, office = factories.make_staff(), factories.make_office()
    factories.make_role(supervisor, office, Role.SUPERVISOR)
    soft = SoftPasskey()
    soft.belongs_to(supervisor)
    factories.signed_in(client, supervisor, office)
    options = asked(client, "/sign-in/again/passkey/options/")

    answer = client.post(
        "/sign-in/again/", {"answer": soft.get(options), "next": "/counter/approvals/"}
    )

    assert answer["Location"] == "/counter/approvals/"


# --- Adding one -----------------------------------------------------------------------------------
ADD, OPTIONS = "/account/security/passkeys/add/", "/account/security/passkeys/options/"


def test_a_passkey_is_added_named_and_told_of(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    assert client.get(ADD).status_code == 200
    soft = SoftPasskey()
    options = asked(client, OPTIONS)
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert account.citizen.personal_number not in json.dumps(options)

    answer = client.post(ADD, {"answer": soft.create(options), "label": "Điện thoại của tôi"})

    assert (answer.status_code, answer["Location"]) == (303, "/account/security/")
    row = Authenticator.objects.get()
    assert (row.state, row.label) == (AuthenticatorState.ACTIVE, "Điện thoại của tôi")
    assert row.passkey.transports == ["internal", "hybrid"]
    assert Notice.objects.filter(kind=NoticeKind.AUTHENTICATOR_ADDED).exists()
    assert AuditEvent.objects.filter(name="accounts.authenticator_bound").count() == 1
    client.post("/sign-out/")
    assert sign_in(client, soft).status_code == 303


def test_a_passkey_without_a_name_is_called_by_its_browser(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}

    client.post(ADD, {"answer": SoftPasskey().create(asked(client, OPTIONS))}, headers=agent)

    assert Authenticator.objects.get().label == "Firefox, Linux"


def test_who_has_not_proved_themselves_lately_does_it_first(
    stale: Client, account: Any, passkey: SoftPasskey
) -> None:
    for answer in (stale.get(ADD), stale.get(OPTIONS), stale.post(ADD, {"answer": "{}"})):
        assert answer.status_code == 303
        assert answer["Location"].startswith("/sign-in/again/?")
        assert "passkeys%2Fadd%2F&for=add_authenticator" in answer["Location"]


def test_what_the_device_has_is_not_made_again(client: Client, account: Any) -> None:
    soft = SoftPasskey()
    soft.belongs_to(account)
    factories.signed_in(client, account, amr=assurance.PASSKEY_AMR)

    options = asked(client, OPTIONS)
    assert [each["id"] for each in options["excludeCredentials"]] == [b64(soft.credential_id)]
    page = client.post(ADD, {"answer": soft.create(options)}, headers={"Accept-Language": "en"})

    assert page.status_code == 400
    assert "was added already" in page.content.decode()
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("meanwhile", ["locked", "signed out"])
def test_nothing_is_bound_to_an_account_that_was_locked_while_the_answer_was_under_way(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Whoever is at the door keeps no key of their own: it would open the account again."""
    factories.signed_in(client, account)
    made = SoftPasskey().create(asked(client, OPTIONS))
    read = adding_passkey.read

    def slowly(*args: Any, **kwargs: Any) -> Any:
        if meanwhile == "locked":
            Account.objects.filter(pk=account.pk).update(
                state="LOCKED", lock_reason="OWNER", locked_at=clock.now()
            )
        else:
            DeviceSession.objects.update(ended_at=clock.now(), end_reason="SIGNED_OUT")
        return read(*args, **kwargs)

    monkeypatch.setattr(adding_passkey, "read", slowly)
    answer = client.post(ADD, {"answer": made})

    assert answer["Location"].startswith("/sign-in/")
    assert not Authenticator.objects.filter(state="ACTIVE").exists()


def test_there_is_a_most(client: Client, account: Any) -> None:
    factories.signed_in(client, account, amr=assurance.PASSKEY_AMR)
    options = asked(client, OPTIONS)
    for _ in range(policy.PASSKEYS_MOST):
        SoftPasskey().belongs_to(account)

    assert client.get(OPTIONS).status_code == 400
    page = client.post(ADD, {"answer": SoftPasskey().create(options)})

    assert page.status_code == 400
    assert Authenticator.objects.count() == policy.PASSKEYS_MOST


def test_a_name_too_long_is_said_so(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    made = SoftPasskey().create(asked(client, OPTIONS))

    page = client.post(ADD, {"answer": made, "label": "x" * (policy.LABEL_LONGEST + 1)})

    assert page.status_code == 400
    assert not Authenticator.objects.exists()


def made_wrongly(options: dict[str, Any]) -> dict[str, tuple[str, Refusal]]:
    """Answers that are no passkey of ours, and why."""
    good = SoftPasskey().create(options)
    short_key = SoftPasskey(key=Rs256(1024))
    long_id = SoftPasskey(credential_id=b"x" * 1024)
    return {
        "nothing": ("", Refusal.BROKEN),
        "no JSON": ("{", Refusal.BROKEN),
        "an assertion": (SoftPasskey().get(options), Refusal.BROKEN),
        "no CBOR": (changed(good, attestationObject=b64(b"\xff")), Refusal.BROKEN),
        "CBOR of nothing": (changed(good, attestationObject=b64(b"\xa0")), Refusal.BROKEN),
        "CBOR of a list": (changed(good, attestationObject=b64(b"\x80")), Refusal.BROKEN),
        "short data": (
            changed(good, attestationObject=b64(b"\xa1\x68authData\x41x")),
            Refusal.BROKEN,
        ),
        "signed": (SoftPasskey().create(options, type="webauthn.get"), Refusal.UNSUITABLE),
        "elsewhere": (SoftPasskey(origin="https://x.example").create(options), Refusal.FOREIGN_ORIGIN),
        "another site": (SoftPasskey(rp_id="x.example").create(options), Refusal.OTHER_SITE),
        "not unlocked": (SoftPasskey(flags=PRESENT).create(options), Refusal.UNVERIFIED),
        "weak key": (short_key.create(options), Refusal.UNSUITABLE),
        "endless name": (long_id.create(options), Refusal.UNSUITABLE),
        "another purpose": (
            SoftPasskey().create({**options, "challenge": passkeys.challenge(Purpose.AGAIN, now=clock.now())}),
            Refusal.OTHER_PURPOSE,
        ),
    }  # fmt: skip


def test_what_is_no_passkey_is_refused_in_words(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    for name, (answer, reason) in made_wrongly(asked(client, OPTIONS)).items():
        page = client.post(ADD, {"answer": answer})
        assert page.status_code == 400, name
        with pytest.raises(PasskeyRefused) as refusal:
            adding_passkey.read(
                answer,
                purpose=Purpose.ADD,
                binding=str(DeviceSession.objects.get().pk),
                now=clock.now(),
            )
        assert refusal.value.reason == reason, name
    assert not Authenticator.objects.exists()


def test_a_made_passkey_is_added_once(client: Client, account: Any) -> None:
    factories.signed_in(client, account)
    made = SoftPasskey().create(asked(client, OPTIONS))

    assert client.post(ADD, {"answer": made}).status_code == 303
    assert client.post(ADD, {"answer": made}).status_code == 400
    assert Authenticator.objects.count() == 1


# --- At activation --------------------------------------------------------------------------------
FACTOR = "/activate/factor/"


def activating(**columns: Any) -> Any:
    """An account that was issued, with its slip."""
    account = factories.make_account(state=AccountState.ISSUED, activated_at=None, **columns)
    factories.make_card(account.citizen)
    factories.make_phone(account)
    factories.make_slip(account)
    return account


def test_a_passkey_is_made_at_activation_and_opens_the_account(client: Client) -> None:
    account, soft = activating(), SoftPasskey()
    test_activating.walk_to_factor(client, account)
    assert 'data-passkey="create"' in client.get(FACTOR).content.decode()

    answer = client.post(
        FACTOR, {"answer": soft.create(asked(client, "/activate/passkey/options/"))}
    )
    assert answer["Location"] == "/activate/recovery-codes/"
    assert Authenticator.objects.get(kind="PASSKEY").state == AuthenticatorState.PENDING
    assert test_activating.keep_codes_and_finish(client)["Location"] == "/"

    bound = Authenticator.objects.filter(state=AuthenticatorState.ACTIVE)
    assert "PASSKEY" in bound.values_list("kind", flat=True)
    assert "TOTP" not in bound.values_list("kind", flat=True)
    session = DeviceSession.objects.get()
    assert session.amr == ["pop", "user"]
    assert session.authenticator == bound.get(kind="PASSKEY")
    client.post("/sign-out/")
    assert sign_in(client, soft).status_code == 303


def test_a_passkey_of_an_activation_opens_nothing_before_its_end(client: Client) -> None:
    soft = SoftPasskey()
    test_activating.walk_to_factor(client, activating())
    made = soft.create(asked(client, "/activate/passkey/options/"))
    client.post(FACTOR, {"answer": made})

    refused(Client(), soft.get(asked(client)), "not in use here")


def test_choosing_again_replaces_the_passkey_of_an_activation(client: Client) -> None:
    test_activating.walk_to_factor(client, activating())
    for _ in range(2):
        made = SoftPasskey().create(asked(client, "/activate/passkey/options/"))
        assert client.post(FACTOR, {"answer": made}).status_code == 303

    rows = Authenticator.objects.filter(kind="PASSKEY")
    assert sorted(rows.values_list("state", flat=True)) == ["PENDING", "REMOVED"]


def test_a_wrong_answer_at_activation_is_said_and_the_app_is_still_there(client: Client) -> None:
    test_activating.walk_to_factor(client, activating())
    made = SoftPasskey(rp_id="example.org").create(asked(client, "/activate/passkey/options/"))

    page = client.post(FACTOR, {"answer": made}, headers={"Accept-Language": "en"})

    assert page.status_code == 400
    assert "belongs to another website" in page.content.decode()
    assert test_activating.secret_on(page)


def test_without_an_activation_there_is_nothing_to_make(client: Client) -> None:
    assert client.get("/activate/passkey/options/")["Location"] == "/activate/"
