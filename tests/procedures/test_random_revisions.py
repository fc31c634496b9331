"""Random procedures, filled in by people and by attackers: no server error, nothing lost, and the hash verifies."""

import json
from typing import Any, Final

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.services.sessions import Session
from eid_portal.core import clock, limits
from eid_portal.core.events import SYSTEM
from procedures import policy
from procedures.models import Application, Draft
from procedures.rules import documents, snapshot
from procedures.rules.values import to_json
from procedures.selectors import filed, forms
from procedures.services import drafts, publishing
from procedures.services.drafts import Form
from tests import factories
from tests.procedures import filling, making, world
from tests.procedures.test_filing_pages import Inputs, begin, follow, key_of, post
from tests.procedures.world import Filer

pytestmark = pytest.mark.django_db
CODE: Final = "sample"
SERVER_ERROR: Final = 500
_NAMES: Final = ("form-add", "form-remove", "form-version", "form-asked", "form-later", "seen")
_TYPED: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "a", "b", "yes", "0", "-1", "1,5", "１２", "31", "02", "2026", "Hà Nội", "held-1", "<b>", "{{ 7 }}",
     "001300000015", "001300000016", "9" * 30, "\x00", "Mâ\u0303u", "\r\n", "' OR 1=1 --"]
)  # fmt: skip


class Boxes(Inputs):
    """A page's inputs, and which of them are boxes of one line."""

    def __init__(self, page: str) -> None:
        self.texts: set[str] = set()
        super().__init__(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = dict(attributes)
        if of.get("type") == "text":
            self.texts.add(of.get("name") or "")
        super().handle_starttag(tag, attributes)


@pytest.fixture
def filer() -> Filer:
    return world.make_filer()


@pytest.fixture
def browser(client: Client, filer: Filer) -> Client:
    return factories.signed_in(client, filer.account)


@pytest.fixture
def session(filer: Filer) -> Session:
    """One for all examples: too many at a time end the oldest, which is the browser's."""
    return filer.session


def opens(session: Session, draft: Draft) -> Form:
    return drafts.open_form(session=session, public_id=draft.public_id, now=clock.now())


def publishes(data: dict[str, Any]) -> documents.Document:
    text = json.dumps(data, ensure_ascii=False)
    document = documents.read(text)
    revision = publishing.draft(text, document, now=clock.now())
    publishing.publish(revision, actor=SYSTEM, now=clock.now())
    return document


def likely(form: Form) -> dict[str, Any] | None:
    """Answers with which it can be filed; None if what the procedure asks cannot be met."""
    try:
        return filling.fill(
            form.document, lambda each: world._settle(form, each), today=form.today, held=form.held
        )
    except filling.NoAnswers:
        return None


def sends(browser: Client, place: str, fields: dict[str, list[str]]) -> Any:
    """Send a page with these typed in and nothing else, and again as long as questions come up."""
    answer = browser.get(place, secure=True)
    for _again in range(6):
        if answer.status_code != 200:
            break
        hidden = Inputs(answer.content.decode()).sent
        answer = post(
            browser,
            place,
            {each: hidden[each] for each in hidden if each.startswith("form-")} | fields,
        )
    return answer


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_procedure_is_filled_in_and_filed(
    data: st.DataObject, filer: Filer, session: Session, browser: Client
) -> None:
    limits.forget(policy.BEGIN, str(filer.account.pk))
    Draft.objects.all().delete()
    publishes(data.draw(making.any_data()))
    place = begin(browser, CODE)
    draft = Draft.objects.get()
    if any(each.kind == "file" for each in opens(session, draft).document.fields):
        world.make_file(filer.account, draft.citizen)
    answers = likely(opens(session, draft))
    seen: set[str] = set()
    while "/steps/" in place and place not in seen:
        seen.add(place)
        hostile(data, browser, draft, place)
        draft.refresh_from_db()
        step = opens(session, draft).find_step(key_of(place))
        if step is None:
            break
        before = dict(draft.answers)
        answer = sends(browser, place, forms.typed_of(step.fields, answers or {}))
        assert answer.status_code < SERVER_ERROR
        draft.refresh_from_db()
        mine = {each.key for each in step.fields}
        assert {key: each for key, each in before.items() if key not in mine} == {
            key: each for key, each in draft.answers.items() if key not in mine
        }
        if answer.status_code != 303:
            assert answers is None, "what can be filed was not taken"
            break
        assert step.key in draft.done
        read = opens(session, draft).read(step, forms.typed_of(step.fields, answers or {})).answers
        assert to_json(read).items() <= draft.answers.items()
        place = answer["Location"]
    files(browser, draft, {"seen": "x"}, expected=False)
    sent = Inputs(
        browser.get(f"/drafts/{draft.public_id}/check/", secure=True).content.decode()
    ).sent
    files(
        browser,
        draft,
        sent,
        expected=answers is not None
        and follow(browser, f"/drafts/{draft.public_id}/").endswith("/check/"),
    )


def hostile(data: st.DataObject, browser: Client, draft: Draft, place: str) -> None:
    """Anything in the boxes of a page and in its hidden ones; what the page shows then is what was typed."""
    drawn = Inputs(browser.get(place, secure=True).content.decode())
    boxes = sorted(drawn.names - {"csrfmiddlewaretoken"})
    typed = data.draw(
        st.fixed_dictionaries(
            {},
            optional={name: st.lists(_TYPED, min_size=1, max_size=2) for name in [*boxes, *_NAMES]},
        )
    )
    answer = post(browser, place, drawn.sent | typed)
    assert answer.status_code < SERVER_ERROR
    post(browser, f"{place}autosave/", drawn.sent | typed)
    draft.refresh_from_db()
    if answer.status_code == 422:
        again = Boxes(answer.content.decode())
        for name in again.texts & typed.keys():
            if len(typed[name]) == 1:
                assert again.sent[name] == typed[name], name


def files(browser: Client, draft: Draft, sent: dict[str, Any], *, expected: bool) -> None:
    """File it: it is filed whole, or still a draft."""
    answer = post(browser, f"/drafts/{draft.public_id}/check/", sent)
    assert answer.status_code < SERVER_ERROR
    row = Application.objects.filter(public_id=draft.public_id).first()
    assert (row is not None) is expected
    assert Draft.objects.filter(pk=draft.pk).exists() is not expected
    if row is not None:
        assert filed.read(row).is_whole
        kept = row.snapshots.get()
        assert snapshot.hash_of(kept.text) == kept.sha256
