"""CPR numbers in free text (LAW-05): found by form and date, never by modulus 11, which newer numbers need not pass."""

from __future__ import annotations

import re
from datetime import date

# What stands before the first two digits is looked at after them: the text is then read for digits alone, which is
# three times as fast.
_NUMBER = re.compile(
    r"(?P<day>\d\d)(?<![\d.,/-]\d\d)[ \u00a0]?(?P<month>\d\d)[ \u00a0]?(?P<year>\d\d)"
    r"(?:[ \u00a0]?[-\u2010-\u2015\u2212][ \u00a0]?|[ \u00a0])?(?P<serial>\d{4})(?!\d|[.,]\d)"
)


def find(text: str) -> list[str]:
    """What looks like a CPR number, as it is written: ``251248-9996``, ``2512489996`` or ``25 12 48 9996``."""
    return [found.group() for found in _NUMBER.finditer(text) if _is_birthday(found)]


def looks_like_cpr(text: str) -> bool:
    """Whether the text holds something that a person should look at before it is sent on."""
    return bool(find(text))


def _is_birthday(found: re.Match[str]) -> bool:
    """Whether the six digits are a day in the century that the seventh tells (CPR-kontoret, *Personnummeret i CPR*)."""
    year, seventh = int(found["year"]), int(found["serial"][0])
    try:
        date(_century(year, seventh) + year, int(found["month"]), int(found["day"]))
    except ValueError:
        return False
    return True


def _century(year: int, seventh: int) -> int:
    if seventh <= 3:
        return 1900
    if seventh in {4, 9}:
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
