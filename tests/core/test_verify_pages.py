"""The pages where anybody verifies: a code typed by hand or by link, one button, and clear answers."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import policy
from eid_portal.core import clock, verify
from eid_portal.core.models import LimitCounter
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@dataclass
class Receipts:
    """A kind of code that remembers who opened what."""

    prefix: str = "Z"
    length: int = 8
    opened: list[Viewer] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def peek(self, code: str, now: Any) -> Peek | Nothing:
        if code == "Z2345678":
            return Peek(about="A receipt of the portal.", until=now + timedelta(seconds=60))
        found = self.answers.get(code, Nothing(why=Why.NOT_OURS))
        assert isinstance(found, Nothing)
        return found

    def open(self, code: str, viewer: Viewer, now: Any) -> Genuine | Nothing:
        self.opened.append(viewer)
        if code == "Z2345678":
            return Genuine(
                title="Receipt: genuine", text="Checked just now",
                template="documents/verify_paper.html",
                values={"photo": "", "lines": (), "hidden": "", "seen_at": now},
            )  # fmt: skip
        found = self.answers.get(code, Nothing(why=Why.NOT_OURS))
        assert isinstance(found, Nothing)
        return found


@pytest.fixture
def receipts(monkeypatch: pytest.MonkeyPatch) -> Receipts:
    kind = Receipts()
    monkeypatch.setattr(verify, "_kinds", {"Z": kind})
    return kind


@pytest.fixture
def someone() -> Client:
    return Client(headers=ENGLISH)


def test_a_typed_code_leads_to_its_page_and_uses_nothing_up(
    someone: Client, receipts: Receipts
) -> None:
    assert "Verify a paper" in someone.get("/verify/").content.decode()
    answer = someone.post("/verify/", {"code": "z234 5678"})
    assert answer.status_code == 303
    assert answer["Location"] == "/verify/Z2345678/"
    page = someone.get(answer["Location"])
    assert "A receipt of the portal." in page.content.decode()
    assert receipts.opened == []


def test_the_button_shows_the_result(someone: Client, receipts: Receipts) -> None:
    html = someone.post("/verify/Z2345678/", {"press": "p"}).content.decode()
    assert "Receipt: genuine" in html
    assert "The face is another one" not in html  # there is no face on it
    assert receipts.opened[0].press == "p"


@pytest.mark.parametrize(
    "typed", ["", "hello", "Z234567", "<script>", "Z23456788888888888888888888888888"]
)
def test_a_typed_code_that_is_none_is_refused_on_the_page(
    someone: Client, receipts: Receipts, typed: str
) -> None:
    answer = someone.post("/verify/", {"code": typed})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "This is no code of ours." in html or "Enter the code" in html
    assert "<script>" not in html.replace('<script type="module"', "")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why.NOT_OURS, "Not issued by us"),
        (Why.EXPIRED, "The code has expired"),
        (Why.USED, "The code was read before"),
        (Why.REVOKED, "No longer valid"),
        (Why.NOT_NOW, "Nothing can be shown now"),
    ],
)
def test_each_answer_that_shows_nothing_is_clear_and_has_a_way_on(
    someone: Client, receipts: Receipts, why: Why, words: str
) -> None:
    receipts.answers["Z0000000"] = Nothing(why=why)
    for answer in (someone.get("/verify/Z0000000/"), someone.post("/verify/Z0000000/")):
        html = answer.content.decode()
        assert words in html
        assert 'href="/verify/"' in html
        assert 'name="press"' not in html


def test_a_kinds_own_words_are_said(someone: Client, receipts: Receipts) -> None:
    receipts.answers["Z0000000"] = Nothing(
        why=Why.REVOKED, title="Refunded", text="On Monday", steps=("Ask for another.",)
    )
    html = someone.get("/verify/Z0000000/").content.decode()
    assert "Refunded" in html
    assert "On Monday" in html
    assert "Ask for another." in html


@pytest.mark.parametrize("code", ["nothing", "Z0000000", "Y2345678", "Z" * 300, "Z234567%20"])
def test_a_link_that_is_none_is_not_ours(someone: Client, receipts: Receipts, code: str) -> None:
    for answer in (someone.get(f"/verify/{code}/"), someone.post(f"/verify/{code}/")):
        assert answer.status_code == 404
        assert "Not issued by us" in answer.content.decode()


def test_nothing_of_the_pages_is_kept_indexed_or_told_to_others(
    someone: Client, receipts: Receipts
) -> None:
    for answer in (
        someone.get("/verify/"),
        someone.get("/verify/Z2345678/"),
        someone.post("/verify/Z2345678/"),
        someone.get("/verify/Z0000000/"),
    ):
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"


def test_only_the_result_may_draw_a_picture_that_stands_in_it(
    someone: Client, receipts: Receipts
) -> None:
    def pictures(answer: Any) -> str:
        policy_: str = answer["Content-Security-Policy"]
        return next(part for part in policy_.split("; ") if part.startswith("img-src"))

    assert pictures(someone.post("/verify/Z2345678/")) == "img-src 'self' data:"
    assert pictures(someone.get("/verify/Z2345678/")) == "img-src 'self'"


def test_wrong_codes_are_counted_and_then_wait(
    someone: Client, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "VERIFY_MISSES", replace(policy.VERIFY_MISSES, allowed=4))
    for _time in range(2):
        someone.get("/verify/Z0000000/")
        someone.post("/verify/Z0000000/")

    for method in (someone.get, someone.post):
        answer = method("/verify/Z2345678/")
        assert answer.status_code == 429
        assert "A receipt" not in answer.content.decode()
    assert receipts.opened[2:] == []
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert someone.get("/verify/Z2345678/").status_code == 200


def test_right_codes_are_not_counted(someone: Client, receipts: Receipts) -> None:
    for why in (Why.USED, Why.EXPIRED, Why.REVOKED, Why.NOT_NOW):
        receipts.answers["Z0000000"] = Nothing(why=why)
        someone.get("/verify/Z0000000/")
    someone.get("/verify/Z2345678/")
    someone.post("/verify/Z2345678/")
    assert not LimitCounter.objects.filter(name="verify.misses").exists()
