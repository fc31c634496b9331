"""Components, form fields and filters."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.forms.renderers import get_default_renderer
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from eid_portal import jinja
from eid_portal.core import clock
from eid_portal.core.widgets import DateBoxesField, DigitsInput, OneTimeCodeInput

EVIL = "<script>alert(1)</script>"
NOON = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)  # 17:00 in Viet Nam


def draw(template: str, **context: Any) -> str:
    whole = '{% import "components/ui.html" as ui %}' + template
    return str(engines["jinja2"].from_string(whole).render(context))


class Everything(forms.Form):
    number = forms.CharField(label="Number", help_text="12 digits", widget=DigitsInput)
    password = forms.CharField(widget=forms.PasswordInput)
    code = forms.CharField(widget=OneTimeCodeInput)
    born = DateBoxesField(label="Birth date", help_text="As on the card")
    sex = forms.ChoiceField(choices=[("m", "M"), ("f", EVIL)], widget=forms.RadioSelect)
    which = forms.ChoiceField(choices=[("a", "A"), ("b", EVIL)])
    many = forms.MultipleChoiceField(
        choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False
    )
    agreed = forms.BooleanField(label="I agree", help_text="Read it first")
    note = forms.CharField(widget=forms.Textarea, required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


# --- Forms ----------------------------------------------------------------------------------------
def test_a_field_ties_label_hint_error_and_input_together() -> None:
    form = Everything({"number": EVIL})
    form.add_error("number", "Enter 12 digits")
    html = draw("{{ form.number.as_field_group() }}", form=form)
    assert '<label class="govuk-label" for="id_number">Number</label>' in html
    assert 'id="id_number_helptext">12 digits' in html
    assert 'id="id_number_error"' in html
    assert 'aria-describedby="id_number_helptext id_number_error"' in html
    assert 'aria-invalid="true"' in html
    assert "govuk-input idno govuk-input--width-20 govuk-input--error" in html
    assert EVIL not in html


def test_every_kind_of_field_is_drawn() -> None:
    html = draw("{{ ui.fields(form) }}", form=Everything())
    assert 'class="govuk-radios__input" type="radio" name="sex" value="m" id="id_sex_0"' in html
    assert 'class="govuk-checkboxes__input" type="checkbox" name="many"' in html
    assert 'autocomplete="one-time-code"' in html
    assert 'data-module="govuk-password-input"' in html
    assert '<select name="which" class="govuk-select' in html
    assert 'class="govuk-textarea' in html
    assert 'name="born_2" id="id_born_2"' in html
    assert 'type="hidden" name="hidden"' in html
    assert html.count("(optional)") + html.count("(không bắt buộc)") == 2
    assert EVIL not in html


def test_the_summary_links_to_every_field_with_an_error() -> None:
    form = Everything({})
    form.add_error(None, "These do not belong together")
    with translation.override("en"):
        html = draw("{{ ui.error_summary(form) }}", form=form)
    for anchor in ("id_number", "id_password", "id_born_0", "id_sex_0", "id_which", "id_agreed"):
        assert f'href="#{anchor}"' in html
    assert "<li>These do not belong together</li>" in html
    assert "Correct 8 things to continue" in html


def test_the_title_says_error(rf: RequestFactory) -> None:
    page = engines["jinja2"].from_string(
        '{% extends "base.html" %}{% block title %}Sign in{% endblock %}'
    )
    with translation.override("en"):
        assert "<title>Error: Sign in" in page.render({"form": Everything({})}, rf.get("/"))
        assert "<title>Sign in" in page.render({"form": Everything()}, rf.get("/"))
        assert "<title>Sign in" in page.render({}, rf.get("/"))


@pytest.mark.parametrize(
    ("boxes", "value"),
    [
        (("30", "11", "2026"), date(2026, 11, 30)),
        ((" 1", "2 ", "2024"), date(2024, 2, 1)),
        (("０１", "02", "2024"), date(2024, 2, 1)),
        (("31", "2", "2026"), None),
        (("", "2", "2026"), None),
        (("", "", ""), None),
        (("a", "2", "2026"), None),
        (("1", "2", "-3"), None),
    ],
)
def test_a_date_comes_from_three_boxes(boxes: tuple[str, str, str], value: date | None) -> None:
    class Born(forms.Form):
        born = DateBoxesField()

    form = Born({f"born_{place}": box for place, box in enumerate(boxes)})
    assert form.is_valid() is (value is not None)
    assert form.cleaned_data.get("born") == value


def test_the_admin_keeps_its_own_markup() -> None:
    renderer = get_default_renderer()
    assert "govuk" not in str(Everything({})["number"].errors)
    assert "errorlist" in str(Everything({})["number"].errors)
    assert renderer.get_template("admin/widgets/foreign_key_raw_id.html")


# --- Components -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "call",
    [
        'ui.tag("ok", "check", evil)',
        "ui.src(evil)",
        "ui.back(evil, evil)",
        "ui.steps(1, 3, evil)",
        "ui.row(evil, evil)",
        "ui.rows([(evil, evil)])",
        'ui.todo_item("ok", "eye", evil, [evil], evil, evil)',
        'ui.event_item("ok", "eye", evil, evil)',
        'ui.log_item("ok", "eye", evil, evil, evil)',
        "ui.id_card(evil, evil, none, 2)",
        "ui.panel(evil, evil)",
        "ui.banner(evil)",
        'ui.verdict("ok", "check", evil, evil)',
        "ui.warning(evil)",
        "ui.button(evil, name=evil, value=evil)",
        "ui.link_button(evil, evil)",
        "ui.empty(evil)",
        'ui.checks([("ok", evil)])',
        'ui.facts([("eye", evil, evil)])',
        "ui.qr(evil, evil)",
        "ui.photo(evil, evil)",
        'ui.nav([("a", evil, "eye", evil)], "a")',
    ],
)
def test_components_escape_what_they_are_given(call: str) -> None:
    html = draw(f"{{{{ {call} }}}}", evil=EVIL)
    assert "<script" not in html.lower()
    assert "&lt;script" in html.lower()


def test_components_with_a_body() -> None:
    html = draw(
        '{% call ui.card("Head", id="h") %}body{% endcall %}'
        '{% call ui.details("More", open=true) %}body{% endcall %}'
        '{% call ui.table("Cases", ["Time"]) %}<tr><td>body</td></tr>{% endcall %}'
        '{% call ui.event_item("ok", "eye", "It") %}body{% endcall %}'
    )
    assert html.count("body</") + html.count("body\n") == 4
    assert 'aria-labelledby="h"' in html


def test_a_button_stops_a_second_click_and_knows_its_key() -> None:
    html = draw('{{ ui.button("Issue", key="F9") }}')
    assert 'data-prevent-double-click="true"' in html
    assert 'data-key="F9"' in html


# --- Filters --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value", "vi", "en"),
    [
        ("number_grouped", "079192000045", "079 192 000 045", "079 192 000 045"),
        ("masked_number", "079192000045", "•••• •••• 0045", "•••• •••• 0045"),
        ("masked_number", "", "", ""),
        ("masked_phone", "0903456482", "0903 ••• 482", "0903 ••• 482"),
        ("masked_phone", "+84903456482", "0903 ••• 482", "0903 ••• 482"),
        ("phone_tail", "0903456482", "482", "482"),
        ("whole", 1248, "1.248", "1,248"),
        ("date_vn", NOON, "26/11/2026", "26/11/2026"),
        ("date_vn", date(2026, 1, 2), "02/01/2026", "02/01/2026"),
        ("clock", NOON, "17:00", "17:00"),
        ("clock_seconds", NOON, "17:00:00", "17:00:00"),
        ("iso", NOON, "2026-11-26T17:00:00+07:00", "2026-11-26T17:00:00+07:00"),
    ],
)
def test_filters(name: str, value: Any, vi: str, en: str) -> None:
    for language, expected in (("vi", vi), ("en", en)):
        with translation.override(language):
            assert jinja.FILTERS[name](value) == expected


def test_filters_with_words() -> None:
    with translation.override("en"), clock.frozen(NOON):
        assert jinja.weekday_date(NOON) == "Thursday 26/11/2026"
        assert jinja.datetime_vn(NOON) == "17:00 on 26/11/2026"
        assert jinja.when(NOON) == "Today 17:00"
        assert jinja.when(datetime(2026, 11, 25, 13, 17, tzinfo=UTC)) == "Yesterday 20:17"
        assert jinja.when(datetime(2026, 11, 24, 1, 5, tzinfo=UTC)) == "24/11/2026 08:05"
        # 18:00 in UTC is already the next day in Viet Nam.
        assert jinja.date_vn(datetime(2026, 11, 26, 18, 0, tzinfo=UTC)) == "27/11/2026"
