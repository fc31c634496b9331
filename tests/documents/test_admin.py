"""The windows on papers: how registries stand and are paced, what became of verifications, and never whose papers."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from accounts.enums import AccountKind
from accounts.models import Account
from documents import gateways, policy
from documents.admin.papers import length_of
from documents.enums import (
    CorrectionSide,
    CorrectionState,
    DocumentState,
    VerificationOutcome,
    VerificationReason,
)
from documents.models import Correction, DefinedKind, Document, Registry, Verification
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent, Circuit, Job
from tests import factories
from tests.documents import papers

pytestmark = pytest.mark.django_db
AT = "/admin/documents/"
POLICE = "traffic-police"
NUMBER = "790199887766"
WORDS = "Họ tên đúng là Đặng Thị Mẫu"


@pytest.fixture
def administrator() -> Account:
    return factories.make_staff(60, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def window(administrator: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), administrator)


@pytest.fixture
def holder() -> Account:
    return factories.make_account()


def make_paper(holder: Account, number: str = NUMBER, **columns: Any) -> Document:
    """A licence in somebody's wallet, with everything its registry knows."""
    paper = papers.licence(licence_no=number, full_name=factories.NAME)
    return papers.link(holder, paper, **columns)


def make_verification(
    paper: Document, outcome: VerificationOutcome = VerificationOutcome.GIVEN_UP, **columns: Any
) -> Verification:
    """One that ended, unless it waits."""
    return papers.verification(paper, outcome, **columns)


def make_correction(paper: Document, **columns: Any) -> Correction:
    """One that is open."""
    now = clock.now()
    values: dict[str, Any] = {
        "state": CorrectionState.OPEN, "reference": "YC-261126-3KQ8", "document": paper,
        "registry": paper.registry, "side": CorrectionSide.POPULATION, "fields": ["name"],
        "words": WORDS, "answer": WORDS, "requested_at": now, "requested_by": paper.linked_by,
        "due_at": now + timedelta(days=3),
    }  # fmt: skip
    return Correction.objects.create(**values | columns)


def text_of(window: Client, address: str) -> str:
    """A page's words, without its markup."""
    answer = window.get(address)
    assert answer.status_code == 200, address
    body = answer.content.decode().partition('id="content-start"')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def audited(name: str) -> list[dict[str, Any]]:
    return [row.data for row in AuditEvent.objects.filter(name=f"documents.{name}")]


# --- Registries -----------------------------------------------------------------------------------
def test_a_line_for_every_gateway_asked_before_or_not(window: Client, holder: Account) -> None:
    assert not Registry.objects.exists()
    answer = window.get(f"{AT}registry/")

    with translation.override("en"):
        for party, gateway in gateways.every().items():
            assert f'href="{AT}registry/{party}/change/"' in answer.content.decode()
            assert str(gateway.NAME) in answer.content.decode()
    assert f"{policy.CALLS_PER_SECOND} a second, {policy.BATCH} at a time" in text_of(
        window, f"{AT}registry/"
    )
    assert not Registry.objects.exists(), "looking writes nothing"


def test_a_registry_is_shown_as_it_stands(
    window: Client, holder: Account, settings: Any, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({POLICE: {"police-2026-11": "QUJD", "police-2027-01": "QUJE"}}))
    settings.OUTSIDE_KEYS_FILE = keys
    paper, other = make_paper(holder), make_paper(holder, "790199887767")
    make_verification(
        paper, VerificationOutcome.PENDING, requested_at=clock.now() - timedelta(hours=2)
    )
    make_verification(other)
    make_verification(other, resolved_at=clock.now())
    page = text_of(window, f"{AT}registry/{POLICE}/change/")

    assert settings.OUTSIDE[POLICE] in page
    assert "police-2026-11, police-2027-01" in page
    assert "QUJD" not in page
    assert re.search(r"Verifications that wait: 1 \(since ", page)
    assert re.search(r"Given up: 1 ", page)
    assert "Asked" in page
    assert f"?registry={POLICE}&amp;outcome=open" in (
        window.get(f"{AT}registry/{POLICE}/change/").content.decode()
    )
    assert len(re.findall(r"tag--ok", window.get(f"{AT}registry/").content.decode())) == len(
        gateways.every()
    )


