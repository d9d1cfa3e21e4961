"""By what a name is found: what a person takes for the same name has the same words (ADR 0067)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MOST_WORDS = 6  # of a name: the three first and the three last
LONGEST_WITH_ERROR = 30  # of a longer word one types the beginning
FEWEST_WITH_ERROR = 3  # of a shorter word each letter counts
MOST_REMEMBERED = 4096  # signs, of the hundred thousand there are
BLOCK = 64  # neighbours of a letter in Unicode: its alphabet, or a part of it
_LIKE = {"æ": "a", "ø": "o", "œ": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ħ": "h", "ı": "i"}
_APOSTROPHES = frozenset("ʹʻʼʽˈ`´")
_WITH_E = re.compile("([aou])e")  # ae, oe and ue are how æ, ø, ö and ü are written without the letter
_DOUBLE_A = re.compile("a+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name without what may be written in several ways, each once, at most six.

    ø, ö and oe are o; å, aa, æ and ae are a; ü and ue are u; marks, capitals and signs between words are gone. Whoever
    types the beginning of a word has the beginning of what it became.
    """
    plain = name.translate(_PLAIN)
    found = list(dict.fromkeys(_DOUBLE_A.sub("a", _WITH_E.sub(r"\1", plain)).split()))
    half = MOST_WORDS // 2
    return tuple(found if len(found) <= MOST_WORDS else found[:half] + found[-half:])


def near(word: str) -> set[str]:
    """What ``word`` may have been before one typing error: a letter too many, too few, another, or two that changed
    places. None for words that are too short or too long for that.
    """
    if not FEWEST_WITH_ERROR <= len(word) <= LONGEST_WITH_ERROR:
        return set()
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = set().union(*map(_alphabet, word))
    found = {one + other[1:] for one, other in parts if other}
    found |= {one + other[1] + other[0] + other[2:] for one, other in parts if len(other) > 1}
    found |= {one + letter + other[1:] for one, other in parts if other for letter in letters}
    found |= {one + letter + other for one, other in parts for letter in letters}
    return found - {word}


def halves(word: str) -> Iterator[tuple[str, str]]:
    """The two words that it may be, had the space not been left out."""
    return ((word[:at], word[at:]) for at in range(1, len(word)))


def joined(one: str, other: str) -> str:
    """The one word that two may be, without the space."""
    return "".join(words(one + other))


class _Plain(dict[int, str]):
    """What becomes of a sign, by its number, as ``str.translate`` asks; what is asked first is remembered."""

    def __missing__(self, number: int) -> str:
        plain = "".join(map(_letter, unicodedata.normalize("NFKD", chr(number).casefold())))
        if len(self) < MOST_REMEMBERED:
            self[number] = plain
        return plain


def _letter(sign: str) -> str:
    """What is left of a sign: letters, figures and pictures; a space for what stands between words."""
    kind = unicodedata.category(sign)
    if kind in ("Mn", "Me"):
        return ""
    if kind[0] in "PZC" or kind == "Sk" or sign in _APOSTROPHES:
        return " "
    return _LIKE.get(sign, sign)


@lru_cache(maxsize=256)
def _alphabet(letter: str) -> frozenset[str]:
    start = ord(letter) - ord(letter) % BLOCK
    signs = map(chr, range(start, start + BLOCK))
    return frozenset(sign for sign in signs if sign.isalpha() and _PLAIN[ord(sign)] == sign)


_PLAIN = _Plain()
