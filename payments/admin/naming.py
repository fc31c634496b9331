"""How windows on money say amounts, people who acted, and states; and how rows are found by a reference."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import JournalEntry
from payments.rules import amounts, references


def dong(amount: int | None) -> str:
    """An amount as people read it."""
    return "–" if amount is None else f"{amounts.written(amount)} ₫"


def links(rows: Iterable[tuple[str, str, Any]]) -> Any:
    """Lines that each lead to a page: address, words of the link, and words behind it."""
    return format_html_join("", '<div><a href="{}">{}</a> {}</div>', rows) or "–"


def filter_by(column: str, title: Any, choices: Any) -> type[admin.SimpleListFilter]:
    """A filter whose choices are known without asking a table."""

    class Chosen(admin.SimpleListFilter):
        """By one of the words."""

        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            """The words."""
            return list(choices)

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Only those."""
            return queryset.filter(**{column: self.value()}) if self.value() else queryset

    Chosen.title = title
    return Chosen


class ByReferenceMixin:
    """A list that is searched by a whole reference and nothing else."""

    search_help_text: ClassVar[Any] = gettext_lazy(
        "A whole reference, for example TT-261126-5QF2-K7MX."
    )
    searched: tuple[str, ...] = ()

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """What makes the box appear; the search itself is by equality."""
        return self.searched

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of exactly that reference."""
        typed = search_term.strip()
        if not typed:
            return queryset, False
        with suppress(references.NotAReference):  # a bank's or payee's own, or an id of ours
            typed = references.read(typed)
        found = Q()
        for column in self.searched:
            found |= Q(**{column: typed})
        return queryset.filter(found), False


def book(rows: QuerySet[JournalEntry]) -> Any:
    """The postings of entries as a ledger's page shows them: account, debit, credit."""
    lines = [
        (
            entry.get_kind_display(),
            posting.account_id,
            dong(posting.amount) if posting.amount > 0 else "",
            dong(-posting.amount) if posting.amount < 0 else "",
        )
        for entry in rows.prefetch_related("postings").order_by("pk")
        for posting in entry.postings.all()
    ]
    if not lines:
        return "–"
    titles = (_("entry"), _("account"), _("debit"), _("credit"))
    head = format_html_join("", '<th scope="col">{}</th>', ((title,) for title in titles))
    row = '<tr><td>{}</td><td>{}</td><td class="num">{}</td><td class="num">{}</td></tr>'
    return format_html(
        '<table class="book"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        head,
        format_html_join("", row, lines),
    )
