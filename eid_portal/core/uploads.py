"""Files that come with a form: in memory, bounded, and gone with the request.

Who sends too much is told so by the page they came from: what is too much is taken in and thrown away, because a server
that answers while the visitor still sends is not heard. Only what no page would ever send is refused at once.
"""

import io
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers


class TooLarge(ValueError):
    """The file, with the others of its form, is larger than ``settings.UPLOAD_LIMIT``."""


class BoundedUploadHandler(FileUploadHandler):
    """Keeps files in memory, ``settings.UPLOAD_LIMIT`` bytes of a request at most.

    The pages of ``settings.LARGE_UPLOADS`` leave theirs to the next handler.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.is_large = False
        self.taken = 0  # of the files of this request
        self.kept: io.BytesIO | None = None  # of the one that is coming; None: too large

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803 - Django's
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Refuse at once what no page would ever send."""
        match = getattr(self.request, "resolver_match", None)
        self.is_large = match is not None and match.view_name in settings.LARGE_UPLOADS
        if not self.is_large and content_length > settings.UPLOAD_READ_MOST:
            raise RequestDataTooBig("The body is larger than any page would send.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin one."""
        super().new_file(*args, **kwargs)
        if not self.is_large:
            self.kept = io.BytesIO()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep it, unless it is too much."""
        if self.is_large:
            return raw_data
        self.taken += len(raw_data)
        if self.taken > settings.UPLOAD_LIMIT:
            self.kept = None
        if self.kept is not None:
            self.kept.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":
        """The file; one that was too large has its size and no content."""
        if self.is_large:
            return None
        kept, self.kept = self.kept or io.BytesIO(), None
        kept.seek(0)
        return InMemoryUploadedFile(
            kept,
            self.field_name,
            str(self.file_name),
            str(self.content_type),
            file_size,
            self.charset,
            self.content_type_extra,
        )


def content(file: "UploadedFile[bytes]") -> bytes:
    """What is in a file.

    Raises:
        TooLarge: see the class.
    """
    held: bytes = file.read()
    if len(held) != file.size:
        raise TooLarge
    return held
