"""What is noted of a try when it did not work and it is we who say so.

Stored in English, as a sentence or as ``sentence: detail``; shown in the reader's language.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flask_babel import gettext, lazy_gettext

NEVER_ENDED = "No worker came to an end with it."
NO_HANDLER = "Nobody knows how to do this"
NOT_MADE = "It could not be made"
NOT_READ = "It cannot be read"
NOT_KEPT = "What became of it could not be stored"

# The same once more, so that the catalogues know them.
MESSAGES = (
    lazy_gettext("No worker came to an end with it."),
    lazy_gettext("Nobody knows how to do this"),
    lazy_gettext("It could not be made"),
    lazy_gettext("It cannot be read"),
    lazy_gettext("What became of it could not be stored"),
)
KNOWN = frozenset({NEVER_ENDED, NO_HANDLER, NOT_MADE, NOT_READ, NOT_KEPT})


def with_detail(sentence: str, detail: Any) -> str:
    return f"{sentence}: {detail}"


def in_words(answer: str | None, known: Container[str] = KNOWN) -> str:
    """An answer as staff read it; what is not ``known`` is somebody else's and stays as it was said."""
    sentence, mark, detail = (answer or "").partition(": ")
    return f"{gettext(sentence) if sentence in known else sentence}{mark}{detail}"
