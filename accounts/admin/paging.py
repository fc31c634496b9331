"""Admin lists of any size: a page is found by the key after the last one shown, and nothing is counted."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection, models
from django.http import HttpRequest

from eid_portal.core.text import TextField

AFTER: Final = "after"


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class PortalAdmin(_ModelAdmin):
    """What every admin of ours starts from: nothing is deleted, lists filter by what they offer and nothing else."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count whole tables
    formfield_overrides = {models.CharField: {"form_class": TextField}}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records stay; what ended says when."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the list's own filters say: no column can be searched through the address."""
        return lookup in {
            f"{chosen}__exact" if isinstance(chosen, str) else getattr(chosen, "parameter_name", "")
            for chosen in self.list_filter
        }


class ReadOnlyAdmin(PortalAdmin):
    """A window: looking is all."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False


class KeyedAdmin(ReadOnlyAdmin):
    """A window on a table that grows without end. Its primary key must be a UUIDv7, so that newest come first."""

    change_list_template = "admin/keyed_change_list.html"
    sortable_by = ()
    shows_whole_table = True  # a window on a part of it has no estimate

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list that pages by key."""
        return KeyedChangeList


class KeyedChangeList(ChangeList):
    """Newest first; ``?after=<key>`` continues below that key."""

    next_page = ""
    estimate = 0

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.after = _key(request.GET.get(AFTER, ""))
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        """Without our own parameter, which is no filter."""
        kept = super().get_filters_params(params)
        kept.pop(AFTER, None)
        return kept

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Always by key."""
        return ["-pk"]

    def rest(self, rows: Any, after: UUID) -> Any:
        """What comes after the row of that key."""
        return rows.filter(pk__lt=after)

    def get_results(self, request: HttpRequest) -> None:
        """One page, and whether another follows."""
        rows = self.queryset
        if self.after is not None:
            rows = self.rest(rows, self.after)
        page = list(rows[: self.list_per_page + 1])
        if len(page) > self.list_per_page:
            page = page[: self.list_per_page]
            self.next_page = "?" + urlencode({**self.params, AFTER: page[-1].pk})
        if getattr(self.model_admin, "shows_whole_table", False):
            self.estimate = _estimate(self.model._meta.db_table)
        self.result_list = page
        self.result_count = len(page)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = bool(self.next_page)
        self.paginator = None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _estimate(table: str) -> int:
    """About how many rows a table has, as its last analysis found; 0 if never analysed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class"
            " WHERE relname = %s AND relkind = 'r'",
            [table],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
