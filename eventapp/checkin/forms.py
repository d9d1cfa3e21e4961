"""What a phone or a page without script sends, and the forms of the staff page."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from eventapp.checkin.errors import MalformedScanError
from eventapp.checkin.models import Direction
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.formats import typed
from eventapp.registration import ticket_rules
from eventapp.web.forms import Form

SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_OFFSET_MS = 100 * 365 * 24 * 3600 * 1000  # a demo clock may be years away; more is no clock at all
YEARS = range(2000, 2200)  # outside, a phone has no clock worth believing
LONGEST_NAME = 200


class DoorForm(Form):
    """A new door."""

    name = StringField(_l("Name of the door"), [DataRequired(), Length(max=80)])


def moment(sent: Mapping[str, Any], name: str = "scan_id") -> Moment:
    """The scan's own id, the way the guest goes, and the phone's time.

    :raises MalformedScanError: when there is no id, or a way that is none.
    """
    try:
        direction = Direction(_text(sent, "direction") or Direction.IN)
    except ValueError as error:
        raise MalformedScanError from error
    return Moment(scan_id(_text(sent, name)), direction, _device_at(_text(sent, "device_at")), _offset(sent))


def guest(sent: Mapping[str, Any]) -> PointedOut:
    """Whom the phone points out: by ``guest_id``, ``code_hash``, or the text of ``code`` as it was read or typed.

    What was read is untrusted and never taken for an id of ours; what is no ticket code is kept as a hash, too.

    :raises MalformedScanError: when nobody is pointed out.
    """
    if guest_id := _text(sent, "guest_id"):
        return PointedOut(guest_id=scan_id(guest_id))
    if hashed := _text(sent, "code_hash"):
        if not SHA256.fullmatch(hashed):
            raise MalformedScanError
        return PointedOut(code_hash=hashed)
    if not (code := _text(sent, "code")).strip():
        raise MalformedScanError
    return PointedOut(code_hash=hash_of(code))


def walk_in(sent: Mapping[str, Any], categories: Iterable[str]) -> WalkIn:
    """Somebody without a ticket; the name may be missing, and a category that the event lacks is left out."""
    name = line(sent, "name", longest=LONGEST_NAME)
    category_id = _text(sent, "category_id")
    return WalkIn(name, category_id if category_id in set(categories) else None)


def searched_for(sent: Mapping[str, Any]) -> str:
    """What was typed of a guest's name."""
    return line(sent, "q", longest=LONGEST_NAME)


def line(sent: Mapping[str, Any], name: str, *, longest: int) -> str:
    """A short text on one line; what cannot be stored is left out, for nobody at a door has time for a message."""
    return typed.line(_text(sent, name))[:longest]


def hash_of(text: str) -> str:
    """The hash of the ticket code in a text; of the whole text when it holds none."""
    code = ticket_rules.code_in(text)
    return ticket_rules.code_hash(code) if code else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def scan_id(text: str) -> str:
    """An id made by a phone, as 32 hexadecimal characters.

    :raises MalformedScanError: when it is none.
    """
    try:
        return uuid.UUID(text).hex
    except ValueError as error:
        raise MalformedScanError from error


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def _device_at(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo and found.year in YEARS else None
    except (ValueError, OverflowError):
        return None


def _offset(sent: Mapping[str, Any]) -> int | None:
    try:
        offset = int(sent.get("offset_ms", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return offset if abs(offset) <= LONGEST_OFFSET_MS else None
