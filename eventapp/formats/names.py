"""The Danish alphabet (Retskrivningsordbogen §§ 1 and 4; domain.md 11.4)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# The three last letters become the three signs after "z", so that plain byte order is the order of the alphabet.
_LAST = {"æ": "{", "ø": "|", "å": "}"}
_LIKE = {"ä": "æ", "ö": "ø", "ü": "y", "ð": "d", "þ": "th", "ß": "ss", "œ": "ø", "ł": "l", "đ": "d", "ı": "i"}


def danish_key(text: str) -> str:
    """A text whose plain order, byte by byte, is the Danish alphabetical order of ``text``.

    ``aa`` sorts as ``å``; where that is the only difference, ``å`` comes first, as unaccented comes before accented
    and capital before small. The three stages of the comparison stand behind each other, each after a tab.
    """
    letters = [letter for word in _pieces(text) for letter in word]
    first = "".join(sign for sign, _, _ in letters)
    second = "".join(mark for _, mark, _ in letters).rstrip("0")
    third = "".join("0" if is_capital else "1" for _, _, is_capital in letters)
    return f"{first}\t{second}\t{third}"


def _pieces(text: str) -> list[list[tuple[str, str, bool]]]:
    """The text, letter by letter, as (sign of the alphabet, how far from the plain letter, is a capital)."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    found, at = [], 0
    while at < len(text):
        pair = text[at : at + 2]
        if pair.lower() == "aa":
            found.append([("}", "1", pair[0].isupper())])
            at += 2
        else:
            found.append(_letter(text[at]))
            at += 1
    return found


@lru_cache(maxsize=1024)
def _letter(letter: str) -> list[tuple[str, str, bool]]:
    low, is_capital = letter.lower(), letter.isupper()
    if low in _LAST:
        return [(_LAST[low], "0", is_capital)]
    if low in _LIKE:
        return [(_LAST.get(sign, sign), "1", is_capital) for sign in _LIKE[low]]
    plain = "".join(sign for sign in unicodedata.normalize("NFD", low) if not unicodedata.combining(sign))
    if len(plain) == 1 and plain in _LAST:  # ǿ, ǻ and ǽ
        return [(_LAST[plain], "2", is_capital)]
    return [(sign, "0" if plain == low else "2", is_capital) for sign in plain if sign not in "{|}\t"]
