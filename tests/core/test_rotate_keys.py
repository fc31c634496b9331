"""Keys rotate while the portal runs: nothing is lost, nobody is not found, and a kill at any moment does no harm."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.core.signing import TimestampSigner
from django.db import connection, models

from accounts.models import (
    Authenticator,
    CardCase,
    CardEvent,
    Citizen,
    FormerPersonalNumber,
    IdCard,
    Notice,
)
from accounts.models.indexes import (
    card_number_index,
    message_index,
    number_index,
    number_indexes,
    phone_indexes,
)
from accounts.services import authenticators, proofs, signing_in
from accounts.services.signing_in import Visitor
from eid_portal.core import (
    audit,
    audit_anchors,
    audit_sealing,
    clock,
    key_rotation,
    keys,
    limits,
    passwords,
    sealed,
)
from eid_portal.core.events import SYSTEM
from eid_portal.core.keyed_fields import BlindIndexField, KeyedHashField, PasswordHashField
from eid_portal.core.limits import Limit, LockedUntil, Permitted
from eid_portal.core.management.commands.rotate_keys import BY_NAME
from eid_portal.core.models import AuditBlock, AuditEvent, DataKey, LimitCounter, SubjectKey
from eid_portal.env import ROOT
from tests.core.happenings import Told
from tests.documents import papers
from tests.factories import (
    NAME,
    PASSWORD,
    PHONE,
    make_account,
    make_card,
    make_citizen,
    make_notice,
    make_office,
    make_password,
    make_phone,
    make_slip,
    make_staff,
    make_totp,
    personal_number,
)
from tests.payments import factories as money
from tests.payments import paying
from tests.stores import ground


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the key file, to rotate; in this process changes are known at once."""
    copy = tmp_path / "keys.json"
    shutil.copy(settings.KEYS_FILE, copy)
    settings.KEYS_FILE = copy
    settings.VAR = tmp_path
    settings.AUDIT_ANCHORS = tmp_path / "anchors"
    monkeypatch.setattr(keys, "KNOWN_AFTER", 0.0)
    sealed.forget_keys()
    yield copy
    sealed.forget_keys()


def rotate(*words: str, **options: Any) -> str:
    said = StringIO()
    call_command("rotate_keys", *words, stdout=said, **options)
    return said.getvalue()


def current(*purposes: str) -> list[str]:
    return [keys.current(purpose)[0] for purpose in purposes]


def numbers_of_citizens() -> key_rotation.Work:
    label = "accounts.Citizen.personal_number_index"
    (found,) = (work for work in key_rotation.work("index") if work.label == label)
    return found


# --- Before, during and after -----------------------------------------------------------------------
def make_everything() -> Citizen:
    """One row of every kind that a key was used for."""
    citizen = make_citizen()
    account = make_account(citizen)
    make_card(citizen)
    make_phone(account)
    make_totp(account)
    make_password(account)
    papers.link(account, papers.licence())
    FormerPersonalNumber.objects.create(
        citizen=citizen,
        personal_number=personal_number(16),
        personal_number_index=number_index(personal_number(16)),
        basis="Law on Identification 2023 art. 24",
        ended_at=clock.now(),
    )
    officer = make_staff()
    CardCase.objects.create(
        state="OPEN",
        officer=officer,
        office=make_office(),
        source="QR",
        card_reading={},
        opened_at=clock.now(),
    )
    case = CardCase.objects.get()
    case.phone, case.phone_index = PHONE, phone_indexes(PHONE)[0]
    case.save()
    paying.save_code(account, money.make_biller())
    paying.make_bill()
    money.make_order(money.make_link(account), billers=[None])
    audit.record(Told(words=NAME), actor=SYSTEM, subject_id=citizen.pk)
    return citizen


