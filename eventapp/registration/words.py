"""What states, reasons and mails are called on screen, in one place."""

from __future__ import annotations

from flask_babel import gettext as _

from eventapp.events.models import QuotaKind
from eventapp.events.rules import Phase
from eventapp.languages import Text, Wording
from eventapp.registration.models import Origin, Reason, RegistrationState


def state(value: RegistrationState, origin: Origin) -> tuple[str, str]:
    """A registration's state and the kind of its tag."""
    if value is RegistrationState.CANCELLED:
        return _("Not coming"), "neutral"
    if origin is Origin.WALK_IN:
        return _("Walk-in"), "info"
    if value is RegistrationState.WAITING:
        return _("Waiting list"), "warning"
    return _("Confirmed"), "success"


def reason(value: Reason) -> str:
    """Why a registration came to stand where it stands."""
    words = {
        Reason.SIGNED_UP: _("Signed up on the site"),
        Reason.REGISTERED_BY_STAFF: _("Registered by staff"),
        Reason.ACCEPTED_INVITATION: _("Accepted the invitation"),
        Reason.WALKED_IN: _("Came without having signed up"),
        Reason.FIRST_IN_LINE: _("Was first in line when a seat came free"),
        Reason.GUEST_CANCELLED: _("Cancelled by the guest's own link"),
        Reason.TOLD_STAFF: _("The guest called or wrote and cancelled"),
        Reason.SIGNED_UP_TWICE: _("The same person was registered twice"),
        Reason.DECLINED_INVITATION: _("Declined the invitation after all"),
        Reason.OTHER: _("Another reason"),
    }
    return words[value]


def cancel_reasons() -> list[tuple[str, str]]:
    """The reasons that staff may give."""
    return [(one.value, reason(one)) for one in (Reason.TOLD_STAFF, Reason.SIGNED_UP_TWICE, Reason.OTHER)]


def mail(message: str) -> str:
    """What a mail of ours is called in a list."""
    words = {
        "registration/confirmed": _("Ticket"),
        "registration/promoted": _("Seat from the waiting list"),
        "registration/waiting": _("Place in line"),
        "registration/cancelled": _("Cancellation"),
        "registration/changed": _("The event has changed"),
        "registration/called_off": _("The event is cancelled"),
    }
    return words.get(message, message)


def category(label: Wording | None) -> Text:
    """What somebody comes as."""
    return label or _("Not stated")


def quota(kind: QuotaKind) -> str:
    """Whom a kind of seats is for."""
    return {
        QuotaKind.PUBLIC: _("Open to all"),
        QuotaKind.INVITED: _("Invited guests"),
        QuotaKind.PRESS: _("Press"),
        QuotaKind.CREW: _("Helpers"),
    }[kind]


def not_open(phase: Phase) -> str:
    """Why nobody can sign up now."""
    return {
        Phase.CANCELLED: _("The event is cancelled"),
        Phase.ANNOUNCED: _("Registration has not opened yet"),
        Phase.HELD: _("The event is over"),
    }.get(phase) or _("Registration is closed")
