"""What is noted of a try when it is not the other side that speaks.

Stored in English, as a sentence or as ``sentence: detail``; shown in the reader's language. What a mail server said is
shown as it was said.
"""

from __future__ import annotations

from flask_babel import lazy_gettext

from eventapp.work import answers as work_answers
from eventapp.work.answers import with_detail

__all__ = ["in_words", "with_detail"]

TOO_MANY = "More mails were asked for this address than it may get in an hour or a day."
WAITS_ITS_TURN = "Waits, because this address got three mails within the hour."
SUPERSEDED = "It was out of date when its turn came, so it was not sent."
WRITTEN = "Written to file."
HUNG_UP = "The server hung up in the middle."
LINE_BROKE = "The line broke"
NOT_OFFERED = "The server does not offer what the settings require (TLS, sign-in)"
NOT_SAFE = "No safe connection"
NOT_SIGNED_IN = "Sign-in to the server was refused"
NOT_REACHED = "The server cannot be reached"
UNSAFE = "It is not safe to send"

# The same once more, so that the catalogues know them.
MESSAGES = (
    lazy_gettext("More mails were asked for this address than it may get in an hour or a day."),
    lazy_gettext("Waits, because this address got three mails within the hour."),
    lazy_gettext("It was out of date when its turn came, so it was not sent."),
    lazy_gettext("Written to file."),
    lazy_gettext("The server hung up in the middle."),
    lazy_gettext("The line broke"),
    lazy_gettext("The server does not offer what the settings require (TLS, sign-in)"),
    lazy_gettext("No safe connection"),
    lazy_gettext("Sign-in to the server was refused"),
    lazy_gettext("The server cannot be reached"),
    lazy_gettext("It is not safe to send"),
)
KNOWN = work_answers.KNOWN | {
    TOO_MANY,
    WAITS_ITS_TURN,
    SUPERSEDED,
    WRITTEN,
    HUNG_UP,
    LINE_BROKE,
    NOT_OFFERED,
    NOT_SAFE,
    NOT_SIGNED_IN,
    NOT_REACHED,
    UNSAFE,
}


def in_words(answer: str | None) -> str:
    """An answer as staff read it."""
    return work_answers.in_words(answer, KNOWN)
