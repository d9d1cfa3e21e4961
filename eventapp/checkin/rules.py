"""Decisions at the door: values in, answer out."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventapp.brakes import Brake
from eventapp.checkin.models import Direction, Verdict
from eventapp.registration.models import RegistrationState

SHIFT_OUTLASTS_EVENT = timedelta(hours=4)  # people stay and talk, and the last ones must be counted out
NEARLY_FULL = 0.9  # of the approved number (domain.md 4.4)
LATEST_UPLOAD = timedelta(days=7)  # how long a phone may keep a scan before its own time is not believed
ANSWERED_WITHIN = timedelta(seconds=10)  # a scan that took longer to reach us was not waited for by the guest
BESIDE_NAME = re.compile(r"""[(\[{][^)\]}]*[)\]}]?|"[^"]*"|“[^”]*”|«[^»]*»|(?<!\w)'[^']*'(?!\w)|,.*""", re.DOTALL)
TICK = timedelta(microseconds=1)

# Reliability S49: a person at a door cannot show thirty wrong tickets a minute; a program can.
MOST_UNKNOWN_CODES = 30
UNKNOWN_WINDOW = timedelta(minutes=1)
# The same for shift codes, by source address (design decision 17): a code has 40 bits.
GUESSING = Brake("shift_code", most=10, window=timedelta(minutes=10))
# Searches by name of one phone: some forty guests who forgot their tickets, and not the list of all who come.
SEARCHING = Brake("name_search", most=120, window=timedelta(minutes=10))


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
    Verdict.CALLED_OFF: Tone.STOP,
}


def entry(state: RegistrationState, *, is_inside: bool, is_full: bool, is_called_off: bool) -> Verdict:
    """What the door does with a guest who wants in. A full room keeps out also those who hold a seat (LAW-22)."""
    if is_called_off:
        return Verdict.CALLED_OFF
    if state is RegistrationState.CANCELLED:
        return Verdict.CANCELLED
    if is_inside:
        return Verdict.ALREADY_IN
    if state is RegistrationState.WAITING:
        return Verdict.WAITING
    return Verdict.FULL if is_full else Verdict.OK


def verdict(
    direction: Direction, state: RegistrationState, *, is_inside: bool, is_full: bool, is_called_off: bool = False
) -> Verdict:
    """The same for both ways. Whoever is inside may always leave, cancelled or not: the number must be right."""
    if direction is Direction.OUT:
        return Verdict.OK if is_inside else Verdict.NOT_IN
    return entry(state, is_inside=is_inside, is_full=is_full, is_called_off=is_called_off)


def level(inside: int, limit: int) -> Level:
    """How near ``inside`` heads are to the approved number of persons."""
    if inside >= limit:
        return Level.FULL
    return Level.NEARLY_FULL if inside >= limit * NEARLY_FULL else Level.OPEN


def is_promised(free: int, expected: int) -> bool:
    """Whether all places that are free have somebody with a ticket who is still expected."""
    return 0 < free <= expected


def happened_at(device_at: datetime | None, offset_ms: int | None, received_at: datetime) -> datetime:
    """When a scan was made, as well as we can tell.

    :param offset_ms: how far the server's clock is ahead of the phone's, measured by the phone; None when it never was.
    :returns: the phone's time put right, unless that cannot be: later than it was received, or a week before.
    """
    if device_at is None or offset_ms is None:
        return received_at
    corrected = device_at + timedelta(milliseconds=offset_ms)
    return corrected if received_at - LATEST_UPLOAD <= corrected <= received_at else received_at


def in_turn(at: datetime, received_at: datetime, latest_at: datetime | None) -> datetime:
    """Where a scan stands among those of its event.

    What reached us while the guest stood there was answered by all that had happened till then, so it stands after
    that, however wrong a clock is. What a phone kept and sent later stands where its own time puts it.

    :param latest_at: the last movement of the event so far.
    """
    if latest_at is None or received_at - at > ANSWERED_WITHIN:
        return at
    return max(at, latest_at + TICK)


