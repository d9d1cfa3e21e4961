"""Refusals of invitations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class EventOverError(DomainError):
    """Replies are taken until the event begins."""

    code = "event_over"
    message = _l("The event has begun. Call us instead.")


class NoReplyToSeeError(DomainError):
    """Somebody can only come or speak who was invited."""

    code = "not_invited"
    message = _l("The invitation was not sent yet.")
