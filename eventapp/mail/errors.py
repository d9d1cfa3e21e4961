"""Refusals of the outbox."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class NotToBeSentAgainError(DomainError):
    """The mail was sent, is being sent, or no longer holds what it would need."""

    code = "not_to_be_sent_again"
    message = _l("This mail cannot be sent again.")
