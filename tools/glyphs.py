"""Write ``eventapp/formats/covered.txt``: the signs that the fonts of our documents have, as runs of numbers.

python -m tools.glyphs          after a change of fonts; tests/formats/test_glyphs.py says when
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

from eventapp import pdf
from eventapp.formats.glyphs import FAMILIES, TABLE, UNSEEN, UNSEEN_FONTS

ROOT = Path(__file__).resolve().parent.parent


def covered() -> dict[int, int]:
    """Number of each sign that need not be spelled -> its fonts, a bit each as :mod:`eventapp.formats.glyphs` says."""
    found = {number: UNSEEN_FONTS for first, last in UNSEEN for number in range(first, last + 1)}
    for font in fonts():
        if (name := font["name"].getBestFamilyName()) in FAMILIES:
            for number in font.getBestCmap():
                found[number] = found.get(number, 0) | 1 << FAMILIES.index(name)
    return found


def fonts() -> Iterable[TTFont]:
    """Every font that a document may be set in."""
    for path in (one for folder in pdf.font_folders(ROOT / "static") for one in sorted(folder.iterdir())):
        if path.suffix == ".ttc":
            with TTCollection(path, lazy=True) as collection:
                yield from collection.fonts
        elif path.suffix in {".ttf", ".otf"} and "Italic" not in path.name:
            with TTFont(path, lazy=True) as font:
                yield font


def table(signs: Mapping[int, int]) -> str:
    """A line for each run of signs with the same fonts: its first and last number and the fonts, in hexadecimal."""
    runs: list[list[int]] = []
    for number, held_by in sorted(signs.items()):
        if runs and runs[-1][1:] == [number - 1, held_by]:
            runs[-1][1] = number
        else:
            runs.append([number, number, held_by])
    return "".join(f"{first:x} {last:x} {held_by:x}\n" for first, last, held_by in runs)


if __name__ == "__main__":
    TABLE.write_text(table(covered()), "ascii")