@pytest.mark.parametrize(
    ("failures", "opens", "words"),
    [
        (2, None, "Asked 2 failures in a row"),
        (5, timedelta(seconds=8), "Spared until"),
        (5, -timedelta(seconds=8), "Spared the next call tries it"),
    ],
)
def test_the_circuit_breaker_is_told(
    window: Client, failures: int, opens: timedelta | None, words: str
) -> None:
    with clock.frozen(now := clock.now()):
        Circuit.objects.create(
            party=POLICE, failures=failures, open_until=None if opens is None else now + opens
        )
        assert words in text_of(window, f"{AT}registry/{POLICE}/change/")


def test_without_keys_it_says_that_nothing_is_believed(
    window: Client, settings: Any, tmp_path: Path
) -> None:
    settings.OUTSIDE_KEYS_FILE = tmp_path / "none.json"
    assert "no answer of it is believed" in text_of(window, f"{AT}registry/{POLICE}/change/")


def test_a_pace_is_set_with_a_reason_and_recorded(window: Client) -> None:
    address = f"{AT}registry/{POLICE}/change/"
    pace = {"calls_per_second": "7", "in_flight": "3"}
    assert window.post(address, pace).status_code == 200, "no reason"
    assert not Registry.objects.exists()

    reason = "Công văn số 12 của Cục, giảm tải"
    answer = window.post(address, pace | {"reason": reason})

    assert (answer.status_code, answer["Location"]) == (302, address)
    row = Registry.objects.get(party=POLICE)
    assert (row.calls_per_second, row.in_flight) == (7, 3)
    assert audited("registry_changed") == [
        {"registry": POLICE, "calls_per_second": 7, "in_flight": 3, "reason": reason}
    ]
    window.post(address, pace | {"reason": reason})
    assert len(audited("registry_changed")) == 1, "the same pace is no change"


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_per_second": "0"},
        {"calls_per_second": str(policy.MOST_CALLS_PER_SECOND + 1)},
        {"calls_per_second": "1e3"},
        {"in_flight": "-1"},
        {"in_flight": str(policy.MOST_IN_FLIGHT + 1)},
        {"reason": "vì thế"},
        {"reason": "\u202e" * 20},
    ],
)
def test_a_pace_that_cannot_be(window: Client, wrong: dict[str, str]) -> None:
    good = {"calls_per_second": "7", "in_flight": "3", "reason": "Công văn số 12 của Cục"}
    answer = window.post(f"{AT}registry/{POLICE}/change/", good | wrong)

    assert answer.status_code == 200
    assert 'class="errornote"' in answer.content.decode()
    assert not Registry.objects.exists()


def test_a_party_without_a_gateway_has_no_page(window: Client) -> None:
    for address in (f"{AT}registry/population/change/", f"{AT}registry/{POLICE}/history/"):
        assert window.get(address).status_code == 404


# --- Verifications --------------------------------------------------------------------------------
def test_verifications_are_listed_by_outcome_and_registry(window: Client, holder: Account) -> None:
    paper = make_paper(holder)
    car = papers.link(holder, papers.vehicle())
    make_verification(paper, code="no_connection", tries=12)
    make_verification(car, code="answer_digest", resolved_at=clock.now(), note="Đã hỏi Cục")
    make_verification(car, VerificationOutcome.VERIFIED, milliseconds=48)

    def codes(query: str) -> set[str]:
        page = text_of(window, f"{AT}verification/?{query}")
        return {code for code in ("no_connection", "answer_digest", " 48 ") if code in page}

    assert codes("") == {"no_connection", "answer_digest", " 48 "}
    assert codes("outcome=open") == {"no_connection"}
    assert codes("outcome=GIVEN_UP") == {"no_connection", "answer_digest"}
    assert codes("outcome=VERIFIED") == {" 48 "}
    assert codes("registry=vehicle-register") == {"answer_digest", " 48 "}
    assert codes(f"registry={POLICE}&outcome=VERIFIED") == set()


