"""Logos: whatever picture somebody sends, a small PNG of our own making is kept."""

from __future__ import annotations

import io
from threading import Lock

from talkhub.errors import Invalid

MOST_BYTES = 1_000_000
MOST_PIXELS = 4_000
"""Across and down. A picture says its size before it is unpacked."""

MOST_AREA = 2_000_000
"""In pixels: a picture of one colour fits into few bytes, and takes 4 for each once unpacked."""

SHOWN_WITHIN = (320, 96)
"""Twice of what the pages show, for screens that are fine."""

_UNTURNED = (max(SHOWN_WITHIN), max(SHOWN_WITHIN))
"""A picture may say that it lies on its side."""

_FORMATS = ("PNG", "JPEG", "WEBP")
_one_at_a_time = Lock()


def as_logo(sent: bytes) -> bytes:
    """Return a picture as a PNG that holds its pixels and nothing else: no place, no camera.

    Raises Invalid for what is no PNG, JPEG or WebP, or too large.
    """
    # Where nobody sends a logo, a web process is some megabytes smaller.
    from PIL import Image, ImageOps

    if len(sent) > MOST_BYTES:
        raise _refused(f"A logo has at most {MOST_BYTES // 1000} KB.", "logo_too_large")
    try:
        with _one_at_a_time, Image.open(io.BytesIO(sent), formats=_FORMATS) as picture:
            width, height = picture.size
            if max(width, height) > MOST_PIXELS or width * height > MOST_AREA:
                detail = f"A logo has at most {MOST_PIXELS} pixels a side, {MOST_AREA} in all."
                raise _refused(detail, "logo_too_large")
            picture.draft("RGB", _UNTURNED)  # a JPEG is unpacked no larger than is needed
            small = picture.convert("RGBA")
            small.thumbnail(_UNTURNED)
            shown = ImageOps.exif_transpose(small)
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        # Pillow says in many ways that a file is broken; none of its words are for strangers.
        raise _refused("A logo is a PNG, JPEG or WebP picture.", "logo_unreadable") from error
    shown.thumbnail(SHOWN_WITHIN)
    plain = Image.new("RGBA", shown.size)
    plain.paste(shown)
    written = io.BytesIO()
    plain.save(written, "PNG", optimize=True)
    return written.getvalue()


def _refused(detail: str, code: str) -> Invalid:
    return Invalid.at("logo", detail=detail, code=code)
