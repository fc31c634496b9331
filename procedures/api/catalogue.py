"""The catalogue, for anybody: what can be filed, what it costs, how long it takes, and the document of its form."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.account.answers import Answer, maybe_moment, string
from accounts.api.account.operations import PublicOperation, operation
from eid_portal.core import text
from procedures.enums import Agency, LifeEvent
from procedures.rules.search import LONGEST
from procedures.selectors import catalogue, revisions


class ProcedureCardAnswer(Answer):
    """A procedure in a list."""

    code = string()
    name = string()
    summary = string()
    minutes = serializers.IntegerField(help_text="to fill it in")
    time = string(help_text="the time limit in words")
    fee = serializers.IntegerField(allow_null=True, help_text="đồng; null if it depends on answers")
    agency = string()
    items = serializers.IntegerField(help_text="that the form would ask of a person")
    known = serializers.IntegerField(help_text="of them, without asking")


class CatalogueAnswer(Answer):
    """What was found, the likeliest first."""

    procedures = ProcedureCardAnswer(many=True, source="found")


class NeededPaperAnswer(Answer):
    """A paper that is needed, and how it comes."""

    name = string()
    how = string()
    needed = serializers.BooleanField(source="is_needed", help_text="it must be brought")


class FactAnswer(Answer):
    """Something to know before beginning."""

    label = string()  # type: ignore[assignment] # a field of the answer
    value = string()


class ProcedureAnswer(Answer):
    """A procedure before it is begun."""

    procedure = ProcedureCardAnswer(source="card")
    papers = NeededPaperAnswer(many=True)
    facts = FactAnswer(many=True)
    sources = serializers.ListField(child=string(), help_text="the law it rests on")
    due_at = maybe_moment(source="due", help_text="if it were filed now; null: at once")


class ProcedureDocumentAnswer(Answer):
    """The whole document of a revision: docs/procedures.md and docs/procedure.schema.json say what it means."""

    revision = string()
    content = serializers.DictField(child=serializers.JSONField())


class Procedures(PublicOperation):
    """All that can be filed."""

    tag = "procedures"
    query = {
        "q": "words, with or without marks, in Vietnamese or English",
        "event": f"one of {', '.join(LifeEvent.values)}",
        "agency": f"one of {', '.join(Agency.values)}",
    }

    @operation("list_procedures", "What can be filed.", gives=CatalogueAnswer)
    def get(self, request: Any) -> Response:
        """The list; what an address cannot mean is as if it were not there."""
        asked = request.query_params.get("q", "")[:LONGEST]
        try:
            asked = text.clean(asked)
        except text.UnreadableText:
            asked = ""
        event, agency = (request.query_params.get(name, "") for name in ("event", "agency"))
        return self.give(
            catalogue.look(
                asked=asked,
                event=event if event in LifeEvent.values else "",
                agency=agency if agency in Agency.values else "",
            )
        )


class Procedure(PublicOperation):
    """One of them."""

    tag = "procedures"

    @operation(
        "procedure", "What it costs, how long it takes, what is needed.", Http404, gives=ProcedureAnswer
    )  # fmt: skip
    def get(self, request: Any, code: str) -> Response:
        """It."""
        page = catalogue.open_page(code, answers={}, now=self.now)
        if page is None:
            raise Http404
        facts = [{"label": label, "value": value} for label, value in page.rows]
        told = {name: getattr(page, name) for name in ("card", "papers", "sources", "due")}
        return self.give(told | {"facts": facts})


class ProcedureDocument(PublicOperation):
    """Its document."""

    tag = "procedures"

    @operation(
        "procedure_document", "The document in force.", Http404, gives=ProcedureDocumentAnswer
    )
    def get(self, request: Any, code: str) -> Response:
        """It."""
        found = revisions.find_in_force(code)
        if found is None:
            raise Http404
        pk, document = found
        return self.give({"revision": str(pk), "content": document.data})
