"""The account's API: a life lived by it, who is refused, what needs a fresh proof, and whose ids open anything."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts import policy
from accounts.enums import AccountKind, NoticeKind, StopKind
from accounts.models import (
    Account,
    Authenticator,
    Consent,
    DataExport,
    Device,
    DeviceSession,
    Guardianship,
    Inspection,
    Notice,
    Recovery,
)
from accounts.services import exports, notices, recovery_attempts, stopping
from eid_portal.core import clock, jobs, passwords
from eid_portal.core.errors import Busy
from eid_portal.core.models import Job
from tests import factories
from tests.accounts.application import AT, OPERATIONS, App, Known, make_person, neutral, signed_in
from tests.accounts.test_consents import agree
from tests.accounts.test_guardianships import (
    BIRTHDAY,
    NUMBER,
    PARENT,
    make_guardian,
    make_guardianship,
    make_ward,
)
from tests.accounts.watched import desk, look_at, office, officer
from tests.passkey import SoftPasskey

__all__ = ["desk", "office", "officer"]
pytestmark = pytest.mark.django_db
NEW_PASSWORD = "năm chữ chẳng dính dáng gì"


@pytest.fixture
def person() -> Account:
    return make_person()


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """A problem, whole."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:eid:problem:{code}"
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer["X-Request-ID"]
    return problem


def done(answer: Any) -> Any:
    """What was answered."""
    assert answer.status_code < 300, answer.content.decode()
    return answer.json() if answer.content else None


def enter(account: Account, app: App | None = None) -> App:
    """Sign in with password and code."""
    app = app or App()
    number = account.citizen.personal_number
    flow = done(app.post("sign-in", username=number, password=factories.PASSWORD))["flow"]
    ways = done(app.post("sign-in/ways", flow=flow))
    assert ways["ways"][0] == "TOTP"
    code = factories.totp_code()
    begun = done(app.post("sign-in/code", flow=flow, way="TOTP", code=code, device="android"))
    app.key, app.device = begun["session_key"], begun["device_token"]
    assert begun["idle_minutes"] == 15
    return app


# --- A life ---------------------------------------------------------------------------------------
def test_sign_in_see_change_and_revoke(person: Account) -> None:
    with clock.frozen(moment := clock.now()):
        app = enter(person)
    me = done(app.get("me"))
    assert me["name"] == factories.NAME
    assert me["number"] == "•••• •••• 0015"
    assert (me["level"], me["state"]) == (2, "ACTIVE")
    other = signed_in(person)
    lines = done(app.get("devices"))["live"]
    assert [line["is_here"] for line in lines] == [True, False]
    assert lines[0]["device"] == "App, Android"

    assert done(app.post("password", password=NEW_PASSWORD)) is None
    refused(other.get("me"), 401, "session_over")

    with clock.frozen(moment + timedelta(minutes=10)):
        problem = refused(app.post("exports"), 403, "step_up_needed")
        assert problem["action"] == "export"
        assert (problem["passkey_only"], problem["prove_at"]) == (False, AT + "prove")
        old = app.key
        ways = done(app.get("prove", action=problem["action"]))
        assert ways == {"passkey": False, "passkey_alone": False, "code": "TOTP"}
        app.key = done(
            app.post("prove", password=NEW_PASSWORD, way="TOTP", code=factories.totp_code(clock.now()))
        )["session_key"]  # fmt: skip
        refused(App(old).get("me"), 401, "session_over")
        sheet = done(app.post("recovery-codes"))
        assert len(sheet["codes"]) == policy.RECOVERY_CODES
        assert done(app.get("authenticators"))["codes"] is None
        done(app.post("recovery-codes/keep", id=sheet["id"]))
        assert done(app.get("authenticators"))["codes"]["codes_left"] == policy.RECOVERY_CODES
        assert done(app.post("recovery/ways", way="RECOVERY_CODES", code=sheet["codes"][0])) is None
        assert done(app.get("recovery/ways"))["tested_at"]

        done(app.post("sign-out"))
        refused(app.get("me"), 401, "session_over")


