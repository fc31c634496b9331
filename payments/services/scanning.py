"""What a VietQR code says, read from a picture of it or from its text. Nothing is kept, neither picture nor code."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Account
from eid_portal.core import limits, pictures, text, uploads
from payments import policy
from payments.rules import vietqr
from payments.texts import PICTURES, QR_CODES

_MEGABYTE: Final = 1024 * 1024


class NotRead(Exception):
    """There is no code that can be paid; ``message`` says why, and what to do."""

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class TooOften(NotRead):
    """So many pictures were read that the next must wait ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too_often", PICTURES["too_often"])
        self.until = until


class TooLarge(NotRead):
    """The picture is larger than ``settings.UPLOAD_LIMIT``."""

    def __init__(self) -> None:
        most = settings.UPLOAD_LIMIT // _MEGABYTE
        super().__init__("large", PICTURES["large"] % {"most": most})


def read_picture(*, account: Account, picture: "UploadedFile[bytes]", now: datetime) -> vietqr.Code:
    """What the one code in a picture says.

    Raises:
        NotRead: it is no picture we can read, there is not exactly one code in it, or that cannot be paid.
        TooLarge: see the class.
        TooOften: see the class.
        Busy: too many pictures are being read.
    """
    allowed = limits.hit(policy.READ_PICTURE, str(account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise TooOften(allowed.until)
    try:
        found = pictures.qr_texts(uploads.content(picture))
    except uploads.TooLarge:
        raise TooLarge from None
    except pictures.Unreadable as error:
        raise NotRead(error.flaw.value, PICTURES[error.flaw.value]) from None
    if len(found) != 1:
        flaw = "several" if found else "none"
        raise NotRead(flaw, PICTURES[flaw])
    return read_text(found[0])


def read_text(code: str) -> vietqr.Code:
    """What the text of a code says.

    Raises:
        NotRead: it is not the text of a code that can be paid.
    """
    try:
        text.clean(code)  # nothing that nobody sees; the check sum is over what stands there
        return vietqr.read(code.strip())
    except text.UnreadableText:
        flaw = vietqr.Flaw.STRUCTURE
    except vietqr.NotPayable as error:
        flaw = error.flaw
    raise NotRead(flaw.value, QR_CODES[flaw.value])
