"""Files that citizens send for their applications: scanned, made safe, sealed, kept once, and given again.

Nothing is taken unscanned where a scanner is set up. What is kept was made by us (``core.files``); what was sent is
gone. A file that no application names is deleted after ``policy.FILES_UNUSED_FOR``, unless a form that is being filled
in may name it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy

from accounts.models import Account, Citizen
from accounts.services import sessions
from accounts.services.sessions import Session
from eid_portal.core import audit, files, limits, sealed, tidying, uploads, virus_scan
from procedures import events, policy
from procedures.enums import RequestState, Scan
from procedures.models import ApplicationFile, Attachment, CorrectionRequest, Draft
from procedures.texts import FILES

HASH: Final = "procedures.attachment"  # purpose of the keyed hash
_MEGABYTE: Final = 1024 * 1024


class NotTaken(Exception):
    """The file is not taken; ``message`` says why, and what to do; ``until``, if waiting is all."""

    def __init__(
        self, code: str, values: Mapping[str, Any] | None = None, *, until: datetime | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.until = until
        self.message = FILES[code] % values if values else FILES[code]


class FileInUse(Exception):
    """An application names the file: what was filed with it stays whole."""

    code = "file_in_use"
    message = gettext_lazy("An application was filed with this file, so it is kept with it.")


class NoSuchFile(LookupError):
    """There is no such file of this person, or it was deleted."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it is handed on. Its name is ours: what it was called is personal, and may say anything."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def add(
    *, session: Session, citizen: Citizen, file: "UploadedFile[bytes]", now: datetime
) -> Attachment:
    """Keep a file for somebody's applications; the same one again is the one that is there.

    The caller has made sure that the person signed in may act for ``citizen``.

    Raises:
        NotTaken: see the class.
        Busy: too many files are being read.
    """
    allowed = limits.hit(policy.SEND_FILE, str(session.account.pk), now=now)
    if isinstance(allowed, limits.LockedUntil):
        raise NotTaken("too_often", until=allowed.until)
    try:
        content = uploads.content(file)
    except uploads.TooLarge:
        raise NotTaken("large", {"most": settings.UPLOAD_LIMIT // _MEGABYTE}) from None
    digest = hashlib.sha256(content).hexdigest()
    found = _again(session.account, citizen, digest, now)
    if found is not None:
        return found
    if _unused_size(session.account) + len(content) > policy.FILES_UNUSED_MOST:
        raise NotTaken("full", {"most": policy.FILES_UNUSED_MOST // _MEGABYTE})
    scan = _scanned(content)
    try:
        safe = files.make_safe(content)
    except files.Unsafe as refused:
        values = {"most": files.PAGES_MOST} if refused.code == files.Flaw.COMPLEX else None
        raise NotTaken(str(refused.code), values) from None
    row = Attachment(
        citizen=citizen,
        uploaded_by=session.account,
        content_hash=sealed.keyed_hash(HASH, digest),
        name=files.plain_name(file.name or "", safe.media_type),
        media_type=safe.media_type,
        size=len(safe.content),
        pages=safe.pages,
        content=safe.content,
        scan=scan,
        uploaded_at=now,
    )
    return _keep(row, session, digest, now)


def list_of(citizen: Citizen, *, account: Account) -> list[Attachment]:
    """What may be given again for somebody, the latest first, without what is in it.

    Who acts for somebody sees only the files they sent themselves.
    """
    rows = Attachment.objects.filter(_seen_by(account), citizen=citizen)
    return list(rows.defer("content").order_by("-pk"))


def open_own(*, session: Session, public_id: str) -> Given:
    """A file for its owner, or for who sent it.

    Raises:
        NoSuchFile: see the class.
    """
    row = Attachment.objects.filter(_seen_by(session.account), public_id=public_id).first()
    if row is None:
        raise NoSuchFile
    return given(row)


def discard(*, session: Session, citizen: Citizen, public_id: str, now: datetime) -> bool:
    """Throw a file of somebody's away that nothing was filed with; False if there is none.

    Forms that are being filled in and named it ask for it again.

    Raises:
        FileInUse: see the class.
    """
    with transaction.atomic():
        rows = Attachment.objects.filter(_seen_by(session.account), citizen=citizen)
        row = rows.defer("content").select_for_update().filter(public_id=public_id).first()
        if row is None:
            return False
        if row.uses.exists():
            raise FileInUse
        audit.record(
            events.FileDiscarded(media_type=row.media_type, size=row.size),
            actor=sessions.actor_of(session),
            subject_id=row.citizen_id,
            target=row,
            now=now,
        )
        row.delete()
    return True


def given(row: Attachment) -> Given:
    """A file to be handed on to who may have it."""
    name = f"eid-file-{row.public_id[:6]}.{files.ENDINGS[row.media_type]}"
    return Given(name, row.media_type, bytes(row.content))


def unused(now: datetime) -> QuerySet[Attachment]:
    """What nobody named for so long, and nobody can be about to name."""
    named = ApplicationFile.objects.filter(attachment=OuterRef("pk"))
    drafts = Draft.objects.filter(citizen=OuterRef("citizen"))
    asked = CorrectionRequest.objects.filter(
        application__citizen=OuterRef("citizen"), state=RequestState.OPEN
    )
    return Attachment.objects.filter(
        ~Exists(named),
        ~Exists(drafts),
        ~Exists(asked),
        uploaded_at__lt=now - policy.FILES_UNUSED_FOR,
    )


def register() -> None:
    """Have files that nobody uses deleted; called in ``apps.ready()``."""
    tidying.register("unused_files", unused)


def _seen_by(account: Account) -> Q:
    return Q(citizen_id=account.citizen_id) | Q(uploaded_by=account)


def _again(account: Account, citizen: Citizen, digest: str, now: datetime) -> Attachment | None:
    """The same content of the same person, if it is there; it is as if sent now."""
    mine = Attachment.objects.filter(
        citizen=citizen, content_hash__in=sealed.keyed_hashes(HASH, digest)
    )
    found = mine.defer("content").first()
    if found is not None:
        changed: dict[str, Any] = {"uploaded_at": now}
        if account.citizen_id != citizen.pk:  # or they could not give what they have in their hands
            changed["uploaded_by"] = account
        mine.filter(pk=found.pk).update(**changed)
        found.uploaded_at = now
    return found


def _unused_size(account: Account) -> int:
    """The bytes of what somebody sent and no application names. Two files at one moment may both be the last."""
    named = ApplicationFile.objects.filter(attachment=OuterRef("pk"))
    mine = Attachment.objects.filter(~Exists(named), uploaded_by=account)
    found: int | None = mine.aggregate(bytes=Sum("size"))["bytes"]
    return found or 0


def _scanned(content: bytes) -> Scan:
    """What the scanner says, before anything else reads it.

    Raises:
        NotTaken: it found something, or does not answer.
    """
    if not content or not virus_scan.is_set_up():
        return Scan.NONE
    try:
        is_clean = virus_scan.is_clean(content)
    except virus_scan.Silent:
        raise NotTaken("unscanned") from None
    if not is_clean:
        raise NotTaken("virus")
    return Scan.CLEAN


def _keep(row: Attachment, session: Session, digest: str, now: datetime) -> Attachment:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(
                events.FileSent(media_type=row.media_type, size=row.size),
                actor=sessions.actor_of(session),
                subject_id=row.citizen_id,
                target=row,
                now=now,
            )
    except IntegrityError:  # another tab sent the same at the same moment
        found = _again(session.account, row.citizen, digest, now)
        if found is None:
            raise
        return found
    return row
