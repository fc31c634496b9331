"""What the copy of all data holds of papers."""

import json
from typing import Any

import pytest
from django.utils import translation

from accounts.services import exports
from documents.enums import DocumentState, FieldResult, VerificationOutcome
from documents.models import Search, SearchAnswer
from documents.services.data_copy import EXPORTER
from eid_portal.core import clock
from eid_portal.core.exporting import Person, Section
from tests.documents import papers

pytestmark = pytest.mark.django_db


def sections_of(account: Any) -> dict[str, Section]:
    person = Person(citizen_id=account.citizen_id, now=clock.now())
    with translation.override("en"):
        return {section.code: section for section in EXPORTER.sections(person)}


def test_papers_stand_in_it_as_people_read_them() -> None:
    account = papers.known()
    row = papers.link(account, papers.licence())
    papers.verification(
        row, VerificationOutcome.VERIFIED, fields={"name": FieldResult.SPELLING.value}
    )
    search = Search.objects.create(citizen=account.citizen, asked_by=account, asked_at=clock.now())
    SearchAnswer.objects.create(
        search=search,
        registry="traffic-police",
        outcome="FOUND",
        found=[papers.licence().as_json()],
    )

    found = sections_of(account)

    (entry,) = found["papers"].entries
    assert entry["number"] == "790123456767"
    assert entry["paper_facts"]["Points left"] == "12/12"
    shown = dict(found["papers"].shown[0])
    assert shown["State"] == "Verified"
    assert "Points left: 12/12" in shown["What it says"]
    checked = dict(found["verifications"].shown[0])
    assert checked["Compared with the population register"] == (
        "Full name: the same, spelt differently"
    )
    assert checked["Result"] == "It agrees"
    assert dict(found["searches"].shown[0])["Answers"] == (
        "Traffic Police Department: Papers found (1)"
    )
    json.loads(exports.json_of(list(found.values()), language="en", now=clock.now()))


def test_what_a_registry_says_of_somebody_else_is_not_in_it() -> None:
    account = papers.known()
    theirs = papers.licence(full_name="Trần Thị Bình", personal_number="001187000002")
    papers.link(
        account, theirs, DocumentState.MISMATCH, answer=theirs.as_json(),
        differing={"name": FieldResult.DIFFERENT, "personal_number": FieldResult.DIFFERENT},
    )  # fmt: skip

    text = json.dumps(
        [section.entries for section in sections_of(account).values()], ensure_ascii=False
    )

    assert "Trần" not in text
    assert "001187000002" not in text
    assert "Full name" in text


def test_a_paper_that_left_and_a_kind_that_is_gone_break_nothing() -> None:
    account = papers.known()
    papers.link(
        account, papers.licence(), DocumentState.UNLINKED,
        paper=None, verified_at=None, unlinked_at=clock.now(),
    )  # fmt: skip
    papers.link(account, papers.licence(licence_no="790123456700"), kind="GONE")

    assert len(sections_of(account)["papers"].entries) == 2


def test_nobody_elses_papers_are_in_it() -> None:
    account = papers.known()
    papers.link(papers.known("001187000002"), papers.licence())

    assert sections_of(account) == {}
