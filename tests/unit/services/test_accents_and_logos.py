"""A workspace's colour is readable whatever it is, and its logo is nothing but pixels."""

from __future__ import annotations

import io
from itertools import product

import pytest
from PIL import Image

from talkhub.errors import Invalid
from talkhub.services.administration.accents import accent_of
from talkhub.services.administration.logos import MOST_AREA, MOST_PIXELS, SHOWN_WITHIN, as_logo


def picture(form: str, size: tuple[int, int] = (640, 640), **kept: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#c02").save(written, form, **kept)
    return written.getvalue()


def test_every_colour_is_drawn_so_that_both_themes_can_be_read():
    parts = [f"{part:02x}" for part in (0, 51, 102, 153, 204, 255)]
    least = [min(accent_of("#" + "".join(it)).contrasts()) for it in product(parts, repeat=3)]

    assert min(least) >= 4.5


def test_a_colour_keeps_its_hue():
    assert (accent_of("#ff0000").hue, accent_of("#0000ff").hue) == (29.2, 264.1)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_logo_becomes_a_small_png_without_what_came_with_it(form: str):
    exif = Image.Exif()
    exif[0x010F] = "a camera of somebody's"

    with Image.open(io.BytesIO(as_logo(picture(form, exif=exif)))) as logo:
        assert (logo.format, logo.size) == ("PNG", (SHOWN_WITHIN[1], SHOWN_WITHIN[1]))
        assert (dict(logo.getexif()), logo.info) == ({}, {})


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "logo_unreadable"),
        (picture("GIF"), "logo_unreadable"),
        (picture("PNG")[:60], "logo_unreadable"),
        (picture("PNG", (MOST_PIXELS + 1, 1)), "logo_too_large"),
        (picture("PNG", (MOST_AREA // 1000 + 1, 1000)), "logo_too_large"),
        (bytes(1_000_001), "logo_too_large"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(sent: bytes, code: str):
    with pytest.raises(Invalid) as refused:
        as_logo(sent)

    assert refused.value.first_code == code


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_logo_that_lies_on_its_side_is_turned(form: str):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn

    with Image.open(io.BytesIO(as_logo(picture(form, (400, 100), exif=exif)))) as logo:
        assert logo.size == (24, SHOWN_WITHIN[1])