def test_a_known_device_signs_in_again_as_the_same_device(person: Account) -> None:
    with clock.frozen(moment := clock.now()):
        app = enter(person)
    with clock.frozen(moment + timedelta(hours=1)):
        enter(person, app)
    assert Device.objects.filter(account=person).count() == 1


def test_a_name_of_a_device_is_one_of_ours(person: Account) -> None:
    """It stands in text messages, so nobody writes what they like into it."""
    app = App()
    number = person.citizen.personal_number
    flow = done(app.post("sign-in", username=number, password=factories.PASSWORD))["flow"]
    sent = {"flow": flow, "way": "TOTP", "code": factories.totp_code()}

    problem = refused(app.post("sign-in/code", **sent, device="Gọi 0900"), 422, "invalid")
    assert problem["errors"]["device"][0]["code"] == "invalid_choice"
    done(app.post("sign-in/code", **sent))
    assert Device.objects.get().label == "App"


def test_a_code_by_text_message(person: Account) -> None:
    Authenticator.objects.get(account=person, kind="TOTP").delete()
    app = App(language="vi")
    number = person.citizen.personal_number
    flow = done(app.post("sign-in", username=number, password=factories.PASSWORD))["flow"]
    ways = done(app.post("sign-in/ways", flow=flow))
    assert (ways["ways"], ways["phone_ending"]) == (["SMS"], "015")
    assert ways["sent_at"]
    problem = refused(
        app.post("sign-in/code", flow=flow, way="SMS", code="000000"), 422, "wrong_code"
    )
    assert problem["left"] == policy.CODE_TRIES - 1
    done(app.post("sign-in/send", flow=flow))
    done(app.post("sign-in/code", flow=flow, way="SMS", code=factories.sent_code()))


def test_a_passkey_is_added_signs_in_and_proves(person: Account) -> None:
    app, passkey = signed_in(person), SoftPasskey()
    made = json.loads(passkey.create(done(app.get("passkeys/options"))))
    done(app.post("passkeys", answer=made, label="Điện thoại"))
    problem = refused(app.post("passkeys", answer=made), 422, "passkey_refused")
    assert problem["reason"] == "replayed"

    fresh = App(device=app.device)
    answer = json.loads(passkey.get(done(fresh.get("sign-in/passkey/options"))))
    begun = done(fresh.post("sign-in/passkey", answer=answer, device="ios"))
    fresh.key = begun["session_key"]
    assert done(fresh.get("authenticators"))["passkeys"][0]["label"] == "Điện thoại"
    answer = json.loads(passkey.get(done(fresh.get("prove/passkey/options"))))
    renewed = done(fresh.post("prove/passkey", answer=answer))["session_key"]
    refused(fresh.get("me"), 401, "session_over")

    passkey.origin = "https://evil.example"
    answer = json.loads(passkey.get(done(App().get("sign-in/passkey/options"))))
    problem = refused(App().post("sign-in/passkey", answer=answer), 422, "passkey_refused")
    assert problem["reason"] == "foreign_origin"
    assert done(App(renewed).get("me"))


def test_an_app_is_added_named_and_removed(person: Account) -> None:
    app = signed_in(person)
    refused(app.post("app/confirm", code="123456"), 409, "nothing_begun")
    assert done(app.get("app")) == {"uri": None, "secret": None}
    done(app.post("app"))
    secret = done(app.get("app"))["secret"]
    refused(app.post("app/confirm", code="000000"), 422, "wrong_proof")
    done(app.post("app/confirm", code=factories.totp_code(secret=secret), label="Máy bảng"))
    added = next(
        way for way in done(app.get("authenticators"))["apps"] if way["label"] == "Máy bảng"
    )
    done(app.post("authenticators/name", id=added["id"], label="Máy cũ"))
    done(app.post("authenticators/remove", id=added["id"]))
    assert done(app.get("authenticators"))["removed"][0]["label"] == "Máy cũ"
    refused(app.post("authenticators/remove", id=added["id"]), 404, "unknown_authenticator")


