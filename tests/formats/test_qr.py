"""QR codes, read by a decoder that is not ours."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from eventapp.formats import qr
from tests.support.pictures import qr_from_png

TICKET = "HTTPS://DEBAT.KK.DK/T/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
APP = (
    "otpauth://totp/K%C3%B8benhavns%20Kommune:mette%40havneby.example.org?secret=JBSWY3DPEHPK3PXP&issuer=K%C3%B8benhavn"
)
TEXTS = [TICKET, APP, "A", "æøå 🦔", "x" * 1000]


@pytest.mark.parametrize("text", TEXTS)
def test_a_picture_is_read_back_by_zbar(text: str) -> None:
    assert qr_from_png(qr.png(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_a_drawing_shows_the_same_dots(text: str) -> None:
    """The path is drawn by us, dot by dot, and read by zbar."""
    drawing = str(qr.svg(text, "Billet"))
    size = int(re.findall(r"viewBox=\"0 0 (\d+) ", drawing)[0])
    picture = Image.new("L", (size, size), 255)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing):
        for dot in range(int(x), int(x) + int(length)):
            picture.putpixel((dot, int(y)), 0)
    out = BytesIO()
    picture.resize((size * 8, size * 8), Image.Resampling.NEAREST).save(out, "PNG")
    assert qr_from_png(out.getvalue()) == text


def test_a_ticket_address_stays_small() -> None:
    assert len(qr.matrix(TICKET)) == 29 + 2 * qr.QUIET_ZONE  # version 3: capitals are packed in alphanumeric mode
    assert len(qr.matrix(TICKET.lower())) > len(qr.matrix(TICKET))
    assert len(qr.svg(TICKET, "Billet")) < 4000
    assert len(qr.png(TICKET)) < 2000


def test_a_drawing_is_named_for_screen_readers_and_holds_no_markup_of_its_title() -> None:
    drawing = str(qr.svg(TICKET, 'Billet til "Åse" <b>'))
    assert "<title>Billet til &#34;Åse&#34; &lt;b&gt;</title>" in drawing
    assert 'role="img"' in drawing
    assert "<b>" not in drawing
    assert "style=" not in drawing


def test_there_is_white_all_around() -> None:
    rows = qr.matrix(TICKET)
    edges = [
        *rows[: qr.QUIET_ZONE],
        *rows[-qr.QUIET_ZONE :],
        *([*row[: qr.QUIET_ZONE], *row[-qr.QUIET_ZONE :]] for row in rows),
    ]
    assert not any(dot for edge in edges for dot in edge)