def test_filters_lead_somewhere(window: Client, holder: Account) -> None:
    make_verification(make_paper(holder))
    for model in ("verification", "correction"):
        page = window.get(f"{AT}{model}/").content.decode()
        links = re.findall(r'<a href="(\?[^"]+)"', page)
        assert len(links) > 5
        for link in links:
            assert window.get(f"{AT}{model}/{link.replace('&amp;', '&')}").status_code == 200, link


def test_a_verification_says_how_fields_agreed(window: Client, holder: Account) -> None:
    row = make_verification(
        make_paper(holder), VerificationOutcome.MISMATCH, fields={"name": "DIFFERENT"}
    )
    assert "name: different" in text_of(window, f"{AT}verification/{row.pk}/change/")


def test_one_given_up_is_asked_again_once(
    window: Client, administrator: Account, holder: Account
) -> None:
    paper = make_paper(holder)
    row = make_verification(paper)
    address = f"{AT}verification/{row.pk}"
    assert 'value="Ask the registry again"' in window.get(f"{address}/change/").content.decode()
    assert window.get(f"{address}/retry/").status_code == 302
    assert not Job.objects.exists(), "looking asks nobody"

    first, second = window.post(f"{address}/retry/"), window.post(f"{address}/retry/")

    row.refresh_from_db()
    assert (row.resolved_by, row.resolved_at is None) == (administrator, False)
    new = Verification.objects.get(outcome=VerificationOutcome.PENDING)
    assert (new.document, new.reason) == (paper, VerificationReason.OPERATOR)
    assert first["Location"] == f"{AT}verification/{new.pk}/change/"
    assert second["Location"] == f"{address}/change/"
    assert Job.objects.get().subject_id == new.pk
    assert "has not been given up" in window.get(f"{address}/change/").content.decode()


def test_one_given_up_is_settled_with_a_note_once(
    window: Client, administrator: Account, holder: Account
) -> None:
    row = make_verification(make_paper(holder))
    address = f"{AT}verification/{row.pk}/resolve/"
    assert window.get(address).status_code == 200
    for empty in ("", "xong", "\u202e" * 20):
        assert window.post(address, {"note": empty}).status_code == 200
    row.refresh_from_db()
    assert row.resolved_at is None

    note = "Cục đã sửa máy chủ, đêm nay kiểm tra lại"
    for _twice in range(2):
        assert window.post(address, {"note": note}).status_code == 302

    row.refresh_from_db()
    assert (row.resolved_by, row.note) == (administrator, note)
    assert audited("verification_resolved") == [{"kind": "DRIVER_LICENCE", "note": note}]
    assert note in text_of(window, f"{AT}verification/{row.pk}/change/")
    assert not AuditEvent.objects.filter(name="documents.verification_resolved", shown=True)


def test_what_is_no_dead_letter_offers_nothing(window: Client, holder: Account) -> None:
    row = make_verification(make_paper(holder), VerificationOutcome.VERIFIED)
    page = window.get(f"{AT}verification/{row.pk}/change/").content.decode()
    assert "/retry/" not in page
    assert "/resolve/" not in page
    assert window.get(f"{AT}verification/{uuid4()}/resolve/").status_code == 404
    assert window.post(f"{AT}verification/{uuid4()}/retry/").status_code == 404


# --- Corrections ----------------------------------------------------------------------------------
def test_corrections_by_state_and_clock(window: Client, holder: Account) -> None:
    make_correction(make_paper(holder))
    make_correction(
        make_paper(holder, "790199887767"),
        reference="YC-261120-LATE",
        due_at=clock.now() - timedelta(days=1),
    )
    make_correction(
        make_paper(holder, "790199887768"),
        reference="YC-261119-DONE",
        state=CorrectionState.CORRECTED,
        due_at=clock.now() - timedelta(days=1),
    )
    for query, shown in {
        "": {"3KQ8", "LATE", "DONE"},
        "?state=late": {"LATE"},
        "?state=OPEN": {"3KQ8", "LATE"},
        "?state=CORRECTED": {"DONE"},
    }.items():
        page = text_of(window, f"{AT}correction/{query}")
        assert {end for end in ("3KQ8", "LATE", "DONE") if f"-{end} " in page} == shown, query


