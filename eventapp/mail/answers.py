"""What is noted of a try when it is not the other side that speaks.

Stored in English, as a sentence or as ``sentence: detail``; shown in the reader's language. What a mail server said is
shown as it was said.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext

TOO_MANY = "More mails were asked for this address than it may get in an hour or a day."
WAITS_ITS_TURN = "Waits, because this address got three mails within the hour."
NEVER_ENDED = "No worker came to an end with it."
WRITTEN = "Written to file."
HUNG_UP = "The server hung up in the middle."
LINE_BROKE = "The line broke"
NOT_OFFERED = "The server does not offer what the settings require (TLS, sign-in)"
NOT_SAFE = "No safe connection"
NOT_SIGNED_IN = "Sign-in to the server was refused"
NOT_REACHED = "The server cannot be reached"
NO_HANDLER = "Nobody knows how to do this"
NOT_MADE = "It could not be made"
UNSAFE = "It is not safe to send"

# The same once more, so that the catalogues know them.
MESSAGES = (
    lazy_gettext("More mails were asked for this address than it may get in an hour or a day."),
    lazy_gettext("Waits, because this address got three mails within the hour."),
    lazy_gettext("No worker came to an end with it."),
    lazy_gettext("Written to file."),
    lazy_gettext("The server hung up in the middle."),
    lazy_gettext("The line broke"),
    lazy_gettext("The server does not offer what the settings require (TLS, sign-in)"),
    lazy_gettext("No safe connection"),
    lazy_gettext("Sign-in to the server was refused"),
    lazy_gettext("The server cannot be reached"),
    lazy_gettext("Nobody knows how to do this"),
    lazy_gettext("It could not be made"),
    lazy_gettext("It is not safe to send"),
)
KNOWN = {
    TOO_MANY,
    WAITS_ITS_TURN,
    NEVER_ENDED,
    WRITTEN,
    HUNG_UP,
    LINE_BROKE,
    NOT_OFFERED,
    NOT_SAFE,
    NOT_SIGNED_IN,
    NOT_REACHED,
    NO_HANDLER,
    NOT_MADE,
    UNSAFE,
}


def with_detail(sentence: str, detail: Any) -> str:
    return f"{sentence}: {detail}"


def in_words(answer: str | None) -> str:
    """An answer as staff read it."""
    sentence, mark, detail = (answer or "").partition(": ")
    return f"{gettext(sentence) if sentence in KNOWN else sentence}{mark}{detail}"
