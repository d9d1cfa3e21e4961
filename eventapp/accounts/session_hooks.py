"""Who is asking: reads the session cookie before anything else does. Pages without the cookie cost nothing."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from eventapp import audit, clock
from eventapp.accounts import queries, rules
from eventapp.accounts.queries import OpenSession
from eventapp.config import settings
from eventapp.db import Sql, db, write
from eventapp.errors import answer, wants_json
from eventapp.web import languages, returned
from eventapp.web.permissions import SignedOutError

SEEN = Sql("UPDATE staff_session SET seen_at = :at WHERE id = :id AND ended_at IS NULL")


def cookie_name() -> str:
    """The ``__Host-`` prefix makes a browser refuse the cookie unless it came over https from this very host."""
    return "__Host-staff" if settings().is_https else "staff"


def keep(response: AnyResponse, token: str) -> AnyResponse:
    """Give the browser its session, until it is closed."""
    response.set_cookie(
        cookie_name(), token, path="/", secure=settings().is_https, httponly=True, samesite="Lax", max_age=None
    )
    return response


def forget(response: AnyResponse) -> AnyResponse:
    """Take the session out of the browser, with every page it may have kept."""
    response.delete_cookie(cookie_name(), path="/", secure=settings().is_https, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def current_session() -> OpenSession | None:
    """The session of this request, also one that still lacks its second factor."""
    found: OpenSession | None = g.get("staff_session")
    return found


def load() -> None:
    """Find out who is asking. Must run before the request's own transaction, or it would wait for itself."""
    token = request.cookies.get(cookie_name())
    if not token or request.endpoint == "static":
        return
    now = clock.system_now()
    session = queries.open_session(token, now)
    if session is None:
        return
    g.staff_session = session
    if session.person:
        g.person = session.person
    if "lang" not in request.args and languages.cookie_name() not in request.cookies:
        g.lang = session.lang
    if session.second_factor_at and now - session.seen_at > rules.SEEN_AGAIN:
        write(lambda conn: SEEN(conn, id=session.id, at=now))


def note_refusal(response: Response) -> Response:
    """Write down who was refused what; strangers are not noted, or they could fill the log."""
    person = g.get("person")
    if person is not None and (response.status_code == HTTPStatus.FORBIDDEN or g.get("refused")):
        db.session.rollback()  # whatever was begun was refused; while it stands, the line below would wait for it
        route = request.url_rule.rule if request.url_rule else ""
        write(lambda conn: audit.insert(conn, person, "web.refused", None, method=request.method, route=route))
    return response


def answer_signed_out(error: SignedOutError) -> ResponseReturnValue:
    """A form came after its session had ended: keep what was typed, and send it again after signing in."""
    if wants_json():
        return answer(error)
    db.session.rollback()
    page = render_template(
        "accounts/signed_out.html", typed=returned.fields_again(), action=request.full_path.rstrip("?")
    )
    return page, error.status


def register(app: Flask) -> None:
    app.before_request(load)
    app.after_request(note_refusal)
    app.register_error_handler(SignedOutError, answer_signed_out)
