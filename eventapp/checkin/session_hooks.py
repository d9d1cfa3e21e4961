"""Which phone is asking: reads the door's cookie, on the addresses of the door alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request

from eventapp import clock
from eventapp.checkin import queries
from eventapp.checkin.queries import Post
from eventapp.config import settings
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person

BLUEPRINTS = {"checkin", "checkin_api"}
SCANS = "checkin_api.create_scan"
KNOWN_FOR = timedelta(minutes=1)
MOST_KNOWN = 1000  # phones of all events together; more of them are looked up again


def cookie_name() -> str:
    """The ``__Host-`` prefix makes a browser refuse the cookie unless it came over https from this very host."""
    return "__Host-door" if settings().is_https else "door"


def keep(response: Response, token: str) -> Response:
    """Give the phone its session. It ends with the shift, so the browser may keep it when it is closed for a moment."""
    response.set_cookie(
        cookie_name(), token, path="/", secure=settings().is_https, httponly=True, samesite="Lax", max_age=2 * 24 * 3600
    )
    return response


def forget(response: Response) -> Response:
    """Take the session out of the phone."""
    response.delete_cookie(cookie_name(), path="/", secure=settings().is_https, httponly=True, samesite="Lax")
    return response


def load() -> None:
    """Let a phone act for its door. Staff who are signed in are nobody here: a door is opened with a shift code."""
    if request.blueprint not in BLUEPRINTS:
        return
    g.person = None
    token = request.cookies.get(cookie_name())
    found = _found(token) if token else None
    if found:
        g.door_post = found
        g.person = Person.at_door(found.session_id, found.device_name, found.event_id, found.door_id)


def _found(token: str) -> Post | None:
    """Whose cookie it is. For a scan it is enough to have known that a moment ago: whether the phone is still let in
    is asked once more where the scan is stored, and what is asked there holds.
    """
    now, key = clock.system_now(), token_hash(token)
    known: dict[str, tuple[Post, datetime]] = current_app.extensions.setdefault("door_posts", {})
    if request.endpoint == SCANS and key in known and now < known[key][1]:
        return known[key][0]
    found = queries.post(key, clock.now())
    if len(known) >= MOST_KNOWN:
        known.clear()
    if found:
        known[key] = (found, now + KNOWN_FOR)
    return found


def put_out() -> None:
    """The phone turned out to be let in no more: from here on it is a stranger, also to the log of refusals."""
    g.person = None
    current_app.extensions["door_posts"].pop(token_hash(request.cookies[cookie_name()]), None)


def current_post() -> Post:
    """The phone that is asking; for views that need CHECK_IN."""
    found: Post = g.door_post
    return found


def register(app: Flask) -> None:
    app.before_request(load)
