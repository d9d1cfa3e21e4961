"""What each figure counts, written once: the page, the files and the desk all take name and meaning from here."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


class Key(enum.StrEnum):
    """The figures of an event, in the order in which they are shown."""

    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    CAME = "came"
    NO_SHOWS = "no_shows"
    WALK_INS = "walk_ins"
    SHARE = "share"


@dataclass(frozen=True)
class Definition:
    """A figure's name and what it counts, in both languages."""

    name: Any
    meaning: Any


DEFINITIONS: dict[Key, Definition] = {
    Key.REGISTERED: Definition(
        _l("Signed up"),
        _l(
            "Everybody who has signed up and not cancelled, with a seat or on the waiting list. Walk-ins are not in it."
        ),
    ),
    Key.CONFIRMED: Definition(_l("With a seat"), _l("Those signed up who hold a ticket.")),
    Key.WAITING: Definition(_l("On the waiting list"), _l("Those signed up who wait for a seat.")),
    Key.CANCELLED: Definition(
        _l("Cancelled"),
        _l("Registrations that were cancelled, by the guest or by staff, whether they had a seat or waited for one."),
    ),
    Key.CAME: Definition(
        _l("Attended"),
        _l("Everybody who was let in, walk-ins too. Each is counted once; entries that were undone are not in it."),
    ),
    Key.NO_SHOWS: Definition(
        _l("Did not come"), _l("Those with a seat who were never let in. Counted when the event is over.")
    ),
    Key.WALK_INS: Definition(_l("Walk-ins"), _l("Those who came without having signed up.")),
    Key.SHARE: Definition(
        _l("Attendance in per cent"),
        _l("Those with a seat who came, of all with a seat. Counted when the event is over."),
    ),
}
