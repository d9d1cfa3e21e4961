"""Which language a request is answered in: ``?lang=`` chooses and a cookie remembers."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel
from markupsafe import Markup

from eventapp.config import settings
from eventapp.languages import LANGUAGES, OFFICIAL, Text, Wording, current
from eventapp.web import outlines

A_YEAR_SECONDS = 365 * 24 * 3600


def language_name(code: str) -> str:
    """What a language is called in the language of the page."""
    return str(Locale.parse(code).get_language_name(current()) or code)


def lang_attribute(text: object) -> str:
    """The attribute ``lang`` of an element that can hold no other, where its text is not in the page's language."""
    page = current()
    language = text.language(page) if isinstance(text, Wording) else page
    return "" if language == page else Markup(' lang="{}"').format(language)


def paragraphs(text: Text) -> list[Text]:
    """A longer text cut up where lines are left empty."""
    whole = text if isinstance(text, Wording) else Wording({current(): text})
    return list(whole.pieces("\n\n"))


def cookie_name() -> str:
    """Over https the ``__Host-`` prefix binds the cookie to this very host."""
    return "__Host-lang" if settings().is_https else "lang"


def chosen() -> str:
    """The language of this request; a mail is rendered in the language that its row names."""
    if forced := g.get("lang"):
        return str(forced)
    if not has_request_context():
        return OFFICIAL
    for wish in (request.args.get("lang"), request.cookies.get(cookie_name())):
        if wish in LANGUAGES:
            return str(wish)
    return OFFICIAL


def lang_url(language: str) -> str:
    """This page in another language."""
    return outlines.personal(f"url_{language}", partial(_lang_url, language))()


def _lang_url(language: str) -> str:
    query = {**request.args.to_dict(), "lang": language}
    return f"{request.path}?{urlencode(query)}"


def _remember(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES and wish != request.cookies.get(cookie_name()):
        secure = settings().is_https
        response.set_cookie(cookie_name(), wish, max_age=A_YEAR_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return response


def register(app: Flask) -> None:
    Babel(app, locale_selector=chosen, timezone_selector=lambda: "Europe/Copenhagen")
    app.after_request(_remember)
    app.jinja_env.filters.update(lang_attribute=lang_attribute, paragraphs=paragraphs)
    app.jinja_env.globals.update(
        lang_url=lang_url,
        current_language=chosen,
        languages=LANGUAGES,
        official_language=OFFICIAL,
        language_name=language_name,
    )
