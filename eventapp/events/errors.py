"""Refusals of the event."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class NotReadyError(DomainError):
    """An event that lacks something is not published; the desk says what."""

    code = "not_ready"
    message = _l("The event cannot be published yet. The desk says what is missing.")


class AlreadyPublishedError(DomainError):
    """What everybody can read already cannot be published once more."""

    code = "already_published"
    message = _l("The event is published already.")


class AlreadyCancelledError(DomainError):
    """An event is called off once; guests were told."""

    code = "already_cancelled"
    message = _l("The event was called off already.")


class CalledOffError(DomainError):
    """Nobody comes to an event that was called off, by whatever road."""

    code = "called_off"
    message = _l("The event is called off.")


class OverError(DomainError):
    """The event has been held."""

    code = "event_over"
    message = _l("The event is over.")


class HasBegunError(DomainError):
    """What has to be settled before the event begins comes too late."""

    code = "event_begun"
    message = _l("The event has begun.")


class NotBegunError(DomainError):
    """Nobody has come to an event that has not begun."""

    code = "event_not_begun"
    message = _l("The event has not begun yet.")


class SeatsTakenError(DomainError):
    """Seats that somebody has cannot be taken away."""

    code = "seats_taken"
    message = _l("More seats are taken than you want to leave. Cancel registrations first, or leave the seats.")


class HallTooSmallError(DomainError):
    """The hall holds fewer people than seats and reserve come to."""

    code = "hall_too_small"
    message = _l("Seats and reserve together are more than the hall holds.")


class PlanNeededError(DomainError):
    """Limit and plan belong to one hall, furnished in one way: another has others."""

    code = "plan_needed"
    message = _l("Another place or hall has a limit and a plan of its own. Write them.")


class InUseError(DomainError):
    """A row that registrations or input refer to stays."""

    code = "in_use"
    message = _l("Guests have chosen this already, so it cannot be removed. You can change its wording.")