def test_a_phone_and_an_address_are_changed_and_taken_back(person: Account) -> None:
    app = signed_in(person)
    refused(app.post("contacts/phone", contact="0912000015"), 422, "same_contact")
    done(app.post("contacts/phone", contact="0912 000 031"))
    done(app.post("contacts/forget", kind="SMS"))
    refused(app.post("contacts/confirm", kind="SMS", code="123456"), 422, "no_code")
    done(app.post("contacts/phone", contact="0912 000 031"))
    assert done(app.get("contacts/phone"))["current"] == "•••• 015"
    done(app.post("contacts/confirm", kind="SMS", code=factories.sent_code()))
    assert done(app.get("me"))["money_held_until"]
    assert done(app.get("authenticators"))["changes"][0]["old"] == "•••• 015"
    refused(app.post("contacts/phone", contact="0912 000 032"), 409, "changed_lately")

    done(app.post("contacts/email", contact="mau@vidu.vn"))
    done(app.post("contacts/confirm", kind="EMAIL", code=factories.sent_code()))
    assert done(app.get("contacts/email"))["current"] == "m•••@vidu.vn"

    done(app.post("contacts/take-back", kind="SMS"))
    refused(app.get("me"), 401, "session_over")
    later = signed_in(person)
    refused(later.post("contacts/take-back", kind="SMS"), 409, "not_revertible")


def test_devices_are_ended_confirmed_forgotten(person: Account) -> None:
    app, other, third = (signed_in(person) for _each in range(3))
    other_id = str(DeviceSession.objects.order_by("started_at")[1].pk)
    device = done(app.get("devices"))["new"][-1]["device_id"]
    done(app.post("devices/confirm", id=device))
    done(app.post("devices/end", id=other_id))
    refused(other.get("me"), 401, "session_over")
    refused(app.post("devices/end", id=other_id), 404, "no_such_device")
    assert done(app.post("devices/end-others")) == {"ended": 1}
    refused(third.get("me"), 401, "session_over")
    done(app.post("devices/forget", id=device))
    refused(app.post("devices/forget", id=device), 404, "no_such_device")


def test_it_was_not_me_then_unlocked_by_signing_in(person: Account) -> None:
    app = signed_in(person)
    signed_in(person)
    device = str(Device.objects.order_by("-first_seen_at", "-pk")[0].pk)
    assert done(app.post("devices/not-me", id=device)) == {"ended": 2}

    number = person.citizen.personal_number
    flow = done(app.post("sign-in", username=number, password=factories.PASSWORD))["flow"]
    problem = refused(
        app.post("sign-in/code", flow=flow, way="TOTP", code=factories.totp_code()),
        403,
        "account_locked",
    )
    assert (problem["reason"], problem["needs_passkey"]) == ("OWNER", False)
    app.key = done(app.post("unlock", flow=problem["unlock"], device="ipados"))["session_key"]
    standing = done(app.get("lock"))
    assert (standing["state"], standing["before"][0]["why"]) == ("ACTIVE", "NOT_ME")
    refused(app.post("unlock", flow=problem["unlock"]), 409, "flow_over")
    assert done(app.post("lock", why="LOST_PHONE")) == {"ended": 1}


def test_a_stop_code_and_a_stop_link(person: Account) -> None:
    new = stopping.new_code(account=person, kind=StopKind.LOCK, target_id=None, now=clock.now())
    token = new.link.rstrip("/").rpartition("/")[2]
    assert done(App().post("stop/link/show", token=token)) == {"kind": "LOCK", "used_at": None}
    stopped = done(App().post("stop", code=new.shown.lower()))
    assert (stopped["outcome"], stopped["again"]) == ("stopped", False)
    assert done(App().post("stop/link", token=token))["again"]
    person.refresh_from_db()
    assert person.state == "LOCKED"
    refused(App().post("stop", code="K7QF3MXB"), 404, "nothing_to_stop")


