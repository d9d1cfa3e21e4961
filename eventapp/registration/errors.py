"""Refusals of registration."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError, NotFoundError


class EventNotOpenError(DomainError):
    """Registration has not begun, is over, or the event was called off."""

    code = "registration_not_open"
    message = _l("Registration for this event is not open.")


class OtherContentError(DomainError):
    """The key was used for another content: what was typed must not vanish behind the earlier answer.

    ``earlier`` is the outcome that the key has.
    """

    code, status = "other_content", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("This form has been sent before, with other content.")

    def __init__(self, earlier: Any) -> None:
        super().__init__()
        self.earlier = earlier


class SentBeforeError(DomainError):
    """The same came from the same address by another form. ``earlier``: its outcome. The page tells no stranger."""

    code, status = "sent_before", HTTPStatus.CONFLICT
    message = _l("This registration has been received already.")

    def __init__(self, earlier: Any) -> None:
        super().__init__()
        self.earlier = earlier


class TooManySeatsError(DomainError):
    """An address holds as many seats and places in line for an event as one may."""

    code = "too_many_seats"
    message = _l("This e-mail address holds as many registrations as one may have.")


class GroupTooLargeError(DomainError):
    """A group that could never get its seats would keep everybody behind it waiting (ADR 0020)."""

    code = "group_too_large"
    message = _l("There are not that many seats in all. Sign up as smaller groups.")


class MixedSeatsError(DomainError):
    """The heads of one booking take their seats from one quota."""

    code = "mixed_seats"
    message = _l("These people take different kinds of seats. Sign them up separately.")


class TicketNotFoundError(NotFoundError):
    """No ticket has this code, or it was replaced by a newer one."""

    code = "ticket_not_found"
    message = _l("We do not know this ticket. Check that the whole link was copied, or find your newest mail from us.")


class EventOverError(DomainError):
    """Who came and who stayed away stands by now; a guest's own link changes it no more."""

    code = "event_over"
    message = _l("The event is over, so there is nothing to cancel. You need not do anything.")


class AlreadyCancelledError(DomainError):
    """The registration was cancelled before."""

    code = "already_cancelled"
    message = _l("This registration has been cancelled already.")