def everything_is_there(citizen: Citizen) -> None:
    """Everything opens and is found, as if this process had just started."""
    sealed.forget_keys()
    number = personal_number()
    assert Citizen.objects.get(personal_number_index__in=number_indexes(number)).full_name == NAME
    former = number_indexes(personal_number(16))
    assert FormerPersonalNumber.objects.get(personal_number_index__in=former).citizen == citizen
    indexes = sealed.blind_indexes("card_number", number)
    assert IdCard.objects.get(number_index__in=indexes).number == number
    assert Authenticator.objects.get(phone_index__in=phone_indexes(PHONE)).secret == PHONE
    assert CardCase.objects.get(phone_index__in=phone_indexes(PHONE)).phone == PHONE
    event = AuditEvent.objects.get(name=Told.name)
    assert audit.mac_holds(event)
    assert audit.personal_data(event) == {"words": NAME}
    password = Authenticator.objects.get(kind="PASSWORD", account__citizen=citizen)
    assert passwords.matches(PASSWORD, password.password_hash)


def test_everything_opens_and_is_found_before_during_and_after(db: None, file: Path) -> None:
    citizen = make_everything()
    everything_is_there(citizen)

    rotate(announce=True)
    assert current("kek", "index") == ["kek-1", "index-1"]
    everything_is_there(citizen)

    keys.make_current(file, {purpose: f"{purpose}-2" for purpose in ("kek", "index", "pepper")})
    everything_is_there(citizen)

    assert next(numbers_of_citizens().portions(1)) == 1
    everything_is_there(citizen)

    rotate()
    everything_is_there(citizen)
    assert key_rotation.uses("kek", "kek-1") == []
    assert key_rotation.uses("index", "index-1") == []
    rotate(forget="kek-1")
    rotate(forget="index-1")
    everything_is_there(citizen)
    assert set(DataKey.objects.values_list("kek_id", flat=True)) == {"kek-2"}
    assert set(SubjectKey.objects.values_list("kek_id", flat=True)) == {"kek-2"}
    assert Citizen.objects.get(pk=citizen.pk).personal_number_index == number_index(
        personal_number()
    )
    assert IdCard.objects.get().number_index == card_number_index(personal_number())


def test_every_indexed_column_is_worked_on(db: None) -> None:
    labels = [work.label for work in key_rotation.work("index")]

    assert set(labels) >= {
        "accounts.Citizen.personal_number_index",
        "accounts.FormerPersonalNumber.personal_number_index",
        "accounts.IdCard.number_index",
        "accounts.Authenticator.phone_index",
        "accounts.CardCase.phone_index",
    }
    make_everything()
    rotate("index", announce=True)
    keys.make_current(Path(django_settings.KEYS_FILE), {"index": "index-2"})
    assert all(work.left() for work in key_rotation.work("index"))


def test_no_index_and_no_hash_is_overlooked() -> None:
    """A column named like one is declared as one, with a sealed column beside it."""
    keyed = {"code_hash", "body_hash", "password_hash"}
    for model in apps.get_models():
        for column in model._meta.local_concrete_fields:
            if column.name.endswith("_index") and isinstance(column, models.UUIDField):
                assert isinstance(column, BlindIndexField), column
            if column.name in keyed:
                assert isinstance(column, KeyedHashField | PasswordHashField), column
            if isinstance(column, BlindIndexField) and column.of:
                assert isinstance(model._meta.get_field(column.of), sealed.SealedField), column
                assert column.purpose, column


def test_columns_with_keys_are_plain_columns_to_migrations() -> None:
    for column in (
        Citizen._meta.get_field("personal_number_index"),
        CardEvent._meta.get_field("body_hash"),
        Authenticator._meta.get_field("password_hash"),
    ):
        _name, path, _args, kwargs = column.deconstruct()
        assert path.startswith("django.db.models.")
        assert not {"of", "purpose", "needed"} & set(kwargs)


