"""Decisions at the door: values in, answer out."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from eventapp.brakes import Brake
from eventapp.checkin.models import Direction, Verdict
from eventapp.registration.models import RegistrationState

SHIFT_OUTLASTS_EVENT = timedelta(hours=4)  # people stay and talk, and the last ones must be counted out
NEARLY_FULL = 0.9  # of the approved number (domain.md 4.4)
LATEST_UPLOAD = timedelta(days=7)  # how long a phone may keep a scan before its own time is not believed

# Reliability S49: a person at a door cannot show thirty wrong tickets a minute; a program can.
MOST_UNKNOWN_CODES = 30
UNKNOWN_WINDOW = timedelta(minutes=1)
# The same for shift codes, by source address (design decision 17): a code has 40 bits.
GUESSING = Brake("shift_code", most=10, window=timedelta(minutes=10))


class Level(enum.StrEnum):
    """How near the room is to the approved number."""

    OPEN = "open"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


class Tone(enum.StrEnum):
    """The five ways a result looks and sounds. The words tell what it is; colour and sound only repeat it."""

    GOOD = "good"
    AGAIN = "again"
    WAIT = "wait"
    STOP = "stop"
    PLAIN = "plain"


TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.ALREADY_IN: Tone.AGAIN,
    Verdict.NOT_IN: Tone.AGAIN,
    Verdict.WAITING: Tone.WAIT,
    Verdict.FULL: Tone.WAIT,
    Verdict.CANCELLED: Tone.STOP,
    Verdict.WRONG_EVENT: Tone.STOP,
    Verdict.UNKNOWN: Tone.STOP,
    Verdict.UNDONE: Tone.PLAIN,
}


def entry(state: RegistrationState, *, is_inside: bool, is_full: bool) -> Verdict:
    """What the door does with a guest who wants in. A full room keeps out also those who hold a seat (LAW-22)."""
    if state is RegistrationState.CANCELLED:
        return Verdict.CANCELLED
    if is_inside:
        return Verdict.ALREADY_IN
    if state is RegistrationState.WAITING:
        return Verdict.WAITING
    return Verdict.FULL if is_full else Verdict.OK


def verdict(direction: Direction, state: RegistrationState, *, is_inside: bool, is_full: bool) -> Verdict:
    """The same for both ways. Whoever is inside may always leave, cancelled or not: the number must be right."""
    if direction is Direction.OUT:
        return Verdict.OK if is_inside else Verdict.NOT_IN
    return entry(state, is_inside=is_inside, is_full=is_full)


def level(inside: int, limit: int) -> Level:
    """How near ``inside`` heads are to the approved number of persons."""
    if inside >= limit:
        return Level.FULL
    return Level.NEARLY_FULL if inside >= limit * NEARLY_FULL else Level.OPEN


def happened_at(device_at: datetime | None, offset_ms: int | None, received_at: datetime) -> datetime:
    """When a scan was made, as well as we can tell.

    :param offset_ms: how far the server's clock is ahead of the phone's, measured by the phone; None when it never was.
    :returns: the phone's time put right, unless that cannot be: later than it was received, or a week before.
    """
    if device_at is None or offset_ms is None:
        return received_at
    corrected = device_at + timedelta(milliseconds=offset_ms)
    return corrected if received_at - LATEST_UPLOAD <= corrected <= received_at else received_at


def short_name(name: str) -> str:
    """Anna Andersen -> Anna A.: enough to greet somebody, not enough to tell bystanders who it is."""
    first, *rest = name.split() or [""]
    return f"{first} {rest[-1][0].upper()}." if rest else first
