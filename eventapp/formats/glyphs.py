"""Which signs the fonts of our documents can draw, and what stands for the others.

PDF/A refuses a whole document for one sign that no font has. So what cannot be drawn is spelled as its number, such as
``[U+1F9FF]``, before the document is made (ADR 0062). ``covered.txt`` says what the fonts have; ``tools/glyphs.py``
writes it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("covered.txt")
# Drawn from the first that has a sign. The typeface of the town comes first, the largest last.
SCRIPTS = (
    "Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew", "Kannada",
    "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai", "Symbols",
)  # fmt: skip
FAMILIES = (
    "IBM Plex Sans",
    "Noto Sans",
    *(f"Noto Sans {script}" for script in SCRIPTS),
    "Noto Emoji",
    "Noto Sans CJK SC",
)
UNSEEN_FONTS = 1 << len(FAMILIES)
# PDF/A forbids private use, whatever a font has there; the others are no signs, or none yet.
NEVER = {"Cc", "Cn", "Co", "Cs"}
MARK = "\ufeff"  # forbidden by name (ISO 19005)
# Never drawn, with or without a font (Default_Ignorable_Code_Point), less those that turn the text around them.
UNSEEN = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x2060, 0x2064), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F), (0xE0100, 0xE01EF),
)  # fmt: skip
# The bullets and ticks that word processors take from their symbol fonts, and a box that no font here has.
KNOWN = {
    "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0fb": "✗", "\uf0a8": "□", "\uf06f": "□",
    "\uf0e0": "→", "\uf0f0": "⇨", "\uf02d": "-", "\u2610": "□",
}  # fmt: skip


def drawable(value: Any, *, plainly: bool = False) -> Any:
    """A value for a document, every text in it such that the fonts can draw it.

    :param value: what JSON can hold.
    :param plainly: with Latin letters alone, for a document that was refused with all fonts.
    """
    if isinstance(value, str):
        return _drawable_text(value, plainly)
    if isinstance(value, Mapping):
        return {key: drawable(one, plainly=plainly) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(one, plainly=plainly) for one in value]
    return value


def _drawable_text(text: str, plainly: bool) -> str:
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if plainly:
        return "".join(sign if sign <= "\xff" and _drawn_in(sign) else spelled(sign) for sign in lines)
    return "".join(_signs(lines))


def _signs(text: str) -> Iterator[str]:
    """Sign by sign. A letter and its marks are set in one font, so a mark that its letter's fonts lack is spelled."""
    shared = 0
    for typed in text:
        sign = KNOWN.get(typed, typed)
        fonts = _drawn_in(sign)
        if sign in "\t\n" or (fonts and not _is_mark(sign)):
            shared = fonts
            yield sign
        elif fonts & shared:
            shared &= fonts
            yield sign
        elif fonts != UNSEEN_FONTS:
            yield spelled(sign)
            shared = _drawn_in("]")


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M"


def spelled(sign: str) -> str:
    """How a sign that cannot be drawn is written."""
    return f"[U+{ord(sign):04X}]"


@lru_cache(maxsize=4096)
def _drawn_in(sign: str) -> int:
    """The fonts that have a sign, a bit each as in :data:`FAMILIES`; one bit more for what is never drawn."""
    if sign == MARK or unicodedata.category(sign) in NEVER:
        return 0
    starts, ends, fonts = _covered()
    at = bisect_right(starts, ord(sign)) - 1
    return fonts[at] if at >= 0 and ord(sign) <= ends[at] else 0


@cache
def _covered() -> tuple[list[int], list[int], list[int]]:
    """Of each run of signs the first number, the last, and the fonts that have them."""
    runs = [[int(number, 16) for number in line.split()] for line in TABLE.read_text("ascii").splitlines()]
    return [run[0] for run in runs], [run[1] for run in runs], [run[2] for run in runs]
