"""What pages and documents draw that is no text."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str, *, border: int = 4) -> SafeString:
    """A QR code as inline SVG with a quiet border in modules: no script, no style, nothing from outside."""
    drawn = segno.make(text, error="m").svg_inline(
        scale=5, border=border, omitsize=True, svgclass=None, lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - made here, of squares


def qr_file(text: str, *, error: str = "m") -> str:
    """A QR code as an SVG file with its quiet border, for a document."""
    drawn = io.BytesIO()
    segno.make(text, error=error, boost_error=False, micro=False).save(
        drawn, kind="svg", border=4, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()
