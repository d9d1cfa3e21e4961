"""QR codes as small pictures: the matrix from the qrcode package, the drawing our own.

A text of capitals, digits and ``$%*+-./:`` (a ticket's address) is packed in alphanumeric mode, which keeps the
code small: 48 such characters fit into version 3, 29 by 29 dots.
"""

from __future__ import annotations

from io import BytesIO
from itertools import groupby

import png as pypng
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4  # dots of white around the code, as the standard asks
PNG_SCALE = 8  # pixels a dot

SVG = Markup(
    '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{title}"'
    ' shape-rendering="crispEdges"><title>{title}</title><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
    '<path fill="#000" d="{path}"/></svg>'
)


def matrix(text: str) -> list[list[bool]]:
    """Rows of dots, True for black, with the quiet zone around them."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text, optimize=0)  # 0: never cut the text into pieces of different modes
    return [[bool(dot) for dot in row] for row in code.get_matrix()]


def svg(text: str, title: str) -> Markup:
    """A drawing for a page; ``title`` says to screen readers what the code is for."""
    rows = matrix(text)
    return SVG.format(size=len(rows), title=title, path="".join(_runs(rows)))


def png(text: str) -> bytes:
    """A picture for a mail, one bit a pixel."""
    rows = [[not dot for dot in row for _ in range(PNG_SCALE)] for row in matrix(text)]
    picture = BytesIO()
    size = len(rows) * PNG_SCALE
    pypng.Writer(size, size, greyscale=True, bitdepth=1).write(picture, (row for row in rows for _ in range(PNG_SCALE)))
    return picture.getvalue()


def _runs(rows: list[list[bool]]) -> list[str]:
    """Path commands: one bar for each run of black dots in a row."""
    bars = []
    for y, row in enumerate(rows):
        x = 0
        for is_black, dots in groupby(row):
            length = sum(1 for _ in dots)
            if is_black:
                bars.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return bars