# --- The audit --------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_no_event_is_touched_and_the_audit_holds() -> None:
    def seal() -> None:
        audit_sealing.seal()
        audit_anchors.write_missing()

    def raw() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT e::text FROM core_auditevent e ORDER BY id LIMIT 1")
            rows: list[Any] = cursor.fetchall()
            return rows

    citizen = make_citizen()
    audit.record(Told(words=NAME), actor=SYSTEM, subject_id=citizen.pk)
    seal()
    before = raw()

    rotate()
    audit.record(Told(words=NAME), actor=SYSTEM, subject_id=citizen.pk)
    seal()

    assert raw() == before
    events = AuditEvent.objects.order_by("id")
    assert [event.mac_key for event in events] == ["audit_mac-1", "audit_mac-2"]
    assert [audit.personal_data(event) for event in events] == [{"words": NAME}] * 2
    blocks = AuditBlock.objects.order_by("number").values_list("key_id", flat=True)
    assert list(blocks) == ["audit_signing-1", "audit_signing-2"]
    call_command("verify_audit", stdout=StringIO())
    published = json.loads((django_settings.VAR / "audit-public-keys.json").read_text())
    assert set(published) == {"audit_signing-1", "audit_signing-2"}
    for needed in ("audit_mac-1", "audit_signing-1"):
        with pytest.raises(CommandError, match=r"still needed by core\.Audit"):
            rotate(forget=needed)


def test_the_index_of_a_message_holds_its_key_up_for_ninety_days(db: None) -> None:
    notice = make_notice(text_index=message_index("482913lamaotp"))
    rotate("index")
    with pytest.raises(CommandError, match=r"still needed by accounts\.Notice\.text_index"):
        rotate(forget="index-1")

    Notice.objects.filter(pk=notice.pk).update(created_at=clock.now() - timedelta(days=91))

    rotate(forget="index-1")


def test_a_destroyed_key_stays_destroyed_and_holds_nothing_up(db: None) -> None:
    citizen = make_citizen()
    audit.record(Told(words=NAME), actor=SYSTEM, subject_id=citizen.pk)
    audit.destroy_subject_key(citizen.pk, now=clock.now())

    rotate("kek")
    rotate(forget="kek-1")

    assert SubjectKey.objects.get(pk=citizen.pk).wrapped is None


# --- Pepper -----------------------------------------------------------------------------------------
def test_a_password_is_hashed_anew_at_the_next_sign_in(db: None) -> None:
    account = make_account()
    row = make_password(account)
    make_totp(account)
    visitor = Visitor(address="203.0.113.9", device_token=None, device_label="")
    rotate("pepper")
    with pytest.raises(
        CommandError, match=r"still needed by accounts\.Authenticator\.password_hash"
    ):
        rotate(forget="pepper-1")

    signing_in.begin(
        identifier=personal_number(), password=PASSWORD, visitor=visitor, now=clock.now()
    )

    row.refresh_from_db()
    assert row.password_hash.split("$")[1] == "pepper-2"
    rotate(forget="pepper-1")
    assert passwords.matches(PASSWORD, row.password_hash)
    assert not passwords.matches("a different one", row.password_hash)


def test_a_wrong_password_is_not_hashed_anew(db: None) -> None:
    row = make_password(make_account())
    visitor = Visitor(address="203.0.113.9", device_token=None, device_label="")
    rotate("pepper")

    with pytest.raises(signing_in.WrongPassword):
        signing_in.begin(
            identifier=personal_number(), password="another", visitor=visitor, now=clock.now()
        )

    row.refresh_from_db()
    assert row.password_hash.split("$")[1] == "pepper-1"


def test_codes_on_paper_work_after_the_rotation_and_keep_their_pepper(db: None) -> None:
    account = make_account()
    sheet, codes = authenticators.new_recovery_codes(account=account, now=clock.now())
    authenticators.bind(sheet, account=account, actor=SYSTEM, now=clock.now())
    make_slip(account)
    rotate("pepper")

    for needed in ("RecoveryCode.code_hash", "ActivationSlip.code_hash"):
        with pytest.raises(CommandError, match=needed):
            rotate(forget="pepper-1")
    used = proofs.check_recovery_code(
        account_id=account.pk, code=codes[0], known_device=True, now=clock.now()
    )
    assert used == sheet.pk


def test_a_hash_whose_pepper_is_gone_matches_nothing(db: None, file: Path) -> None:
    stored = sealed.keyed_hash("code", "482913")
    rotate("pepper")
    assert sealed.keyed_hash_matches("code", "482913", stored)

    keys.remove(file, "pepper", "pepper-1")

    assert not sealed.keyed_hash_matches("code", "482913", stored)


