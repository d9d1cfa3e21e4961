"""Refusals at the door. What a ticket comes to is no refusal but a verdict, and is kept."""

from __future__ import annotations

from http import HTTPStatus

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError, TooManyError


class MalformedScanError(DomainError):
    """What was sent is no scan at all: no id, or an id that is none."""

    code, status = "malformed", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("This is not a scan: an id, and a code or a guest, are needed.")


class OtherScanError(DomainError):
    """The id was used for another scan, so this one would vanish behind that."""

    code = "other_scan"
    message = _l("This scan has the number of another one. Load the page again.")


class RepeatedScanError(Exception):
    """The scan is stored already; what this attempt wrote is undone."""


class NotUndoableError(DomainError):
    """Only the last thing that happened to a guest can be undone, and only once."""

    code = "not_undoable"
    message = _l("This can no longer be undone: something has happened with this guest since.")


class WrongShiftCodeError(DomainError):
    """No shift that is open now has this code."""

    code, status = "wrong_shift_code", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("We do not know this shift code, or the shift is over. Ask the organiser for a new one.")


class TooManyGuessesError(TooManyError):
    """Somebody is trying shift codes."""

    code = "too_many_guesses"
    message = _l("Too many wrong shift codes from here. Wait ten minutes and try again.")


class PausedError(TooManyError):
    """The phone showed too many codes that are no tickets."""

    code = "paused"
    message = _l("This phone is paused: it showed too many unknown codes. The organiser can let it go on.")


class DoorExistsError(DomainError):
    """The event has a door of that name."""

    code = "door_exists"
    message = _l("There is a door with this name already.")


class EventOverError(DomainError):
    """A shift would be over before it began."""

    code = "event_over"
    message = _l("The event is over, so no shift can begin.")
