"""Danish first, English second; ``?lang=`` chooses and a cookie remembers."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel

from eventapp.config import settings

LANGUAGES = ("da", "en")
COOKIE = "lang"
A_YEAR_SECONDS = 365 * 24 * 3600


def chosen() -> str:
    """The language of this request; a mail is rendered in the language that its row names."""
    if forced := g.get("lang"):
        return str(forced)
    if not has_request_context():
        return LANGUAGES[0]
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return str(wish)
    return LANGUAGES[0]


def lang_url(language: str) -> str:
    """This page in the other language."""
    query = {**request.args.to_dict(), "lang": language}
    return f"{request.path}?{urlencode(query)}"


def _remember(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES and wish != request.cookies.get(COOKIE):
        secure = settings().is_https
        response.set_cookie(COOKIE, wish, max_age=A_YEAR_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return response


def register(app: Flask) -> None:
    Babel(app, locale_selector=chosen, timezone_selector=lambda: "Europe/Copenhagen")
    app.after_request(_remember)
    app.jinja_env.globals.update(lang_url=lang_url, current_language=chosen)
