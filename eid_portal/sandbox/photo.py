"""A drawn face for a made-up person: the same number, the same picture."""
# ruff: noqa: PLR2004 - a drawing is made of numbers

import hashlib
import struct
import zlib
from functools import lru_cache
from typing import Final

_WIDTH: Final = 90
_HEIGHT: Final = 120
_BACKGROUND, _SKIN, _HAIR, _CLOTHES, _INK = range(5)


@lru_cache(maxsize=64)
def png(number: str) -> bytes:
    """A portrait of 90 × 120 pixels as PNG with a palette, about a kilobyte."""
    seed = hashlib.sha256(number.encode()).digest()
    palette = bytes(
        [
            *(225, 235, 245),
            *(225 + seed[0] % 20, 180 + seed[1] % 25, 145 + seed[2] % 25),
            *(20 + seed[3] % 40, 15 + seed[4] % 30, 15 + seed[5] % 20),
            *(40 + seed[6] % 140, 50 + seed[7] % 120, 70 + seed[8] % 140),
            *(60, 40, 40),
        ]
    )
    rows = (b"\0" + bytes(_row(y, seed)) for y in range(_HEIGHT))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _row(y: int, seed: bytes) -> list[int]:
    face, long_hair = 21 + seed[9] % 4, seed[10] % 2
    middle = _WIDTH // 2
    row = []
    for x in range(_WIDTH):
        across = abs(x - middle)
        if _inside(across, y - 52, face, 28):
            colour = _SKIN
            if y < 36 + seed[11] % 5:
                colour = _HAIR
            elif (48 <= y <= 50 and 6 <= across <= 11) or (
                y in {66, 67} and across <= 5 + seed[12] % 4
            ):
                colour = _INK
        elif _inside(across, y - 48, face + 5, 30) and (y < 44 or (long_hair and y < 78)):
            colour = _HAIR
        elif _inside(across, y - 122, 40, 36):
            colour = _CLOTHES
        elif across < 9 and 74 < y < 100:
            colour = _SKIN
        else:
            colour = _BACKGROUND
        row.append(colour)
    return row


def _inside(x: int, y: int, width: int, height: int) -> bool:
    return (x / width) ** 2 + (y / height) ** 2 <= 1


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
