"""How many seats are left, in the words that people read. Never "hurry"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from eventapp.events.models import Event, Quota, QuotaKind
from eventapp.events.rules import Phase, phase
from eventapp.formats.display import long_moment


@dataclass(frozen=True)
class Seats:
    """Public seats: how many there are, how many are left, how many people wait."""

    total: int
    left: int
    waiting: int

    @property
    def is_full(self) -> bool:
        """Whether whoever signs up now goes on the waiting list; a free seat belongs to those who wait."""
        return self.left <= 0 or self.waiting > 0


def public_seats(event: Event) -> Seats:
    """The seats that everybody can have, by the counters."""
    quota = next((one for one in event.quotas if one.kind is QuotaKind.PUBLIC), None)
    return Seats(0, 0, 0) if quota is None else _seats(quota)


def seats_text(event: Event, now: datetime) -> str:
    """One sentence about seats and registration, as it is at this moment."""
    seats = public_seats(event)
    stands = phase(event, now)
    texts = {
        Phase.CANCELLED: _("The event is called off."),
        Phase.HELD: _("The event has been held."),
        Phase.RUNNING: _("The event is going on."),
        Phase.CLOSED: _("Registration is closed."),
        Phase.ANNOUNCED: _("Registration opens %(moment)s.", moment=long_moment(event.registration_opens_at)),
        Phase.DRAFT: _("The event is not published yet."),
    }
    return texts.get(stands) or _open_text(seats)


def kinds() -> dict[QuotaKind, str]:
    """Whom each kind of seats is for, in the order in which they are shown."""
    return {
        QuotaKind.PUBLIC: _("for everybody"),
        QuotaKind.INVITED: _("for invited guests"),
        QuotaKind.PRESS: _("for the press"),
        QuotaKind.CREW: _("for speakers, helpers and technicians"),
    }


def _open_text(seats: Seats) -> str:
    if not seats.is_full:
        return ngettext("%(num)s seat left", "%(num)s seats left", seats.left)
    if not seats.waiting:
        return _("No seats left")
    line = ngettext("%(num)s person waits", "%(num)s people wait", seats.waiting)
    return _("No seats left, %(line)s", line=line)


def _seats(quota: Quota) -> Seats:
    return Seats(quota.seats, quota.seats - quota.taken, quota.waiting)
