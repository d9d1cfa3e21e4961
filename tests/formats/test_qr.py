"""QR codes, read by a decoder that is not ours."""

from __future__ import annotations

import random
import re
import string
from io import BytesIO

import pytest
from PIL import Image

from eventapp.formats import qr
from tests.support.pictures import qr_by_node, qr_from_png

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


PIXELS_A_DOT = (2, 4, 8)
CODES = random.Random(2026)


def _ticket_address() -> str:
    return "HTTPS://DEBAT.KK.DK/T/" + "".join(CODES.choices(string.ascii_uppercase + "234567", k=26))


@pytest.fixture(scope="module")
def tickets_at_all_sizes() -> list[tuple[str, Image.Image]]:
    """Twenty tickets and the longer texts, each drawn with 2, 4 and 8 pixels a dot."""
    pictures = []
    for text in [*(_ticket_address() for _ in range(20)), *TEXTS]:
        drawn = Image.open(BytesIO(qr.png(text))).convert("L")
        for pixels in PIXELS_A_DOT:
            side = drawn.width // qr.PNG_SCALE * pixels
            pictures.append((text, drawn.resize((side, side), Image.Resampling.NEAREST)))
    return pictures


def test_three_readers_read_the_fixed_mask_at_three_sizes(tickets_at_all_sizes: list[tuple[str, Image.Image]]) -> None:
    """zbar, zxing (at the door) and jsQR, which share no code."""
    by_node = qr_by_node([picture for _, picture in tickets_at_all_sizes])
    for (text, picture), seen in zip(tickets_at_all_sizes, by_node, strict=True):
        out = BytesIO()
        picture.save(out, "PNG")
        assert {"zbar": qr_from_png(out.getvalue()), **seen} == {"zbar": text, "zxing": text, "jsqr": text}


def test_a_kept_drawing_is_the_same_drawing() -> None:
    for _ in range(2):
        assert qr.kept_svg(TICKET, "Billet") == qr.svg(TICKET, "Billet")
    assert qr.kept_svg(TICKET, "Ticket") == qr.svg(TICKET, "Ticket")
    assert qr.kept_svg(TICKET[:-1], "Billet") != qr.kept_svg(TICKET, "Billet")


def test_not_all_drawings_are_kept() -> None:
    for number in range(qr.MOST_KEPT + 5):
        qr.kept_svg(str(number), "")
    assert qr.kept_svg.cache_info().currsize == qr.MOST_KEPT


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