# --- Limits -----------------------------------------------------------------------------------------
def test_a_rotation_gives_nobody_more_tries(db: None) -> None:
    limit = Limit(name="tests.rotation", allowed=3, per=timedelta(hours=1))
    assert limits.hit(limit, "a key") == Permitted(2)
    assert limits.hit(limit, "a key") == Permitted(1)

    rotate("index")

    assert limits.peek(limit, "a key") == Permitted(1)
    with pytest.raises(CommandError, match=r"core\.LimitCounter\.key"):
        rotate(forget="index-1")
    assert limits.hit(limit, "a key") == Permitted(0)
    assert isinstance(limits.hit(limit, "a key"), LockedUntil)
    assert LimitCounter.objects.filter(name=limit.name).count() == 1
    rotate(forget="index-1")
    limits.give_back(limit, "a key")
    assert limits.peek(limit, "a key") == Permitted(1)
    limits.forget(limit, "a key")
    assert limits.peek(limit, "a key") == Permitted(3)


# --- Forgetting -------------------------------------------------------------------------------------
def test_a_key_in_use_or_unknown_is_not_forgotten(db: None) -> None:
    for key_id in ("kek-7", "nothing-1", "kek", ""):
        if key_id:
            with pytest.raises(CommandError, match="there is no key"):
                rotate(forget=key_id)
    with pytest.raises(CommandError, match="in use"):
        rotate(forget="kek-1")
    rotate("kek", announce=True)
    with pytest.raises(CommandError, match="about to be"):
        rotate(forget="kek-2")


def test_forgetting_too_early_is_refused(db: None, file: Path) -> None:
    make_everything()
    rotate("kek", "index", announce=True)
    keys.make_current(file, {"kek": "kek-2", "index": "index-2"})

    with pytest.raises(CommandError, match=r"core\.DataKey, core\.SubjectKey"):
        rotate(forget="kek-1")
    with pytest.raises(CommandError, match=r"accounts\.Citizen\.personal_number_index"):
        rotate(forget="index-1")
    assert keys.get("kek", "kek-1")
    assert keys.get("index", "index-1")


# --- What may go wrong ------------------------------------------------------------------------------
def test_a_rotation_stopped_after_the_announcement_goes_on_with_that_key(db: None) -> None:
    rotate("index", announce=True)

    said = rotate("index")

    assert "not finished" in said
    assert current("index") == ["index-2"]
    assert list(keys.every("index")) == ["index-2", "index-1"]


def test_a_rotation_stopped_among_the_rows_makes_no_further_key(db: None, file: Path) -> None:
    make_everything()
    rotate(announce=True)
    keys.make_current(file, {"kek": "kek-2", "index": "index-2"})
    assert next(numbers_of_citizens().portions(1)) == 1

    rotate("kek", "index")

    assert current("kek", "index") == ["kek-2", "index-2"]
    assert all(work.left() == 0 for work in key_rotation.work("index"))


def test_a_row_that_does_not_open_is_named_and_the_others_are_done(db: None) -> None:
    broken = make_citizen(1)
    for serial in range(2, 8):
        make_citizen(serial)
    other = make_citizen(8)
    with connection.cursor() as cursor:  # ciphertext of another row
        cursor.execute(
            "UPDATE accounts_citizen SET personal_number = (SELECT personal_number FROM"
            " accounts_citizen WHERE id = %s) WHERE id = %s",
            [other.pk, broken.pk],
        )

    with pytest.raises(CommandError, match=str(broken.pk)) as error:
        rotate("index", portion=3)

    assert str(other.pk) not in str(error.value)
    assert numbers_of_citizens().left() == 1
    with pytest.raises(CommandError, match="personal_number_index"):
        rotate(forget="index-1")


def test_a_number_that_is_there_twice_is_named(db: None, file: Path) -> None:
    """Two processes with different keys wrote one number at the same moment."""
    old = make_citizen(1)
    rotate("index", announce=True)
    keys.make_current(file, {"index": "index-2"})
    make_citizen(1)
    make_citizen(2)

    with pytest.raises(CommandError, match=str(old.pk)):
        rotate("index")


