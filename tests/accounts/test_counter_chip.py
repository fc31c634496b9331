"""The chip of the card in hand, at the counter."""

import io
import zipfile
from typing import Any

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from django.utils.html import escape
from PIL import Image

from accounts.enums import AccountKind, ChipVerdict
from accounts.models import CardCase, ChipReading, CountrySigner
from accounts.services import trust_store
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from eid_portal.sandbox import chips, data
from tests import factories
from tests.accounts.desk import (
    ALL,
    PHUC,
    YEN,
    at,
    confirm_phone,
    desk,
    findings,
    office,
    officer,
    open_case,
)
from tests.outside_world import URL, OutsideWorld

__all__ = ["desk", "office", "officer"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def state() -> chips.State:
    return chips.new_state(now=clock.now())


@pytest.fixture
def trusted(state: chips.State) -> chips.State:
    trust_store.trust(state.certificate, None, now=clock.now())
    return state


def send(desk: Client, case: CardCase, files: chips.Files) -> Any:
    sent = [
        SimpleUploadedFile(f"{name}.bin", getattr(files, name)) for name in ("sod", "dg2", "dg1")
    ]
    return desk.post(at(case, "chip/"), {"chip": sent})


def files_of(state: chips.State, number: str = PHUC, outcome: str = "genuine") -> chips.Files:
    zone = "".join(data.PEOPLE[number].mrz)
    return chips.card_files(state, zone, outcome, now=clock.now())


def test_a_genuine_chip_shows_its_face_and_changes_nothing(
    desk: Client,
    trusted: chips.State,
) -> None:
    case = open_case(desk, PHUC)
    before = findings(case)

    assert send(desk, case, files_of(trusted)).status_code == 302

    reading = ChipReading.objects.get(case=case)
    assert (reading.verdict, reading.differences) == (ChipVerdict.GENUINE, [])
    assert findings(case) == before
    face = desk.get(at(case, "chip/face/"))
    assert face["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(face.content)).size == (90, 120)
    event = AuditEvent.objects.filter(name="accounts.chip_read").get()
    assert (event.subject_id, event.data) == (case.citizen_id, {"verdict": "GENUINE"})
    assert "genuine" in desk.get(at(case), headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize(
    ("outcome", "verdict", "finding"),
    [
        ("altered", ChipVerdict.ALTERED, "chip_false"),
        ("forged", ChipVerdict.FORGED, "chip_false"),
        ("expired signer", ChipVerdict.SIGNER_EXPIRED, "chip_doubtful"),
        ("unknown country signer", ChipVerdict.UNKNOWN_COUNTRY_SIGNER, "chip_doubtful"),
    ],
)
def test_each_false_chip_says_which(
    desk: Client,
    trusted: chips.State,
    sandbox: OutsideWorld,
    outcome: str,
    verdict: ChipVerdict,
    finding: str,
) -> None:
    case = open_case(desk, PHUC)
    confirm_phone(desk, case, sandbox)

    send(desk, case, files_of(trusted, outcome=outcome))

    assert finding in findings(case)
    page = desk.get(at(case), headers={"Accept-Language": "en"}).content.decode()
    with translation.override("en"):
        assert escape(str(verdict.label)).replace("&#x27;", "&#39;") in page
    assert desk.get(at(case, "chip/face/")).status_code == 404
    desk.post(at(case, "issue/"), {"checks": ALL})
    case.refresh_from_db()
    assert case.state == ("OPEN" if finding == "chip_false" else "WAITING")


def test_a_revoked_signer_is_not_believed(desk: Client, state: chips.State) -> None:
    trust_store.trust(state.certificate, state.revocation_list(now=clock.now()), now=clock.now())
    case = open_case(desk, PHUC)

    send(desk, case, files_of(state))

    assert ChipReading.objects.get().verdict == ChipVerdict.SIGNER_REVOKED


def test_another_persons_chip(desk: Client, trusted: chips.State) -> None:
    case = open_case(desk, PHUC)

    send(desk, case, files_of(trusted, YEN))

    assert ChipReading.objects.get().verdict == ChipVerdict.ANOTHER_CARD
    assert "chip_false" in findings(case)
    assert desk.get(at(case, "chip/face/")).status_code == 404


def test_a_genuine_chip_that_says_something_else_names_the_field(
    desk: Client,
    trusted: chips.State,
) -> None:
    from eid_portal.sandbox import cards

    person = data.PEOPLE[PHUC]
    zone = "".join(cards.mrz(PHUC, "Đặng Văn Khác", person.born, person.sex, person.expires))
    case = open_case(desk, PHUC)

    send(desk, case, trusted.files(zone))

    reading = ChipReading.objects.get()
    assert (reading.verdict, reading.differences) == (ChipVerdict.GENUINE, ["name"])
    assert "chip_differs" in findings(case)


def test_reading_again_replaces_what_was_read(desk: Client, trusted: chips.State) -> None:
    case = open_case(desk, PHUC)
    send(desk, case, files_of(trusted, outcome="altered"))

    send(desk, case, files_of(trusted))

    assert ChipReading.objects.get().verdict == ChipVerdict.GENUINE
    assert "chip_false" not in findings(case)


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [b""],
        [b"hello"],
        [b"\x61\x00", b"\x75\x00"],
        [b"\x61\x00", b"\x61\x00", b"\x77\x00"],
        [b"\x61" + bytes(300_000), b"\x75\x00", b"\x77\x00"],
    ],
)
def test_files_of_no_chip_are_refused_in_words(desk: Client, sent: list[bytes]) -> None:
    case = open_case(desk, PHUC)
    files = [SimpleUploadedFile(f"{place}.bin", each) for place, each in enumerate(sent)]

    answer = desk.post(at(case, "chip/"), {"chip": files})

    assert answer.status_code == 422
    assert not ChipReading.objects.exists()


def test_three_files_that_cannot_be_read_are_unreadable(desk: Client, trusted: chips.State) -> None:
    case = open_case(desk, PHUC)
    send(desk, case, chips.Files(b"\x61\x01\x00", b"\x75\x01\x00", b"\x77\x01\x00"))
    assert ChipReading.objects.get().verdict == ChipVerdict.UNREADABLE


def test_nobody_elses_case(desk: Client, office: Any, trusted: chips.State) -> None:
    case = open_case(desk, PHUC)
    other = factories.make_staff(60)
    factories.make_role(other, office)
    stranger = factories.signed_in(Client(), other, office)
    assert send(stranger, case, files_of(trusted)).status_code == 404
    assert stranger.get(at(case, "chip/face/")).status_code == 404


# --- The trust store ------------------------------------------------------------------------------
def test_only_country_signers_come_into_the_store(state: chips.State, tmp_path: Any) -> None:
    from cryptography.hazmat.primitives import serialization

    signer = tmp_path / "signer.cer"
    signer.write_bytes(state.signer.public_bytes(serialization.Encoding.DER))
    with pytest.raises(CommandError):
        call_command("trust_country_signer", str(signer))
    rubbish = tmp_path / "rubbish.cer"
    rubbish.write_bytes(b"rubbish")
    with pytest.raises(CommandError):
        call_command("trust_country_signer", str(rubbish))
    good = tmp_path / "csca.pem"
    good.write_bytes(state.country.public_bytes(serialization.Encoding.PEM))
    theirs = tmp_path / "theirs.crl"
    theirs.write_bytes(chips.new_state(now=clock.now()).revocation_list(now=clock.now()))
    with pytest.raises(CommandError):
        call_command("trust_country_signer", str(good), "--revocations", str(theirs))
    assert not CountrySigner.objects.exists()

    call_command("trust_country_signer", str(good))
    call_command("trust_country_signer", str(good))

    assert CountrySigner.objects.count() == 1
    assert AuditEvent.objects.filter(name="accounts.reference_changed").count() == 2


def test_a_country_signer_is_believed_no_longer(
    desk: Client, state: chips.State, tmp_path: Any
) -> None:
    at_file = tmp_path / "csca.cer"
    at_file.write_bytes(state.certificate)
    with pytest.raises(CommandError):
        call_command("trust_country_signer", str(at_file), "--end")
    call_command("trust_country_signer", str(at_file))
    window = factories.signed_in(Client(), factories.make_staff(60, kind=AccountKind.ADMINISTRATOR))
    listed = "/admin/accounts/countrysigner/"
    assert "Believed" in window.get(listed, headers={"Accept-Language": "en"}).content.decode()

    call_command("trust_country_signer", str(at_file), "--end")

    send(desk, open_case(desk, PHUC), files_of(state))
    assert ChipReading.objects.get().verdict == ChipVerdict.UNKNOWN_COUNTRY_SIGNER
    html = window.get(listed, headers={"Accept-Language": "en"}).content.decode()
    assert "Not believed any more" in html
    call_command("trust_country_signer", str(at_file))  # anew, in a row of its own
    assert CountrySigner.objects.filter(ended_at__isnull=True).count() == 1
    assert CountrySigner.objects.count() == 2


def test_the_sandbox_hands_out_the_files_of_any_card(desk: Client, sandbox: OutsideWorld) -> None:
    trust_store.trust(sandbox.world.settings.country_signer.read_bytes(), None, now=clock.now())
    body = f"number={PHUC}&outcome=genuine"
    answer = sandbox.adapter.send(
        requests.Request(
            "POST", f"{URL}/people/chip", data=body.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).prepare()
    )  # fmt: skip
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    case = open_case(desk, PHUC)

    send(desk, case, chips.Files(*(archive.read(f"{name}.bin") for name in ("dg1", "dg2", "sod"))))

    assert ChipReading.objects.get().verdict == ChipVerdict.GENUINE