# --- Kinds defined here ---------------------------------------------------------------------------
TYPED = {
    "code": "PRACTICE_CERTIFICATE", "name": "Chứng chỉ hành nghề", "name_en": "Practice certificate",
    "issuer": "Sở Xây dựng", "issuer_en": "Department of Construction", "registry": "certificates",
    "wire_type": "practice-certificate", "number_pattern": r"CC\d{10}", "number_hint": "CC và 10 chữ số",
    "number_hint_en": "CC and 10 digits", "fields_typed": "grade | Hạng | Grade | text | BASIC",
    "compared": ["personal_number", "name"], "in_use": "on", "decision": "keep",
}  # fmt: skip
DEFINED = f"{AT}definedkind/"


def test_a_kind_is_defined_changed_and_taken_out_of_use(
    window: Client, administrator: Account
) -> None:
    answer = window.post(f"{DEFINED}add/", TYPED)
    assert (answer.status_code, answer["Location"]) == (302, DEFINED)
    row = DefinedKind.objects.get()
    assert (row.code, row.number_pattern, row.in_use) == ("PRACTICE_CERTIFICATE", r"CC\d{10}", True)
    assert row.fields == [
        {"code": "grade", "label": "Hạng", "label_en": "Grade", "sort": "text", "level": "BASIC"}
    ]
    assert "Practice certificate" in text_of(window, f"{AT}document/")
    page = f"{DEFINED}{row.pk}/change/"
    assert "grade | Hạng | Grade | text | BASIC" in window.get(page).content.decode()

    window.post(page, TYPED | {"name": "Tên khác", "code": "ANOTHER", "registry": "population"})
    row.refresh_from_db()
    assert (row.code, row.name, row.registry) == (
        "PRACTICE_CERTIFICATE",
        "Tên khác",
        "certificates",
    )
    window.post(page, {name: value for name, value in TYPED.items() if name != "in_use"})
    row.refresh_from_db()
    assert not row.in_use
    assert DefinedKind.objects.count() == 1
    assert [data["code"] for data in audited("kind_defined")] == ["PRACTICE_CERTIFICATE"] * 3
    assert text_of(window, page).count(str(administrator.pk)[-6:]) >= 3, "its history"


