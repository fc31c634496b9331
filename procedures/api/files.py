"""Files for a draft, through a citizen's own application: sent, found again, thrown away.

A page of the draft names them by their ids, as the answers of its fields of type file.
"""

from http import HTTPStatus
from typing import Any, Final

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.account.answers import Answer, moment, string
from accounts.api.account.bodies import Body, Text
from accounts.api.account.operations import operation
from eid_portal.core.api import PartsParser
from procedures.api import problems
from procedures.api.drafts import OPENED, FilingOperation
from procedures.services import attachments
from procedures.services.attachments import FileInUse
from procedures.services.drafts import Form

_PUBLIC_ID: Final = 22


class DraftFileBody(Body):
    """One file: JPEG, PNG, WebP or PDF, which its content says; 10 MB at most."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)


class DiscardFileBody(Body):
    """Which file."""

    id = Text(max_length=_PUBLIC_ID)


class DraftFileAnswer(Answer):
    """A file as it is kept: pictures are JPEGs of ours, a PDF is written anew."""

    id = string(source="public_id", help_text="the answer of a field of type file")
    name = string()
    media_type = string()
    size = serializers.IntegerField(help_text="bytes")
    pages = serializers.IntegerField()
    sent_at = moment(source="uploaded_at")


class DraftFilesAnswer(Answer):
    """Files that can be given for this draft, the last sent first."""

    files = DraftFileAnswer(many=True)


class DraftFiles(FilingOperation):
    """The files that a draft can name."""

    parser_classes = (PartsParser,)

    @operation(
        "list_files",
        "Files that were sent before and can be given again.",
        *OPENED,
        gives=DraftFilesAnswer,
    )
    def get(self, request: Any, public_id: str) -> Response:
        """The list."""
        form = self.open(public_id)
        return self.give({"files": attachments.list_of(form.citizen, account=self.here.account)})

    @operation(
        "send_file",
        "Send a file for the fields of a draft; the same one again is the one that is there. Name its id in a page.",
        *OPENED,
        problems.NoFileAsked,
        problems.FileNotTaken,
        takes=DraftFileBody,
        gives=DraftFileAnswer,
        status=HTTPStatus.CREATED,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Keep it."""
        sent = self.read()
        form = self.open(public_id)
        if not asks_for_files(form):
            raise problems.NoFileAsked
        try:
            kept = attachments.add(
                session=self.here, citizen=form.citizen, file=sent["file"], now=self.now
            )
        except attachments.NotTaken as refused:
            raise problems.not_taken(refused) from None
        return self.give(kept)


class DiscardFile(FilingOperation):
    """A file that is not wanted."""

    @operation(
        "discard_file",
        "Throw away a file that nothing was filed with; done too if there is none.",
        *OPENED,
        FileInUse,
        takes=DiscardFileBody,
    )
    def post(self, request: Any, public_id: str) -> Response:
        """Throw it away."""
        sent = self.read()
        form = self.open(public_id)
        attachments.discard(
            session=self.here, citizen=form.citizen, public_id=sent["id"], now=self.now
        )
        return self.nothing()


def asks_for_files(form: Form) -> bool:
    """Whether any field of the form, asked now or not, is a file."""
    return any(
        each.kind == "file" for field in form.document.fields for each in (field, *field.fields)
    )
