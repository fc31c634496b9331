"""Pictures of codes, drawn as phones and programs make them."""

import io
import os
from typing import Any

import segno
from PIL import Image


def code(text: str) -> Image.Image:
    """A QR code, sharp and black on white."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=12, border=4)
    return Image.open(drawn).convert("RGB")


def framed(picture: Image.Image, size: tuple[int, int], *, share: float) -> Image.Image:
    """The picture, tilted, on a restless background of that size; ``share`` of its longer side."""
    small = (size[0] // 8, size[1] // 8)
    restless = Image.frombytes("RGB", small, os.urandom(3 * small[0] * small[1])).resize(size)
    scene = Image.blend(restless, Image.new("RGB", size, "#c8bfb0"), 0.6)
    side = round(max(size) * share)
    tilted = picture.resize((side, side)).rotate(9, expand=True, fillcolor="white")
    scene.paste(tilted, ((size[0] - tilted.width) // 2, (size[1] - tilted.height) // 3))
    return scene


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file."""
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return held.getvalue()
