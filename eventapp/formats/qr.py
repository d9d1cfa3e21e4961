"""QR codes as small pictures: the matrix from the qrcode package, the drawing our own.

A text of capitals, digits and ``$%*+-./:`` (a ticket's address) is packed in alphanumeric mode, which keeps the
code small: 48 such characters fit into version 3, 29 by 29 dots.

The standard lays one of eight masks over the dots and lets the maker weigh all eight; a reader takes each of them. Of
the time for a code nine tenths went into the weighing, so the mask is always the same one: the one with the fewest
penalty points over 150 ticket addresses. The tests hold it to three readers at three sizes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO

import png as pypng
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4  # dots of white around the code, as the standard asks
MASK = 1  # every second row is turned over
PNG_SCALE = 8  # pixels a dot, which makes a dot one byte in a picture of one bit a pixel
MOST_KEPT = 512  # drawings of 3 kB; those who have just signed up, and those who look at their ticket again
BAR = re.compile(rb"\x01+")

SVG = Markup(
    '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{title}"'
    ' shape-rendering="crispEdges"><title>{title}</title><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
    '<path fill="#000" d="{path}"/></svg>'
)


def matrix(text: str) -> list[list[bool]]:
    """Rows of dots, True for black, with the quiet zone around them."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(text, optimize=0)  # 0: never cut the text into pieces of different modes
    code.make(fit=False)  # the version is found once; otherwise it is looked for twice
    return [[bool(dot) for dot in row] for row in code.get_matrix()]


def svg(text: str, title: str) -> Markup:
    """A drawing for a page; ``title`` says to screen readers what the code is for."""
    rows = matrix(text)
    return SVG.format(size=len(rows), title=title, path="".join(_runs(rows)))


@lru_cache(maxsize=MOST_KEPT)
def kept_svg(text: str, title: str) -> Markup:
    """The same drawing, kept for the next who asks; not for secrets that this process need not remember."""
    return svg(text, title)


def png(text: str) -> bytes:
    """A picture for a mail, one bit a pixel."""
    rows = [bytes(0x00 if dot else 0xFF for dot in row) for row in matrix(text)]
    picture = BytesIO()
    size = len(rows) * PNG_SCALE
    writer = pypng.Writer(size, size, greyscale=True, bitdepth=1)
    writer.write_packed(picture, (row for row in rows for _ in range(PNG_SCALE)))
    return picture.getvalue()


def _runs(rows: list[list[bool]]) -> list[str]:
    """Path commands: one bar for each run of black dots in a row."""
    return [
        f"M{bar.start()} {y}h{(length := bar.end() - bar.start())}v1h-{length}z"
        for y, row in enumerate(rows)
        for bar in BAR.finditer(bytes(row))
    ]
