"""The words of every notice: they fill from what is declared, fit a text message, and have no link in it."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation

from accounts import texts
from accounts.enums import ActedBy, NoticeChannel, NoticeKind
from accounts.services.notices import SMS_LONGEST
from documents import kinds
from eid_portal.core.text import without_marks

INBOX, SMS, EMAIL = NoticeChannel.INBOX, NoticeChannel.SMS, NoticeChannel.EMAIL
ALL: Final = [
    (kind, version, template)
    for kind, versions in texts.TEMPLATES.items()
    for version, template in enumerate(versions, start=1)
]
PRIVATE: Final = {"stop_code": "7F4K 9QXM", "stop_link": f"{settings.PORTAL_URL}/stop/{'x' * 43}/"}
# What stands in the places that are no codes, as long as it gets.
VALUES: Final = {
    "time": "09:41",
    "date": "26/11/2026",
    "ready_time": "09:41",
    "ready_date": "27/11/2026",
    "until_time": "09:41",
    "until_date": "29/11/2026",
    "helpline": settings.HELPLINE,
    "device": "Samsung Internet, Android",
    "place": "482",
    "days": 90,
    "label": "x" * 40,
    "reason": "Lý do viết tay",
    "reference": "KP-261126-7F4K",
    "document": "123/CV-CSĐT",
    "authority": "Cơ quan Cảnh sát điều tra",
    "guardian": "Nguyễn Thị Mẫu",
    "ward": "Nguyễn Văn Mẫu",
    "party": "Kho bạc",
    "words": "Một câu trả lời",
    "code": "26112026-1",
    "number": "26112026-1",
    "office": "Ba Đình",
    "ending": "X345",
    "expires": "26/11/2026",
    "due": "27/11/2026",
    "amount": "500.000.000",
    "cap": "500.000.000",
    "payee": "Công ty Điện lực Mẫu",
    "bank": "Techcombank",
    "name": "Nguyễn Thị Mẫu",
    "procedure": "Đăng ký tạm trú",
    "giver": "Nguyễn Thị Mẫu",
    "holder": "Nguyễn Văn Mẫu",
}
# GSM 03.38: one septet each; what is not in it makes a message of 70 characters.
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
LINK: Final = re.compile(r"https?:|www\.|[a-z0-9]\.[a-z]{2,}", re.IGNORECASE)


def places(words: Any) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", str(words)))


def choices(name: str) -> list[str]:
    """The values of a coded place."""
    coded = texts.CODED[name]
    if isinstance(coded, type) and issubclass(coded, TextChoices):
        return list(coded.values)
    if name == "paper":
        return list(kinds.built_in())
    return [value for value in _values_of_why() if texts.CODED[name](value)]


def _values_of_why() -> Iterator[str]:
    from accounts.enums import LockReason, OwnerLockReason

    yield from LockReason.values
    yield from OwnerLockReason.values


def fillings(words: Any) -> Iterator[dict[str, Any]]:
    """Values for the places of a text: each code in turn, the longest of the others beside it."""
    coded = [name for name in places(words) if name in texts.CODED]

    def length(name: str, value: str) -> int:
        return len(texts.fill(f"%({name})s", {name: value}))

    longest = {name: max(choices(name), key=lambda v, n=name: length(n, v)) for name in coded}  # type: ignore[misc]
    yield VALUES | PRIVATE | longest
    for name in coded:
        for value in choices(name):
            yield VALUES | PRIVATE | longest | {name: value}


def test_every_kind_that_is_told_has_words() -> None:
    """A code is a text of its own; what nobody tells needs none."""
    assert set(NoticeKind) - set(texts.TEMPLATES) <= {NoticeKind.CODE}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("kind", "version", "template"), ALL)
def test_every_version_fills_from_declared_values(
    kind: NoticeKind, version: int, template: texts.Template, language: str
) -> None:
    with translation.override(language):
        for words in (template.text, template.sms, template.email):
            assert places(words) <= {*VALUES, *PRIVATE, *texts.CODED}
            for values in fillings(words):
                filled = texts.fill(words, values)
                assert "%(" not in filled
                assert "None" not in filled
        shown = texts.words(kind, version, next(fillings(template.text)))
    assert shown


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("kind", "version", "template"), [row for row in ALL if row[2].sms])
def test_a_text_message_fits_has_no_link_and_no_marks(
    kind: NoticeKind, version: int, template: texts.Template, language: str
) -> None:
    assert "stop_link" not in places(template.sms)
    with translation.override(language):
        for values in fillings(template.sms):
            text = without_marks(texts.fill(template.sms, values))
            assert len(text) <= SMS_LONGEST, text
            assert set(text) <= GSM, set(text) - GSM
            assert not LINK.search(text), text


@pytest.mark.parametrize(("kind", "version", "template"), ALL)
def test_nothing_private_stands_in_the_inbox_and_each_channel_has_words(
    kind: NoticeKind, version: int, template: texts.Template
) -> None:
    assert not places(template.text) & set(PRIVATE)
    assert not LINK.search(str(template.text))
    for channel in template.channels:
        assert str(texts.body(template, channel))


@pytest.mark.parametrize(
    ("kind", "template"), [(kind, versions[-1]) for kind, versions in texts.TEMPLATES.items()]
)
def test_what_is_about_security_says_when_and_what_to_do(
    kind: NoticeKind, template: texts.Template
) -> None:
    if not template.security:
        return
    with translation.override("en"):
        text = str(template.text)
    assert {"date", "until_date", "ready_date"} & places(text), "when"
    ways = ("%(helpline)s", "counter", "lock", "Security", "Devices", "cancel", "Data log")
    assert any(way in text for way in ways), "what to do"


def test_a_code_is_read_in_the_readers_language() -> None:
    for language in ("en", "vi"):
        with translation.override(language):
            words = str(ActedBy.OWNER.label)
            assert texts.fill("%(by)s", {"by": "owner"}) == words
    assert texts.fill("%(by)s", {"by": ""}) == ""
