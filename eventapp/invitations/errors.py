"""Refusals of invitations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError, TooManyError


class TooLateError(DomainError):
    """By the link one replies until the event begins."""

    code = "too_late"
    message = _l("The event has begun. Get in touch with us instead.")


class AlreadySentError(DomainError):
    """A letter says what was asked of whom."""

    code = "already_sent"
    message = _l("The letter has been sent. Correct the address, or withdraw the invitation.")


class WithdrawnError(DomainError):
    """Nothing is done with an invitation that was withdrawn; a new one is written."""

    code = "withdrawn"
    message = _l("The invitation is withdrawn. Write a new one.")


class NoReplyToSeeError(DomainError):
    """Somebody can only come or speak who was invited."""

    code = "not_invited"
    message = _l("The invitation was not sent yet.")


class TooManyRepliesError(TooManyError):
    """Whoever holds the link keeps changing the reply; each is a mail, and a seat taken or given back."""

    code = "too_many_replies"
    message = _l("This reply was changed many times today. Get in touch with us, and we will note what is so.")
