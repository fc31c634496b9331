"""The chip of the card in hand: checked against the trust store, compared with card and register, its face kept."""

import io
from datetime import datetime
from typing import Final

from django.db import transaction
from PIL import Image, UnidentifiedImageError

from accounts import events
from accounts.enums import ChipVerdict
from accounts.models import CardCase, ChipReading, CountrySigner
from accounts.rules import chip, findings, kept
from accounts.services import counter
from eid_portal.core import audit
from eid_portal.core.events import Actor

_FORMATS: Final = ("JPEG", "JPEG2000")
_LARGEST: Final = 4_000_000  # pixels; a face has some 300,000
_SHOWN: Final = (480, 640)


def read_chip(*, case: CardCase, files: chip.Files, actor: Actor, now: datetime) -> ChipReading:
    """Check the chip's files for an open case and keep what came out; reading again replaces it.

    Raises:
        counter.NotOpen: see the class.
    """
    trusted = [
        chip.Trusted(
            certificate=bytes(row.certificate), revocation_list=_bytes(row.revocation_list)
        )
        for row in CountrySigner.objects.filter(ended_at__isnull=True)
    ]
    read = chip.authenticate(files, trusted, now=now)
    face = _as_jpeg(read.face) if read.face else None
    verdict = read.verdict if face or read.face is None else ChipVerdict.UNREADABLE
    with transaction.atomic():
        row = counter.locked(case)
        differences: list[str] = []
        if verdict == ChipVerdict.GENUINE and read.reading is not None:
            if read.reading.number != row.card_reading["number"]:
                verdict, face = ChipVerdict.ANOTHER_CARD, None
            else:
                differences = _differences(row, read)
        reading, _new = ChipReading.objects.update_or_create(
            case=row,
            defaults={"verdict": verdict, "differences": differences, "read_at": now},
        )
        reading.face, reading.face_type = face, "image/jpeg" if face else ""
        reading.save(update_fields=["face", "face_type"])
        counter.find_again(row, now=now)
        audit.record(
            events.ChipRead(verdict=verdict.value),
            actor=actor,
            subject_id=row.citizen_id,
            target=row,
            purpose=counter.PURPOSE,
            now=now,
        )
    return reading


def _differences(case: CardCase, read: chip.Chip) -> list[str]:
    if read.reading is None:
        return []
    told = kept.card_told(kept.keep(read.reading))
    others = [kept.card_told(case.card_reading)]
    if case.register_answer:
        others.append(kept.register_told(case.register_answer))
    return findings.chip_differences(told, *others)


def _as_jpeg(face: bytes) -> bytes | None:
    """The face as every browser draws it, without whatever else the file held; None if it is no picture."""
    try:
        with Image.open(io.BytesIO(face), formats=_FORMATS) as picture:
            if picture.width * picture.height > _LARGEST:
                return None
            picture.thumbnail(_SHOWN)
            drawn = io.BytesIO()
            picture.convert("RGB").save(drawn, "JPEG", quality=85)
            return drawn.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        # In these words Pillow says that a picture is none, or broken.
        return None


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