def test_numbers_are_tried_before_anything_is_kept(window: Client) -> None:
    typed = TYPED | {"decision": "try", "examples": "cc-1234567890\nCC12\nCC1234567890"}
    page = window.post(f"{DEFINED}add/", typed).content.decode()
    assert "Fit: cc-1234567890, CC1234567890. Do not fit: CC12." in page
    page = window.post(f"{DEFINED}add/", typed | {"number_pattern": "(a+)+"}).content.decode()
    assert "The pattern is not understood." in page
    assert not DefinedKind.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "practice"}, "code"),
        ({"code": "DRIVER_LICENCE"}, "code"),
        ({"registry": "traffic-police"}, "registry"),
        ({"wire_type": "a b"}, "wire_type"),
        ({"number_pattern": "(a+)+"}, "number_pattern"),
        ({"fields_typed": "grade | Hạng | Grade"}, "fields_typed"),
        ({"fields_typed": "grade | Hạng | Grade | photo | BASIC"}, "fields_typed"),
        ({"compared": ["name"]}, "compared"),
        ({"compared": []}, "compared"),
        ({"name_en": ""}, "name_en"),
    ],
)
def test_a_kind_that_cannot_be(window: Client, wrong: dict[str, Any], field: str) -> None:
    answer = window.post(f"{DEFINED}add/", TYPED | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert not DefinedKind.objects.exists()


# --- Nobody is shown ------------------------------------------------------------------------------
def test_no_page_shows_a_person_a_number_or_words(window: Client, holder: Account) -> None:
    paper = make_paper(holder)
    row, correction = make_verification(paper), make_correction(paper)
    for address in (
        "document/",
        "document/kind/DRIVER_LICENCE/",
        "registry/",
        f"registry/{POLICE}/change/",
        "verification/",
        f"verification/{row.pk}/change/",
        f"verification/{row.pk}/resolve/",
        "correction/",
        f"correction/{correction.pk}/change/",
    ):
        html = window.get(AT + address).content.decode()
        for secret in (
            NUMBER, holder.citizen.personal_number, factories.NAME, "29/02/2000", WORDS,
            paper.public_id, str(paper.pk), str(holder.citizen_id), str(holder.pk),
        ):  # fmt: skip
            assert secret not in html, (address, secret)


def test_papers_are_counted_and_none_is_opened(window: Client, holder: Account) -> None:
    paper = make_paper(holder)
    make_paper(holder, "790199887767", state=DocumentState.NOT_FOUND)
    make_paper(holder, "790199887768", state=DocumentState.UNLINKED, unlinked_at=clock.now())

    assert "Driver licence" in text_of(window, f"{AT}document/")
    page = text_of(window, f"{AT}document/kind/DRIVER_LICENCE/")
    counts = {"Verified": 1, "Not found": 1, "Expired": 0, "No longer in the wallet": 1}
    for state, count in counts.items():
        assert f"{state}: {count} " in page
    assert "2 papers in wallets." in page
    for address in (f"{paper.pk}/change/", f"{paper.pk}/history/", "add/"):
        assert window.get(f"{AT}document/{address}").status_code == 403
    assert window.post(f"{AT}document/{paper.pk}/delete/").status_code == 403
    for kind in ("ID_CARD", "NOTHING"):
        assert window.get(f"{AT}document/kind/{kind}/").status_code == 404


def test_how_long_a_check_of_all_takes_is_said(window: Client, holder: Account) -> None:
    Registry.objects.create(party=POLICE, calls_per_second=1)
    address = f"{AT}document/kind/DRIVER_LICENCE/"
    page = window.get(address).content.decode()
    assert "0 papers in wallets" not in page, "nothing to check, nothing to press"
    for length, said in {30: "less than a minute", 150: "about 2 minutes", 7000: "about 2 hours"}.items():  # fmt: skip
        with translation.override("en"):
            assert str(length_of(length)) == said
    make_paper(holder)
    assert "takes its registry less than a minute" in text_of(window, address)


def test_a_kind_is_checked_anew(window: Client, administrator: Account, holder: Account) -> None:
    later = clock.now() + timedelta(hours=20)
    paper, gone = (
        make_paper(holder, next_check_at=later),
        make_paper(holder, "790199887768", state=DocumentState.UNLINKED, unlinked_at=clock.now(), next_check_at=later),
    )  # fmt: skip
    address = f"{AT}document/kind/DRIVER_LICENCE/"

    answer = window.post(address)

    assert (answer.status_code, answer["Location"]) == (302, address)
    paper.refresh_from_db()
    gone.refresh_from_db()
    assert paper.next_check_at <= clock.now()
    assert gone.next_check_at == later
    event = AuditEvent.objects.get(name="documents.papers_rechecked")
    assert event.data == {"kind": "DRIVER_LICENCE", "papers": 1}
    assert event.actor_id == administrator.pk
    assert "1 paper is checked anew." in window.get(address).content.decode()


# --- Who gets in ----------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_get_in(holder: Account, method: str) -> None:
    row = make_verification(make_paper(holder))
    pages = (
        "", "registry/", f"registry/{POLICE}/change/", "document/", "verification/",
        f"verification/{row.pk}/change/", "correction/", "document/kind/DRIVER_LICENCE/",
        "definedkind/", "definedkind/add/", f"verification/{row.pk}/retry/", f"verification/{row.pk}/resolve/",
    )  # fmt: skip
    officer = factories.signed_in(Client(), factories.make_staff(51))
    citizen = factories.signed_in(Client(), holder)
    for page in pages:
        for visitor in (officer, citizen, Client()):
            answer = getattr(visitor, method)(AT + page, follow=True)
            refused = answer.status_code == 403
            assert refused or answer.redirect_chain[-1][0].startswith("/sign-in/"), page
    assert not Registry.objects.exists()


def test_pages_of_nothing(window: Client) -> None:
    for model in ("verification", "correction"):
        answer = window.get(f"{AT}{model}/{uuid4()}/change/", follow=True)
        assert answer.redirect_chain, model