def short_name(name: str) -> str:
    """Anna Andersen -> Anna A.: enough to greet somebody, not enough to tell bystanders who it is.

    The initial is that of the surname: neither of what stands in brackets or quotation marks or after a comma, nor of
    a sign that is no letter.
    """
    plain = BESIDE_NAME.sub(" ", name)
    first, *rest = plain.split() or name.split() or [""]
    letters = [letter for part in rest if (letter := _first_letter(part))]
    return f"{first} {letters[-1]}." if letters else first


def _first_letter(part: str) -> str:
    """With the accents that belong to it; "" where there is none."""
    found = next((one for one in unicodedata.normalize("NFC", part) if one.isalpha()), "")
    return found if len(found.upper()) > 1 else found.upper()


# --- who is in the room --------------------------------------------------------------------------------------
# The same rule stands in static/js/door/presence.js; tests/vectors/presence.json holds both to it.


MOVING = {Verdict.OK, Verdict.UNDONE}  # nothing else that a door was told changes who is in the room


@dataclass(frozen=True)
class Shown:
    """What the fold reads of a scan."""

    id: str
    at: datetime
    direction: Direction
    verdict: Verdict
    undoes_id: str | None = None


@dataclass(frozen=True)
class Presence:
    """Where a head stands (see :class:`eventapp.checkin.models.Presence`)."""

    came_at: datetime | None = None
    entry_id: str | None = None
    last_id: str | None = None

    @property
    def came(self) -> bool:
        return self.came_at is not None

    @property
    def is_inside(self) -> bool:
        return self.entry_id is not None


@dataclass(frozen=True)
class Count:
    """What is counted of an event (see :class:`eventapp.checkin.models.Occupancy`)."""

    inside: int = 0
    came: int = 0
    highest: int = 0
    highest_at: datetime | None = None
    latest_at: datetime | None = None


def fold(shown: Iterable[Shown], *, before: datetime | None = None) -> Presence:
    """What the scans of one head add up to, in whatever order they reached us and however often (reliability §2.5).

    Only what the door was told to let through moves anybody, and nothing that was undone does. A second entry, which
    two phones that knew nothing of each other let through, changes nothing: the earlier counts. Nor does an exit of
    somebody who is outside.

    :param before: leaves out what happened then or later; an undo counts whenever it was made.
    """
    presence = Presence()
    for movement in _movements(shown):
        if before is not None and movement.at >= before:
            break
        presence = _moved(presence, movement)
    return presence


def count(heads: Iterable[Iterable[Shown]]) -> Count:
    """What the scans of all heads of an event add up to."""
    each = [list(shown) for shown in heads]
    inside = highest = 0
    highest_at = None
    for at, _id, step in sorted(change for shown in each for change in _changes(shown)):
        inside += step
        if inside > highest:
            highest, highest_at = inside, at
    moments = (one.at for shown in each for one in shown if one.verdict is Verdict.OK)
    return Count(inside, sum(fold(shown).came for shown in each), highest, highest_at, max(moments, default=None))


def _movements(shown: Iterable[Shown]) -> list[Shown]:
    """What moved a head and stands, in the order of corrected time; at the very same moment in that of the ids."""
    known = {one.id: one for one in shown}
    undone = {one.undoes_id for one in known.values()}
    moved = (one for one in known.values() if one.verdict is Verdict.OK and one.id not in undone)
    return sorted(moved, key=lambda one: (one.at, one.id))


def _moved(presence: Presence, movement: Shown) -> Presence:
    if movement.direction is Direction.OUT:
        return Presence(presence.came_at, None, movement.id)
    return Presence(presence.came_at or movement.at, presence.entry_id or movement.id, movement.id)


def _changes(shown: Iterable[Shown]) -> Iterator[tuple[datetime, str, int]]:
    """When the head changed the number in the room, and by how much: one up, one down, one up …"""
    presence = Presence()
    for movement in _movements(shown):
        moved = _moved(presence, movement)
        if step := moved.is_inside - presence.is_inside:
            yield movement.at, movement.id, step
        presence = moved
