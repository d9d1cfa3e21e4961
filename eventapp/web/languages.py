"""Danish first, English second; ``?lang=`` chooses and a cookie remembers."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel

from eventapp.config import settings
from eventapp.web import outlines

LANGUAGES = ("da", "en")
A_YEAR_SECONDS = 365 * 24 * 3600


def cookie_name() -> str:
    """Over https the ``__Host-`` prefix binds the cookie to this very host."""
    return "__Host-lang" if settings().is_https else "lang"


def chosen() -> str:
    """The language of this request; a mail is rendered in the language that its row names."""
    if forced := g.get("lang"):
        return str(forced)
    if not has_request_context():
        return LANGUAGES[0]
    for wish in (request.args.get("lang"), request.cookies.get(cookie_name())):
        if wish in LANGUAGES:
            return str(wish)
    return LANGUAGES[0]


def lang_url(language: str) -> str:
    """This page in the other language."""
    return _lang_urls[language]()


def _lang_url(language: str) -> str:
    query = {**request.args.to_dict(), "lang": language}
    return f"{request.path}?{urlencode(query)}"


_lang_urls = {one: outlines.personal(f"url_{one}", partial(_lang_url, one)) for one in LANGUAGES}


def _remember(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES and wish != request.cookies.get(cookie_name()):
        secure = settings().is_https
        response.set_cookie(cookie_name(), wish, max_age=A_YEAR_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return response


def register(app: Flask) -> None:
    Babel(app, locale_selector=chosen, timezone_selector=lambda: "Europe/Copenhagen")
    app.after_request(_remember)
    app.jinja_env.globals.update(lang_url=lang_url, current_language=chosen)
