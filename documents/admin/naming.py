"""Names of registries and kinds, and the filters that lists share: their choices are known without asking a table."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from documents import kinds
from documents.services import registries


def registry_name(party: str) -> str:
    """A registry's name for people; one without a gateway by its party."""
    return str(registries.names().get(party, party))


def kind_title(code: str) -> str:
    """A kind's name for people; one that is no more by its code."""
    try:
        return str(kinds.find(code).title)
    except kinds.NoSuchKind:
        return code


class RegistryFilter(admin.SimpleListFilter):
    """By registry."""

    title = _("registry")
    parameter_name = "registry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The registries there are gateways for."""
        return list(registries.names().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only that registry's."""
        return queryset.filter(registry=self.value()) if self.value() else queryset
