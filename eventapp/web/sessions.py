"""The cookie of a form, read without doing the same work twice.

Whoever sends a form opened it a moment before, and a phone at the door sends the same cookie and token all evening.
Whether a signature is right is a question about the text and our key alone, so what was found right stays right; how
old it is, is asked each time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from eventapp import clock

MOST_KNOWN = 2000  # texts in a process; more of them are looked at again

T = TypeVar("T")


class Known(Generic[T]):
    """What was found out about texts, as many as one likes to remember. Threads may find the same out twice."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, str], T] = {}

    def get(self, key: Any, text: str) -> T | None:
        return self._found.get((key, text))

    def keep(self, key: Any, text: str, found: T) -> T:
        if len(self._found) >= MOST_KNOWN:
            self._found = {}
        self._found[key, text] = found
        return found


class FormSessions(SecureCookieSessionInterface):
    """Flask's own session in a signed cookie; a signature that was right is not worked out again."""

    def __init__(self) -> None:
        self._known: Known[tuple[dict[str, Any], datetime]] = Known()

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        known = self._known.get(app.secret_key, cookie)
        if known is None:
            return self._opened(app, request, cookie)
        content, signed_at = known
        age = (clock.system_now() - signed_at).total_seconds()
        return SecureCookieSession(content if 0 <= age <= app.permanent_session_lifetime.total_seconds() else None)

    def _opened(self, app: Flask, request: Request, cookie: str) -> SecureCookieSession | None:
        session = super().open_session(app, request)
        if session and all(isinstance(one, str) for one in session.values()):  # nothing that two requests could share
            signer: URLSafeTimedSerializer | None = self.get_signing_serializer(app)
            assert signer is not None
            _content, signed_at = signer.loads(cookie, return_timestamp=True)
            self._known.keep(app.secret_key, cookie, (dict(session), signed_at.astimezone(UTC)))
        return session
