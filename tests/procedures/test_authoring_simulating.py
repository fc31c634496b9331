"""A draft is tried on last month's files: which could not be filed, whose desk or fee would be another."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import AccountKind
from accounts.models import Account, Province
from eid_portal.core import clock
from eid_portal.core.models import AuditEvent
from procedures import policy
from procedures.models import Application, Desk, Revision, Snapshot
from procedures.rules import documents, editing
from procedures.services import authoring, simulating
from tests import factories
from tests.payments.staff import actor_of
from tests.procedures import world
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODE = "absence-declaration"


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.fixture
def author(filer: Filer) -> Account:
    return factories.make_staff(61, kind=AccountKind.ADMINISTRATOR)


@pytest.fixture
def window(author: Account) -> Client:
    return factories.signed_in(Client(headers={"accept-language": "en"}), author)


@pytest.fixture
def application(filer: Filer) -> Application:
    return filer.file(CODE)


@pytest.fixture
def changed(author: Account, application: Application) -> Callable[..., Revision]:
    """The next revision, its data changed."""

    def change(**parts: Any) -> Revision:
        now, actor = clock.now(), actor_of(author)
        row = authoring.follow(application.revision, actor=actor, now=now)
        data = documents.shaped(row.text)
        row = authoring.save(
            row, editing.written(data | parts), was=row.digest, actor=actor, now=now
        )
        assert authoring.faults_of(row) == []
        return row

    return change


def run(row: Revision, author: Account) -> simulating.Tally:
    return simulating.go_on(row, simulating.begin(row), actor=actor_of(author), now=clock.now())


def with_field(application: Application, **field: Any) -> list[Any]:
    steps: list[Any] = json.loads(application.revision.text)["steps"]
    words = {"vi": "Mẫu", "en": "Sample"}
    steps[1]["fields"].append({"key": "more", "type": "text", "label": words, **field})
    return steps


def test_an_unchanged_document_changes_nothing(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    tally = run(changed(), author)
    assert (tally.total, tally.read, tally.broken, tally.found) == (1, 1, 0, {})


def test_a_new_question_blocks_and_says_which(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    row = changed(steps=with_field(application))
    tally = run(row, author)
    assert tally.found == {"blocked": {"more|missing": (1, [application.reference])}}
    assert "Mẫu" in simulating.told(row, tally)["blocked"][0].words


def test_what_was_not_written_down_blocks_nobody_and_is_said(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    row = changed(steps=with_field(application, known="card_number"))
    assert run(row, author).found == {}
    assert len(simulating.unsaid(row)) == 1


def test_another_fee_and_another_desk_are_counted(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    row = changed(fee={"amount": 9000}, agency="provincial_police")
    desk = Desk.objects.get(agency="provincial_police")
    Desk.objects.filter(pk=desk.pk).update(office=factories.make_office("HS-77", name="Mẫu Khác"))
    tally = run(row, author)
    assert tally.found["fee"] == {f"{application.fee} → 9000": (1, [application.reference])}
    assert list(tally.found["routed"].values()) == [(1, [application.reference])]
    assert "Mẫu Khác" in next(iter(tally.found["routed"]))


def test_a_place_without_a_desk_is_told(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    Desk.objects.filter(agency="commune_police").update(
        province=Province.objects.get(name="Cà Mau")
    )
    assert next(iter(run(changed(), author).found["routed"])).endswith("→ –")


def test_a_check_that_would_fail_is_told_in_its_words(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    message = {"vi": "Không được", "en": "No"}
    holds = {"not": [{"given": "destination"}]}
    row = changed(checks=[{"holds": holds, "message": message, "at": "destination"}])
    tally = run(row, author)
    assert [each.words for each in simulating.told(row, tally)["blocked"]] == ["Không được"]


def test_last_months_files_of_this_procedure_are_read_in_parts(
    window: Client, filer: Filer, author: Account, changed: Callable[..., Revision],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(policy, "SIMULATED_AT_ONCE", 1)
    filer.file("eid-lock")
    filer.file(CODE)
    row = changed(fee={"amount": 9000})
    at = f"/admin/procedures/revision/{row.pk}/simulate/"
    assert "the newest 2000" in window.get(at).content.decode().replace(",", "")

    page = window.post(at).content.decode()
    assert "1 / 2" in page
    kept = re.search(r'name="tally" value="([^"]+)"', page)
    assert kept
    page = window.post(at, {"tally": kept[1]}).content.decode()

    assert "2 / 2" in page
    assert "data-goes-on" not in page
    for reference in Application.objects.filter(procedure__code=CODE).values_list("reference"):
        assert reference[0] in page
    person = filer.account.citizen
    assert person.full_name not in page
    assert person.personal_number not in page
    seen = AuditEvent.objects.filter(name="procedures.revision_simulated")
    assert [each.data["files"] for each in seen.order_by("pk")] == [1, 1]


@pytest.mark.parametrize("kept", ["x", "a.b.c", "\x00", "🙂" * 500])
def test_a_tally_of_somebody_elses_making_is_refused(
    window: Client, changed: Callable[..., Revision], kept: str
) -> None:
    answer = window.post(f"/admin/procedures/revision/{changed().pk}/simulate/", {"tally": kept})
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert "Begin anew" in answer.content.decode()


def test_a_tally_of_another_text_is_refused(
    author: Account, changed: Callable[..., Revision]
) -> None:
    row = changed()
    kept = simulating.keep(simulating.begin(row))
    actor = actor_of(author)
    after = authoring.save(
        row, row.text.replace("Declare", "State"), was=row.digest, actor=actor, now=clock.now()
    )
    with pytest.raises(simulating.NoSuchTally):
        simulating.resume(kept, after)


def test_a_text_that_is_not_the_one_that_was_filed_is_told(
    author: Account, application: Application, changed: Callable[..., Revision]
) -> None:
    row = changed()
    first = Snapshot.objects.get(application=application)
    fresh = Application(
        **{
            each.attname: getattr(application, each.attname)
            for each in Application._meta.concrete_fields
            if each.name not in {"id", "public_id", "reference", "draft_id"}
        },
        reference="HS-261127-AAAAAA",
        draft_id=application.pk,
    )
    fresh.save()
    Snapshot.objects.create(
        application=fresh, number=1, reason="FILED", text=first.text, sha256="0" * 64,
        taken_at=clock.now(),
    )  # fmt: skip
    tally = run(row, author)
    assert (tally.read, tally.broken) == (2, 1)


def test_a_faulty_document_is_not_simulated(
    window: Client, author: Account, changed: Callable[..., Revision]
) -> None:
    row = changed()
    authoring.save(row, "{}", was=row.digest, actor=actor_of(author), now=clock.now())
    answer = window.post(f"/admin/procedures/revision/{row.pk}/simulate/")
    assert "The document has faults" in answer.content.decode()


def test_a_new_procedure_has_no_files(window: Client, application: Application) -> None:
    at = "/admin/procedures/revision/"
    window.post(f"{at}{application.revision_id}/copy/", {"code": "absence-abroad"})
    made = Revision.objects.get(procedure__code="absence-abroad")
    assert "0 / 0" in window.post(f"{at}{made.pk}/simulate/").content.decode()