# --- Recovery -------------------------------------------------------------------------------------
def test_recovered_by_a_recovery_code(person: Account) -> None:
    app = signed_in(person)
    sheet = done(app.post("recovery-codes"))
    done(app.post("recovery-codes/keep", id=sheet["id"]))

    stranger = App()
    number = person.citizen.personal_number
    flow = done(stranger.post("recovery", route="RECOVERY_CODE", username=number))["flow"]
    assert done(stranger.post("recovery/state", flow=flow))["stage"] == "code"
    problem = refused(
        stranger.post("recovery/prove", flow=flow, way="TOTP", code="123456"), 409, "wrong_stage"
    )
    assert problem["stage"] == "code"
    refused(stranger.post("recovery/code", flow=flow, code="7" * 24), 422, "wrong_proof")
    done(stranger.post("recovery/code", flow=flow, code=sheet["codes"][1]))
    code = factories.totp_code()
    assert done(stranger.post("recovery/prove", flow=flow, way="TOTP", code=code)) == {
        "stage": "password"
    }
    problem = refused(
        stranger.post("recovery/password", flow=flow, password="12345678"), 422, "password_refused"
    )
    assert problem["reason"] == "common"
    done(stranger.post("recovery/password", flow=flow, password=NEW_PASSWORD))
    refused(app.get("me"), 401, "session_over")
    refused(stranger.post("recovery/state", flow=flow), 409, "attempt_over")


def test_a_delayed_reset_waits_is_seen_and_cancelled(person: Account) -> None:
    owner, stranger = signed_in(person), App()
    number = person.citizen.personal_number
    flow = done(stranger.post("recovery", route="DELAYED", username=number))["flow"]
    done(stranger.post("recovery/send", flow=flow, way="SMS"))
    for job in Job.objects.filter(task=recovery_attempts.SEND):
        jobs.run_here(job.pk, recovery_attempts.SEND)
    code = factories.sent_code()
    stage = done(stranger.post("recovery/prove", flow=flow, way="SMS", code=code, device="android"))
    assert stage == {"stage": "waiting"}
    reference = done(stranger.post("recovery/state", flow=flow))["reference"]
    refused(stranger.post("recovery/second", flow=flow), 409, "not_ready")
    waiting = done(owner.get("recovery/open"))["waiting"]
    assert (waiting["reference"], waiting["device"]) == (reference, "App, Android")
    back = done(App().post("recovery/return", username=number, reference=reference))["flow"]
    done(owner.post("recovery/open/cancel"))
    assert done(owner.get("recovery/open")) == {"waiting": None}
    assert (
        refused(App().post("recovery/cancel", flow=back), 409, "not_open")["state"] == "CANCELLED"
    )
    assert Recovery.objects.get().state == "CANCELLED"


# --- Messages, the log, data ----------------------------------------------------------------------
def test_messages_are_read_page_by_page(person: Account) -> None:
    app = signed_in(person)
    for each in range(25):
        notices.tell(
            account=person,
            kind=NoticeKind.ROUTES_CHECK,
            event_key=f"each:{each}",
            now=clock.now() + timedelta(seconds=each),
        )
    first = done(app.get("messages"))
    second = done(app.get("messages", before=first["next"]))
    ids = [one["id"] for one in first["messages"] + second["messages"]]
    assert len(ids) == len(set(ids)) == 25
    assert (first["unread"], second["next"]) == (25, None)
    done(app.post("messages/read", ids=ids[:20]))
    assert done(app.get("messages", show="unread"))["unread"] == 5


