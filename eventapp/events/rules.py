"""What follows from an event: where it stands now, which roads in are open then, and whether its hall holds everybody.

Every road in asks :func:`check`; none compares moments of its own (ADR 0058).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from eventapp.errors import DomainError
from eventapp.events.errors import CalledOffError, HallTooSmallError, OverError


class Phase(enum.StrEnum):
    """Where an event stands (domain.md 4.1). Whether seats are left is another question."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    HELD = "held"
    CANCELLED = "cancelled"


class Times(Protocol):
    """What says where an event stands: the event itself, or the few columns that the rush reads of it."""

    @property
    def published_at(self) -> datetime | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def registration_opens_at(self) -> datetime: ...
    @property
    def registration_closes_at(self) -> datetime: ...


class Road(enum.StrEnum):
    """A way in which somebody comes to an event or adds to it."""

    SIGN_UP = "sign_up"  # the public form
    STAFF_SIGN_UP = "staff_sign_up"
    MAIL_TICKETS = "mail_tickets"  # once more, by staff
    MOVE_UP = "move_up"  # from the waiting list
    INVITE = "invite"  # write an invitation, or send its letter
    REPLY = "reply"  # by the link in the letter, a stand-in too
    ENTER_REPLY = "enter_reply"  # by staff, who may write down later what was said before
    SEAT_INVITED = "seat_invited"  # what a yes comes to
    ATTEND = "attend"  # attendance noted by hand
    CONTRIBUTE = "contribute"
    ASK = "ask"  # those who came, for their input
    PUBLISH = "publish"
    CALL_OFF = "call_off"


BEFORE_START = frozenset({Phase.DRAFT, Phase.ANNOUNCED, Phase.OPEN, Phase.CLOSED})
BEFORE_END = BEFORE_START | {Phase.RUNNING}
OPEN_IN: Mapping[Road, frozenset[Phase]] = {
    Road.SIGN_UP: frozenset({Phase.OPEN}),
    Road.STAFF_SIGN_UP: BEFORE_END,
    Road.MAIL_TICKETS: BEFORE_END,
    Road.MOVE_UP: BEFORE_START,
    Road.INVITE: BEFORE_START,
    Road.REPLY: BEFORE_START,
    Road.ENTER_REPLY: BEFORE_END | {Phase.HELD},
    Road.SEAT_INVITED: BEFORE_END,
    Road.ATTEND: frozenset({Phase.RUNNING, Phase.HELD}),
    Road.CONTRIBUTE: frozenset({Phase.HELD}),
    Road.ASK: frozenset({Phase.HELD}),
    Road.PUBLISH: frozenset({Phase.DRAFT}),
    Road.CALL_OFF: BEFORE_END,
}


def phase(event: Times, now: datetime) -> Phase:
    """Where the event stands at a moment. Registration is open from its opening, and no longer at its closing.

    Whatever its closing says, it ends when the event begins.
    """
    if event.cancelled_at:
        return Phase.CANCELLED
    if event.published_at is None:
        return Phase.DRAFT
    if now >= event.ends_at:
        return Phase.HELD
    if now >= event.starts_at:
        return Phase.RUNNING
    if now >= event.registration_closes_at:
        return Phase.CLOSED
    return Phase.OPEN if now >= event.registration_opens_at else Phase.ANNOUNCED


def is_open(road: Road, event: Times, now: datetime) -> bool:
    """Whether this road in is open now."""
    return phase(event, now) in OPEN_IN[road]


def check(road: Road, event: Times, now: datetime, otherwise: type[DomainError]) -> None:
    """Let through who may come in by this road now.

    :param otherwise: what is said when the event is neither called off nor over, but it is too early or too late.
    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    """
    stands = phase(event, now)
    if stands in OPEN_IN[road]:
        return
    raise {Phase.CANCELLED: CalledOffError, Phase.HELD: OverError}.get(stands, otherwise)


def is_elsewhere(old: tuple[str, str], new: tuple[str, str]) -> bool:
    """Whether a place is another, by (name, address). An address that is added to a place moves nothing."""
    return old[0] != new[0] or (bool(old[1]) and old[1] != new[1])


def check_hall(max_persons: int, reserve: int, seats: Iterable[int]) -> None:
    """The limit counts everybody in the room, so it bounds the seats of all quotas and the reserve together.

    :raises HallTooSmallError: when they are more.

    Source: BR18 § 6 h, domain.md 4.4.
    """
    if sum(seats) + reserve > max_persons:
        raise HallTooSmallError
