"""The languages of the product: which there are, how each writes dates and figures, and texts that exist in several.

This is the one place that knows them. A further language is a line of :data:`LANGUAGES` and a catalogue in
``eventapp/translations/``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask_babel import force_locale, get_locale
from markupsafe import Markup, escape

OFFICIAL = "da"  # what the authority writes and the record keeps; shown where a text is in no better language
SOURCE = "en"  # what the texts of the product are written in where the code says them; the others are translations


@dataclass(frozen=True)
class Language:
    """A language and its ways of writing. Dates in the patterns of Unicode (CLDR), moments in those of strftime."""

    code: str
    name: str  # in the language itself
    day: str
    long_day: str
    clock: str
    moment: str
    moment_seconds: str
    at: str  # between a day and a time of day
    period_at: str  # the same where a span of time follows
    percent: str


LANGUAGES = {
    one.code: one
    for one in (
        Language(
            code=OFFICIAL,
            name="Dansk",
            day="d. MMMM y",
            long_day="EEEE 'den' d. MMMM y",
            clock="%H.%M",
            moment="%d.%m.%Y %H.%M",
            moment_seconds="%d.%m.%Y kl. %H.%M.%S",
            at=" kl. ",
            period_at=" kl. ",
            percent=" %",
        ),
        Language(
            code=SOURCE,
            name="English",
            day="d MMMM y",
            long_day="EEEE d MMMM y",
            clock="%H:%M",
            moment="%d/%m/%Y %H:%M",
            moment_seconds="%d/%m/%Y at %H:%M:%S",
            at=" at ",
            period_at=", ",
            percent="%",
        ),
    )
}


def current() -> str:
    """The language of the page, mail or file that is being made."""
    locale = get_locale()
    return locale.language if locale else OFFICIAL


class Wording:
    """A text in each language that somebody wrote it in; content of the authority, never a text of the product.

    As a string it is the text in the language of the page, mail or file that is being made, as Babel's lazy texts
    are. In HTML it says so when that text is in another language than the page (WCAG 3.1.2). It cannot be changed.

    >>> title = Wording({"da": "Havnen", "en": "The harbour"})
    >>> title.text("en"), title.official
    ('The harbour', 'Havnen')
    """

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str] | str = "") -> None:
        """
        :param texts: language code -> text, empty ones count as none; a plain text is in the official language.
        """
        given = {OFFICIAL: texts} if isinstance(texts, str) else texts
        self._texts = {code: text for code, text in given.items() if text}

    @classmethod
    def load(cls, stored: str | None) -> Wording:
        """From what a column holds; nothing is an empty text."""
        return cls(json.loads(stored) if stored else {})

    def dump(self) -> str:
        """As a column holds it: JSON, languages in the order of their codes."""
        return json.dumps(self._texts, ensure_ascii=False, sort_keys=True)

    @property
    def texts(self) -> dict[str, str]:
        return dict(self._texts)

    @property
    def official(self) -> str:
        """The wording in force, in the authority's own language."""
        return self.text(OFFICIAL)

    def own(self, language: str) -> str:
        """What is written in this very language, or nothing."""
        return self._texts.get(language, "")

    def text(self, language: str) -> str:
        """The text in this language, or in the first in which there is one."""
        return self._texts.get(self.language(language), "")

    def language(self, wanted: str) -> str:
        """The language that :meth:`text` is really in."""
        if wanted in self._texts or not self._texts:
            return wanted
        return next((code for code in LANGUAGES if code in self._texts), next(iter(self._texts)))

    def pieces(self, separator: str = "\n") -> list[Wording]:
        """The text for this page cut up, without empty pieces: paragraphs, for instance."""
        language = self.language(current())
        return [Wording({language: piece}) for piece in self.text(language).split(separator) if piece.strip()]

    def translations(self) -> list[Wording]:
        """The text in each language but the official one, for those who look after it."""
        return [Wording({one.code: self.own(one.code)}) for one in others() if self.own(one.code)]

    def shortened(self, longest: int) -> Wording:
        """At most so many characters in each language, cut at a word."""
        return Wording({code: _cut(text, longest) for code, text in self._texts.items()})

    def __str__(self) -> str:
        return self.text(current())

    def __html__(self) -> Markup:
        page = current()
        language, text = self.language(page), self.text(page)
        if language == page:
            return escape(text)
        return Markup('<span lang="{}">{}</span>').format(language, text)

    def __bool__(self) -> bool:
        return bool(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wording) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(frozenset(self._texts.items()))

    def __repr__(self) -> str:
        return f"Wording({self._texts!r})"


NO_WORDS = Wording()
Text = str | Wording  # a text in the language of the page, or one that knows its language


def with_words(text: str, **words: object) -> Markup:
    """A text of the product with texts of the authority in it, for a page; each of them says its language.

    :param text: translated, with a placeholder for each of ``words``: ``_("Event: %(title)s")``.
    """
    return escape(text) % words


def in_language_of(words: Wording, make: Callable[[], str]) -> Wording:
    """A text around another, as a whole in that one's language: where no part can be marked, as in an ``<option>``."""
    language = words.language(current())
    with force_locale(language):
        return Wording({language: make()})


def translated(text: object) -> Wording:
    """A text of the product (a lazy one) in every language, as a proposal that the authority may change."""
    texts = {}
    for code in LANGUAGES:
        with force_locale(code):
            texts[code] = str(text)
    return Wording(texts)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rsplit(' ', 1)[0]}…"


def others(than: str = OFFICIAL) -> Iterator[Language]:
    """Every language but one, in their order."""
    return (one for one in LANGUAGES.values() if one.code != than)
