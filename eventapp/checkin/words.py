"""What the door is told, in words (domain.md 4.4 and ch. 10). The page adds colour, symbol and sound by ``tone``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventapp.checkin.models import Direction, Means, Verdict
from eventapp.checkin.queries import FoundGuest, Result, Room
from eventapp.checkin.rules import TONES, Level, short_name
from eventapp.formats.display import clock_time
from eventapp.languages import Wording, current
from eventapp.registration.models import RegistrationState

TITLES = {
    Verdict.OK: _l("Welcome"),
    Verdict.ALREADY_IN: _l("Already in"),
    Verdict.NOT_IN: _l("Not in"),
    Verdict.WAITING: _l("On the waiting list"),
    Verdict.CANCELLED: _l("No longer registered"),
    Verdict.WRONG_EVENT: _l("Wrong event"),
    Verdict.UNKNOWN: _l("Unknown code"),
    Verdict.FULL: _l("The room is full"),
    Verdict.UNDONE: _l("Undone"),
    Verdict.CALLED_OFF: _l("Called off"),
}
DETAILS = {
    Verdict.NOT_IN: _l("We have not counted this guest in."),
    Verdict.WAITING: _l("This guest has no seat yet. Ask the organiser."),
    Verdict.CANCELLED: _l("The ticket is no longer valid. Ask the organiser."),
    Verdict.WRONG_EVENT: _l("The ticket is for another event."),
    Verdict.UNKNOWN: _l("This is none of our tickets. Search by name, or ask the organiser."),
    Verdict.CALLED_OFF: _l("The event is called off. Nobody is let in."),
    Verdict.FULL: _l("The guest is still registered. Wait for word from the person in charge."),
}
LEVELS = {
    Level.OPEN: "",
    Level.NEARLY_FULL: _l("Nearly full"),
    Level.FULL: _l("Full: one in for one out"),
}


def title(result: Result) -> str:
    """The two words that cover the screen."""
    if result.verdict is Verdict.OK and result.direction is Direction.OUT:
        return _("Counted out")
    if result.verdict is Verdict.UNKNOWN and result.means is Means.NAME:
        return _("Unknown guest")
    return str(TITLES[result.verdict])


def who(result: Result) -> str:
    """Anna A. · professional; for a walk-in without name what she is."""
    name = short_name(result.name)
    if not name and result.means is Means.WALK_IN:
        name = _("Guest without a ticket")
    return " · ".join(part for part in (name, str(result.label)) if part)


def detail(result: Result, room: Room | None = None, now: datetime | None = None) -> str:
    """One sentence more: when and where a ticket came in first, or what to do now.

    :param room: as full as it is by this scan, where that is known, at the moment ``now``.
    """
    if room and now and result.verdict is Verdict.OK and result.means is Means.WALK_IN and room.is_promised(now):
        return expected_text(room, now)
    if result.verdict is Verdict.ALREADY_IN and result.earlier_at:
        return _("Checked in at %(time)s, %(door)s", time=clock_time(result.earlier_at), door=result.earlier_door)
    if result.verdict is Verdict.FULL and result.means is Means.WALK_IN:
        return _("Wait for word from the person in charge.")
    return str(DETAILS.get(result.verdict, ""))


def note(result: Result) -> str:
    """What the guest asked us to be ready for, shown when she is let in and never otherwise."""
    return result.note if result.verdict is Verdict.OK and result.direction is Direction.IN else ""


def expected_text(room: Room, now: datetime) -> str:
    """How many with a ticket are still to come, and whether all places that are free are theirs; "" for nobody."""
    number = room.still_expected(now)
    if not number:
        return ""
    if room.is_promised(now):
        return ngettext(
            "All free places are promised: %(num)s guest with a ticket has not come yet.",
            "All free places are promised: %(num)s guests with a ticket have not come yet.",
            number,
        )
    return ngettext(
        "%(num)s guest with a ticket has not come yet.", "%(num)s guests with a ticket have not come yet.", number
    )


def room_facts(room: Room) -> dict[str, Any]:
    """How full the room is, as the answer to each scan tells it."""
    return {
        "inside": room.inside,
        "limit": room.limit,
        "free": room.free,
        "level": str(room.level),
        "level_text": str(LEVELS[room.level]),
    }


def looked_at(room: Room, now: datetime) -> dict[str, Any]:
    """The numbers that every phone shows: with whom is still expected, which a scan does not ask.

    Nothing in them changes unless a number does, so that they have an ETag.
    """
    return {
        **room_facts(room),
        "expected": room.still_expected(now) or 0,
        "promised": room.is_promised(now),
        "expected_text": expected_text(room, now),
    }


def result_facts(result: Result, room: Room | None = None, now: datetime | None = None) -> dict[str, Any]:
    """A scan as phones and other machines are told of it. ``room``: how full it is by it, at the moment ``now``."""
    return {
        "id": result.id,
        "verdict": str(result.verdict),
        "direction": str(result.direction),
        "tone": str(TONES[result.verdict]),
        "title": title(result),
        "who": who(result),
        **_category(result.label),
        "detail": detail(result, room, now),
        "note": note(result),
        "at": result.at.isoformat(),
        "time": clock_time(result.at),
        "undoable": result.is_undoable,
    }


def _category(label: Wording) -> dict[str, str]:
    """What somebody comes as, and the language of that where it is not the one of the page, for screen readers."""
    language = label.language(current())
    return {"category": str(label), "category_lang": language if label and language != current() else ""}


def guest_name(guest: FoundGuest) -> str:
    """The name, or for a walk-in who gave none when she came."""
    return guest.name or _("Guest without a ticket, %(time)s", time=clock_time(guest.registered_at))


def guest_status(guest: FoundGuest) -> str:
    """Where a guest stands, in the words of the staff pages."""
    if guest.state is RegistrationState.CANCELLED:
        return _("No longer registered")
    if guest.is_inside:
        return _("In the room")
    return _("On the waiting list") if guest.state is RegistrationState.WAITING else _("Registered")


def guest_facts(guest: FoundGuest) -> dict[str, Any]:
    """What the door may know of a guest: name, category, status."""
    return {
        "id": guest.id,
        "name": guest_name(guest),
        **_category(guest.label),
        "status": guest_status(guest),
        "inside": guest.is_inside,
    }


def qr_title() -> str:
    return _("QR code that opens the door on a phone")
