"""The door as a machine interface: for our own page, and for a turnstile or another scanner.

Idempotent by the scan's own id: whoever is not sure that a scan arrived sends it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.checkin import actions, forms, queries, scan_actions, session_hooks, undo_actions, words
from eventapp.checkin.errors import MalformedScanError
from eventapp.checkin.scan_actions import Answer
from eventapp.db import only_reads
from eventapp.errors import NotAllowedError
from eventapp.languages import current
from eventapp.web.permissions import Permission, current_person, requires
from eventapp.web.registry import ApiOperation

bp = Blueprint("checkin_api", __name__, url_prefix="/api/v1")

NOW_HEADER = "X-Now"  # domain time of the server, by which a phone measures how wrong its own clock is


@bp.post("/events/<event_id>/scans")
@requires(Permission.CHECK_IN)
def create_scan(event_id: str) -> ResponseReturnValue:
    """Notes that a ticket was shown, or a guest was found by name. 201: stored now, 200: was stored before."""
    by, sent = current_person(), _sent()
    moment = forms.moment(sent)
    try:
        answer = scan_actions.scan(forms.guest(sent), moment, by=by, now=clock.now())
    except NotAllowedError:
        session_hooks.put_out()
        raise
    return _outcome(answer)


@bp.post("/events/<event_id>/walk-ins")
@requires(Permission.CHECK_IN)
def create_walk_in(event_id: str) -> ResponseReturnValue:
    """Lets somebody without a ticket in, or counts one out."""
    by, sent = current_person(), _sent()
    moment = forms.moment(sent)
    offered = [category_id for category_id, _label in queries.categories(event_id)]
    answer = scan_actions.walk_in(forms.walk_in(sent, offered), moment, by=by, now=clock.now())
    return _outcome(answer)


@bp.post("/scans/<scan_id>/reversal")
@requires(Permission.CHECK_IN)
def create_reversal(scan_id: str) -> ResponseReturnValue:
    """Takes back the last thing that happened to a guest."""
    by, moment = current_person(), forms.moment(_sent())
    answer = undo_actions.undo(forms.scan_id(scan_id), moment, by=by, now=clock.now())
    return _outcome(answer)


@bp.post("/events/<event_id>/guest-searches")
@requires(Permission.CHECK_IN)
def find_guests(event_id: str) -> ResponseReturnValue:
    """Guests found by name: name, category and status, nothing else (domain.md 4.4). No name stands in an address."""
    only_reads()
    found = actions.search(forms.searched_for(_sent()), by=current_person(), system_now=clock.system_now())
    return {"guests": [words.guest_facts(one) for one in found.guests], "more": found.are_more}


@bp.get("/events/<event_id>/occupancy")
@requires(Permission.CHECK_IN)
def occupancy(event_id: str) -> ResponseReturnValue:
    """How many are in the room. Asked every few seconds by every phone, so it answers 304 while nothing changes."""
    room, now = queries.room(event_id), clock.now()
    response = jsonify(words.looked_at(room, now))
    response.set_etag(f"{room.inside}-{room.limit}-{room.still_expected(now)}-{current()}")
    response.headers[NOW_HEADER] = now.isoformat()
    return response.make_conditional(request)


def _sent() -> Mapping[str, Any]:
    """What was posted, as JSON or as a form.

    :raises MalformedScanError: when it is JSON and no object.
    """
    sent = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(sent, Mapping):
        raise MalformedScanError
    return sent


def _outcome(answer: Answer) -> ResponseReturnValue:
    now = clock.now()
    facts = {
        "scan": words.result_facts(answer.result, answer.room, now),
        "room": words.room_facts(answer.room),
        "now": now.isoformat(),
    }
    return facts, 201 if answer.is_new else 200


# --- for /api/openapi.json -----------------------------------------------------------------------------------

_ID = {"type": "string", "description": "UUID, made by the phone; sending it again changes nothing"}
_TIME = {
    "device_at": {"type": "string", "format": "date-time", "description": "what the phone's clock showed"},
    "offset_ms": {"type": "integer", "description": "how far the server's clock is ahead of the phone's"},
}
_WAY = {"direction": {"type": "string", "enum": ["in", "out"], "default": "in"}}
_ROOM = {
    "type": "object",
    "required": ["inside", "limit", "free", "level", "level_text"],
    "properties": {
        "inside": {"type": "integer", "minimum": 0},
        "limit": {"type": "integer", "minimum": 1},
        "free": {"type": "integer", "minimum": 0},
        "level": {"type": "string", "enum": ["open", "nearly_full", "full"]},
        "level_text": {"type": "string"},
        "expected": {
            "type": "integer",
            "minimum": 0,
            "description": "guests with a ticket who have not come yet; not in the answer to a scan",
        },
        "promised": {"type": "boolean", "description": "whether all free places are theirs"},
        "expected_text": {"type": "string"},
    },
}
_LANG = {"type": "string", "description": "language of the category; empty where it is that of the answer"}
_VERDICTS = ["ok", "already_in", "not_in", "waiting", "cancelled", "wrong_event", "unknown", "full", "undone"]
_SCAN = {
    "type": "object",
    "required": ["id", "verdict", "direction", "tone", "title", "who", "detail", "note", "at", "time", "undoable"],
    "properties": {
        "id": {"type": "string"},
        "verdict": {"type": "string", "enum": _VERDICTS},
        "direction": {"type": "string", "enum": ["in", "out"]},
        "tone": {"type": "string", "enum": ["good", "again", "wait", "stop", "plain"]},
        "title": {"type": "string"},
        "who": {"type": "string"},
        "category": {"type": "string", "description": "what the guest comes as: the end of who"},
        "category_lang": _LANG,
        "detail": {"type": "string"},
        "note": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "time": {"type": "string"},
        "undoable": {"type": "boolean"},
    },
}
_OUTCOME = {
    "type": "object",
    "required": ["scan", "room", "now"],
    "properties": {"scan": _SCAN, "room": _ROOM, "now": {"type": "string", "format": "date-time"}},
}
_STORED = {201: ("stored", _OUTCOME), 200: ("the same scan was stored before", _OUTCOME)}
_GUEST = {
    "type": "object",
    "required": ["id", "name", "category", "status", "inside"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "category": {"type": "string"},
        "category_lang": _LANG,
        "status": {"type": "string"},
        "inside": {"type": "boolean"},
    },
}
_GUESTS = {
    "type": "object",
    "required": ["guests", "more"],
    "properties": {
        "guests": {"type": "array", "items": _GUEST},
        "more": {"type": "boolean", "description": "whether others fit as well and are left out"},
    },
}


def _body(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": {"scan_id": _ID, **properties, **_TIME}}


OPERATIONS = (
    ApiOperation(
        "POST",
        "/api/v1/events/{event_id}/scans",
        "create_scan",
        "Note that a ticket was shown, and learn what the door should do. Give one of code, code_hash and guest_id.",
        _STORED,
        body=_body(
            ["scan_id"],
            code={"type": "string", "description": "what was read or typed; any text"},
            code_hash={"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the ticket code"},
            guest_id={"type": "string", "description": "of a guest found by name"},
            **_WAY,
        ),
        security="door",
    ),
    ApiOperation(
        "POST",
        "/api/v1/events/{event_id}/walk-ins",
        "create_walk_in",
        "Let somebody without a ticket in, or count one out",
        _STORED,
        body=_body(["scan_id"], name={"type": "string"}, category_id={"type": "string"}, **_WAY),
        security="door",
    ),
    ApiOperation(
        "POST",
        "/api/v1/scans/{scan_id}/reversal",
        "create_reversal",
        "Take back the last thing that happened to a guest",
        _STORED,
        body=_body(["scan_id"]),
        security="door",
    ),
    ApiOperation(
        "POST",
        "/api/v1/events/{event_id}/guest-searches",
        "find_guests",
        "Find guests by name",
        {200: ("at most 20 guests, the closest first", _GUESTS)},
        body=_body(["q"], q={"type": "string", "description": "parts of the name in any order; an error is forgiven"}),
        security="door",
    ),
    ApiOperation(
        "GET",
        "/api/v1/events/{event_id}/occupancy",
        "occupancy",
        "How many are in the room; answers 304 to an ETag that still holds",
        {200: ("the room now", _ROOM), 304: ("nothing has changed", None)},
        security="door",
    ),
)