def test_the_log_an_entry_its_proof_and_a_question(person: Account, desk: Client) -> None:
    app = signed_in(person)
    look_at(desk, person.citizen)
    found = done(app.get("data-log", show="staff"))["entries"][0]
    assert found["can_ask"]
    assert done(app.get(f"data-log/{found['id']}")) == found
    words = found["title"].split()[0]
    assert done(app.post("data-log/search", words=words, show="staff"))["entries"] == [found]
    answer = app.get(f"data-log/{found['id']}/proof")
    problem = refused(answer, 409, "not_sealed_yet")
    assert problem["retry_after"] == int(answer["Retry-After"]) == 60
    asked = done(app.post(f"data-log/{found['id']}/question", question="Vì sao?"))
    assert asked["question"] == "Vì sao?"
    refused(app.post(f"data-log/{found['id']}/question"), 409, "asked_already")
    assert [one["id"] for one in done(app.get("questions"))["questions"]] == [asked["id"]]
    own = next(one for one in done(app.get("data-log"))["entries"] if not one["can_ask"])
    refused(app.post(f"data-log/{own['id']}/question"), 404, "no_such_look")


def test_a_log_is_read_page_by_page(person: Account) -> None:
    app = signed_in(person)
    for _each in range(35):
        done(app.post("recovery-codes"))
        done(app.post("recovery-codes/keep", id=done(app.post("recovery-codes"))["id"]))
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = done(app.get("data-log", **before))
        seen += [entry["id"] for entry in page["entries"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert len(seen) == len(set(seen)) > 35
    assert seen == sorted(seen, reverse=True)


def test_consents_requests_and_a_copy(person: Account) -> None:
    app = signed_in(person)
    given = agree(person)
    assert done(app.get("consents"))["consents"][0]["party"] == given.party_name
    pressed = [done(app.post(f"consents/{given.public_id}/withdraw")) for _press in range(2)]
    assert pressed[0] == pressed[1]
    assert pressed[0]["state"] == "WITHDRAWN"
    assert pressed[0]["end_by"]

    wish = {"kind": "CORRECT", "subject": "IDENTITY", "question": "Xin sửa lại họ tên của tôi."}
    made = [done(app.post("data-requests", **wish, form_id="A" * 22)) for _press in range(2)]
    assert made[0] == made[1]
    assert made[0]["open"]
    assert done(app.get(f"data-requests/{made[0]['id']}")) == made[0]
    assert done(app.get("data-requests"))["requests"] == made[:1]

    asked = done(app.post("exports"))
    assert done(app.get("exports"))["waiting"]["id"] == asked["id"]
    refused(app.post(f"exports/{asked['id']}/fetch", kind="json"), 404, "not_found")
    jobs.run_here(Job.objects.get(task=exports.MAKE).pk, exports.MAKE)
    ready = done(app.get("exports"))["ready"]
    file = app.post(f"exports/{ready['id']}/fetch", kind="json")
    assert (file.status_code, file["Content-Type"]) == (200, "application/json")
    assert file.json()["format"] == "eid-data-copy"
    assert file["Cache-Control"] == "no-store"
    pdf = app.post(f"exports/{ready['id']}/fetch", kind="pdf")
    assert pdf.content.startswith(b"%PDF")


def test_more_copies_than_a_day_allows(person: Account) -> None:
    app = signed_in(person)
    for _each in range(policy.EXPORT_ASK.allowed):
        done(app.post("exports"))
        jobs.run_here(Job.objects.get(task=exports.MAKE, done_at=None).pk, exports.MAKE)
    answer = app.post("exports")
    problem = refused(answer, 429, "too_many_copies")
    assert problem["retry_after"] == int(answer["Retry-After"]) > 0
    assert problem["until"].endswith("+07:00")


def test_a_ward_is_claimed_opened_and_locked() -> None:
    guardian, ward = make_guardian(), make_ward()
    app = signed_in(guardian)
    refused(app.post("wards", **claim(number="001217000099")), 404, "no_such_ward")
    claimed = done(app.post("wards", **claim()))
    assert (claimed["state"], done(app.get("wards"))["wards"][0]["id"]) == (
        "PENDING",
        claimed["id"],
    )
    refused(app.get(f"wards/{claimed['id']}"), 404, "no_such_ward")

    other = make_ward(number="001217000061")
    row = make_guardianship(guardian, other)
    shown = done(app.get(f"wards/{row.public_id}"))
    assert (shown["name"], shown["account_state"]) == (other.full_name, None)
    refused(app.post(f"wards/{row.public_id}/lock"), 409, "nothing_to_lock")
    account = factories.make_account(other)
    done(app.post(f"wards/{row.public_id}/lock"))
    account.refresh_from_db()
    assert account.state == "LOCKED"
    assert ward.pk != other.pk
    with clock.frozen(datetime(2031, 6, 1, 9, tzinfo=clock.VIET_NAM)):
        refused(signed_in(guardian).get(f"wards/{row.public_id}"), 410, "ward_grown")


def test_somebody_too_young_is_nobodys_guardian() -> None:
    make_ward()
    young = factories.make_account(
        factories.make_citizen(
            personal_number="001315000064", full_name="Trẻ Mẫu", birth_date=date(2015, 3, 1)
        )
    )
    factories.make_card(young.citizen)
    assert refused(signed_in(young).post("wards", **claim()), 403, "guardian_young")


def claim(**values: Any) -> dict[str, Any]:
    """A claim of the child that ``make_ward`` makes."""
    return {
        "number": NUMBER,
        "birth_date": BIRTHDAY.isoformat(),
        "basis": PARENT.value,
        "document": "117/2017, Phường Mẫu",
    } | values


# --- Who is let in --------------------------------------------------------------------------------
PRIVATE = [each for each in OPERATIONS if each.needs_session]


@pytest.mark.parametrize("operation", PRIVATE, ids=lambda one: one.told.name)
def test_a_citizens_live_session_is_needed(operation: Known) -> None:
    person = make_person()
    officer, office = factories.make_staff(), factories.make_office()
    factories.make_role(officer, office)
    boss = factories.make_staff(51, kind=AccountKind.ADMINISTRATOR)
    ended, idle, locked = (
        signed_in(person),
        signed_in(person, now=clock.now() - policy.CITIZEN_IDLE),
        signed_in(make_person(16, state="LOCKED", lock_reason="OWNER", locked_at=clock.now())),
    )
    ended.post("sign-out")
    device = signed_in(person).device
    before = state_of(person)

    strangers = [App(), App("x"), App("A" * 43), App(device), App("Ã©"), ended, idle, locked]
    for app in strangers:
        answer = app.ask(operation.method, operation.path, operation.sample())
        refused(answer, 401, "session_over")
        assert answer["WWW-Authenticate"] == 'Bearer realm="account"'
    for account, office_id in ((officer, office.pk), (boss, None)):
        app = signed_in(account, office_id=office_id)
        answer = app.ask(operation.method, operation.path, operation.sample())
        refused(answer, 403, "forbidden")
    assert state_of(person) == before


def state_of(person: Account) -> tuple[Any, ...]:
    """What an operation could change of a person."""
    return (
        Account.objects.filter(pk=person.pk).values().get(),
        list(Authenticator.objects.filter(account=person).order_by("pk").values("pk", "state", "label")),
        list(DeviceSession.objects.filter(account=person).order_by("pk").values("pk", "ended_at")),
        list(Device.objects.filter(account=person).order_by("pk").values("pk", "forgotten_at")),
        [model.objects.count() for model in (Consent, DataExport, Guardianship, Inspection, Recovery)],
        Notice.objects.filter(account=person).count(),
    )  # fmt: skip


def test_the_browsers_cookie_opens_nothing(person: Account) -> None:
    cookie = signed_in(person)
    for each in PRIVATE:
        app = App(cookies={"__Host-session": cookie.key, "__Host-device": cookie.device})
        refused(app.ask(each.method, each.path, each.sample()), 401, "session_over")


def test_of_header_and_cookie_the_header_alone_counts(person: Account) -> None:
    mine, another = signed_in(person), signed_in(make_person(16, language="en"))
    mine.cookies = {"__Host-session": another.key}
    assert done(mine.get("me"))["number"] == "•••• •••• 0015"
    broken = App("x", cookies={"__Host-session": another.key})
    refused(broken.get("me"), 401, "session_over")
    for header in ("", "Bearer", "Bearer ", f"Basic {mine.key}", mine.key, f"Bearer  {mine.key}"):
        answer = Client().get(AT + "me", headers={"Authorization": header})
        assert answer.status_code == 401, header
    assert (
        Client().get(AT + "me", headers={"Authorization": f"bearer {mine.key}"}).status_code == 200
    )


def test_staff_do_not_sign_in_here() -> None:
    officer = factories.make_staff()
    factories.make_password(officer)
    factories.make_totp(officer)
    problem = refused(
        App().post("sign-in", username=officer.sign_in_name, password=factories.PASSWORD),
        422,
        "invalid",
    )
    assert problem["errors"]["username"][0]["code"] == "neither"
    page = Client()
    page.post(
        "/counter/sign-in/", {"username": officer.sign_in_name, "password": factories.PASSWORD}
    )
    flow = page.cookies["__Host-flow"].value
    sent = {"flow": flow, "way": "TOTP", "code": factories.totp_code()}
    refused(App().post("sign-in/code", **sent), 409, "flow_over")
    passkey = SoftPasskey()
    passkey.belongs_to(officer)
    answer = json.loads(passkey.get(done(App().get("sign-in/passkey/options"))))
    problem = refused(App().post("sign-in/passkey", answer=answer), 422, "passkey_refused")
    assert problem["reason"] == "unknown"
    assert not DeviceSession.objects.exists()


def test_a_session_idles_out_and_is_kept_by_use(person: Account) -> None:
    with clock.frozen(moment := clock.now()):
        app = signed_in(person)
    for minutes in (10, 20, 30):
        with clock.frozen(moment + timedelta(minutes=minutes)):
            done(app.get("me"))
    with clock.frozen(moment + timedelta(minutes=46)):
        refused(app.get("me"), 401, "session_over")


# --- Whose ids ------------------------------------------------------------------------------------
def test_ids_of_others_are_as_if_there_were_none(desk: Client) -> None:
    me, them = make_person(), make_person(16)
    app, theirs = signed_in(me), signed_in(them)
    look_at(desk, them.citizen)
    entry = done(theirs.get("data-log", show="staff"))["entries"][0]["id"]
    way = str(Authenticator.objects.get(account=them, kind="TOTP").pk)
    sheet = done(theirs.post("recovery-codes"))["id"]
    wish = {"kind": "CORRECT", "subject": "IDENTITY", "question": "Xin sửa lại họ tên của tôi."}
    request = done(theirs.post("data-requests", **wish))["id"]
    export = done(theirs.post("exports"))["id"]
    jobs.run_here(Job.objects.get(task=exports.MAKE).pk, exports.MAKE)
    guardianship = make_guardianship(make_guardian(), make_ward()).public_id
    session = DeviceSession.objects.get(account=them)
    token, nothing = "B" * 22, "00000000-0000-7000-8000-000000000000"
    cases: list[tuple[str, str, str, dict[str, Any]]] = [
        ("get", "wards/{}", guardianship, {}),
        ("post", "wards/{}/lock", guardianship, {}),
        ("get", "data-log/{}", entry, {}),
        ("get", "data-log/{}/proof", entry, {}),
        ("post", "data-log/{}/question", entry, {}),
        ("post", "consents/{}/withdraw", agree(them).public_id, {}),
        ("get", "data-requests/{}", request, {}),
        ("post", "exports/{}/fetch", export, {"kind": "json"}),
        ("post", "authenticators/name", way, {"label": "x"}),
        ("post", "authenticators/remove", way, {}),
        ("post", "recovery-codes/keep", sheet, {}),
        ("post", "devices/end", str(session.pk), {}),
        ("post", "devices/forget", str(session.device_id), {}),
        ("post", "devices/confirm", str(session.device_id), {}),
        ("post", "devices/not-me", str(session.device_id), {}),
    ]
    before = state_of(them), state_of(me)
    for method, path, given, body in cases:
        in_path = "{}" in path
        missing = nothing if "-" in given else token
        answers = [
            app.ask(method, path.format(one), body if in_path else body | {"id": one})
            for one in (given, missing)
        ]
        assert neutral(answers[0]) == neutral(answers[1]), path
        assert answers[0].status_code in {404, 409}, (path, answers[0].content)
    for one in (done(theirs.get("messages"))["messages"] or [{"id": token}])[:1]:
        done(app.post("messages/read", ids=[one["id"]]))
    assert (state_of(them), state_of(me)) == before


def test_numbers_with_and_without_an_account_are_answered_alike() -> None:
    make_person()
    factories.make_account(factories.make_citizen(17), state="ISSUED", activated_at=None)
    closed = factories.make_citizen(18)
    factories.make_account(closed, state="CLOSED", closed_at=clock.now())
    seen = []
    for serial in (15, 16, 17, 18):
        number = factories.personal_number(serial)
        app, answers = App(), []
        answers.append(app.post("sign-in", username=number, password="sai mật khẩu rồi"))
        answers.append(app.post("recovery/return", username=number, reference="DL-261126-4M7TQ2"))
        for route, path, body in (
            ("RECOVERY_CODE", "recovery/code", {"code": "7" * 24}),
            ("DELAYED", "recovery/send", {"way": "SMS"}),
            ("DELAYED", "recovery/prove", {"way": "SMS", "code": "123456"}),
            ("DELAYED", "recovery/prove", {"way": "TOTP", "code": "123456"}),
        ):
            flow = done(app.post("recovery", route=route, username=number))["flow"]
            with clock.frozen(datetime(2026, 11, 26, 9, tzinfo=clock.VIET_NAM)):
                answers.append(app.post("recovery/state", flow=flow))
                answers.append(app.post(path, flow=flow, **body))
        seen.append([neutral(answer) for answer in answers])
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_words_are_in_the_language_that_is_asked_for(person: Account) -> None:
    said = {
        language: App(language=language)
        .post("sign-in", username=person.citizen.personal_number, password="x")
        .json()
        for language in ("vi", "en")
    }
    assert said["vi"]["detail"].startswith("Số định danh hoặc mật khẩu chưa đúng")
    assert said["en"]["detail"].startswith("The number or the password is not right")
    assert said["vi"]["code"] == said["en"]["code"]
    assert said["vi"]["title"] != said["en"]["title"]


def test_a_limit_says_when_to_come_back(person: Account) -> None:
    app, number = App(), person.citizen.personal_number
    for _each in range(policy.SIGN_IN_STRANGER.allowed):
        answer = app.post("sign-in", username=number, password="sai mật khẩu rồi")
    answer = app.post("sign-in", username=number, password="sai mật khẩu rồi")
    problem = refused(answer, 429, "too_many_tries")
    assert problem["retry_after"] == int(answer["Retry-After"]) > 0


def test_a_full_queue_is_a_503(person: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_password: str, _encoded: str) -> bool:
        raise Busy(retry_after=2)

    monkeypatch.setattr(passwords, "matches", full)
    answer = App().post("sign-in", username=person.citizen.personal_number, password="x")
    assert refused(answer, 503, "busy")["retry_after"] == int(answer["Retry-After"]) == 2


def test_an_absent_database_is_a_503(person: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    app = signed_in(person)

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("accounts.selectors.locks.standing", away)
    answer = app.get("lock")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "10"