def test_only_one_rotation_at_a_time(file: Path) -> None:
    with keys.changing(file), pytest.raises(CommandError, match="another process"):
        rotate("pepper")
    assert current("pepper") == ["pepper-1"]


def test_nonsense_is_refused_before_anything_changes(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(CommandError, match="kek, index"):
        rotate("keks")
    with pytest.raises(CommandError, match="portion"):
        rotate(portion=0)
    assert file.read_bytes() == before


def test_our_request_key_rotates_by_name_only(db: None) -> None:
    rotate()
    assert current("outbound", "pepper") == ["outbound-1", "pepper-2"]

    rotate("outbound", announce=True)
    published = json.loads((django_settings.VAR / "portal-public-keys.json").read_text())
    assert set(published) == {"outbound-1", "outbound-2"}
    assert current("outbound") == ["outbound-1"]


def test_django_signs_with_the_key_of_the_file(settings: Any, db: None) -> None:
    keys.give_django_its_key()
    first = settings.SECRET_KEY
    assert first == keys.current("django")[1].hex()
    signed = TimestampSigner().sign("a message")

    rotate("django")
    keys.give_django_its_key()

    assert first != settings.SECRET_KEY
    assert first in settings.SECRET_KEY_FALLBACKS
    assert TimestampSigner().unsign(signed) == "a message"


# --- Processes --------------------------------------------------------------------------------------
def start(*words: str, keys_file: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-u", *words],
        cwd=ROOT,
        env=os.environ
        | {
            "EID_KEYS_FILE": str(keys_file),
            "EID_VAR": str(keys_file.parent),
            "DJANGO_SETTINGS_MODULE": "eid_portal.settings.test",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(process: "subprocess.Popen[str]", wanted: Callable[[str], bool]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if wanted(line):
            return line
    assert process.stderr is not None
    pytest.fail(process.stderr.read())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_among_the_rows_and_started_again_while_people_use_the_portal(file: Path) -> None:
    for serial in range(60):
        make_citizen(serial)
    held = Citizen.objects.order_by("-pk").first()
    assert held is not None
    traffic = start("-m", "tests.core.key_traffic", keys_file=file)
    processes = [traffic]
    try:
        read_until(traffic, lambda line: "begun" in line)
        with psycopg.connect(ground().postgres.url("eid_app", ground().database)) as other:
            # While this row is locked no rotation can finish.
            other.execute("SELECT 1 FROM accounts_citizen WHERE id = %s FOR UPDATE", [held.pk])
            first = start("manage.py", "rotate_keys", "--portion", "7", keys_file=file)
            processes.append(first)
            read_until(first, lambda line: "Citizen.personal_number_index: 14" in line)
            first.send_signal(signal.SIGKILL)
            first.communicate()
        index = Citizen.objects.filter(personal_number_index__range=sealed.index_range("index-1"))
        assert index.filter(pk=held.pk).exists()
        for serial in range(60):
            found = Citizen.objects.get(
                personal_number_index__in=number_indexes(personal_number(serial))
            )
            assert found.full_name == NAME

        again = start("manage.py", "rotate_keys", "--portion", "7", keys_file=file)
        processes.append(again)
        said, wrong = again.communicate()

        assert again.returncode == 0, wrong
        assert "not finished" in said
        for purpose in ("kek", "index"):
            forgetting = start("manage.py", "rotate_keys", f"--forget={purpose}-1", keys_file=file)
            processes.append(forgetting)
            _said, wrong = forgetting.communicate()
            assert forgetting.returncode == 0, wrong
        said, wrong = traffic.communicate("stop\n")
        assert traffic.returncode == 0, wrong
        report = json.loads(said.splitlines()[-1])
        by_name = {purpose: f"{purpose}-1" for purpose in BY_NAME}
        assert report["keys"] == {p: f"{p}-2" for p in keys.PURPOSES} | by_name
        assert report["rounds"] > 0
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    sealed.forget_keys()
    assert Citizen.objects.get(pk=held.pk).personal_number_index == number_index(
        held.personal_number
    )
    assert Citizen.objects.count() > 60
    audit_sealing.seal()
    audit_anchors.write_missing()
    call_command("verify_audit", stdout=StringIO())
