"""What is answered when the product itself fails: one page, in every language, that needs nothing that can fail.

No database, template, catalogue, session or file: its text is made when the application starts (ADR 0056). It asks for
a style sheet, and can be read without. What was posted is put in, so that nobody loses a text because a part behind
the page is away. That is a reason to try again, and says so: 503 with ``Retry-After``; a fault of ours is a plain 500.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask, Request, Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from jinja2 import TemplateError
from markupsafe import escape
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from eventapp.config import Settings
from eventapp.db import SAFE_METHODS, db
from eventapp.errors import ClashError, wants_json
from eventapp.languages import LANGUAGES
from eventapp.web import logs, returned
from eventapp.web.bodies import REQUEST, FormRequest
from eventapp.web.headers import ALWAYS, NO_DEVICES, PLAIN, STRICT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WAIT_SECONDS = 30
READ_ONLY = "25006"  # PostgreSQL: the server takes no writes just now
QUERY = "!$&'()*+,-./:;=?@_~%"  # signs that stand in a query as they are, RFC 3986
LONGEST_HIDDEN = 40  # characters of a value that a person would recognise as a text of their own


class FaultPages:
    """The page in its parts, as text that is ready: one for each status, and the words around what was posted."""

    def __init__(self, settings: Settings) -> None:
        site_name, contact = settings.site_name, f"{settings.contact_email} {settings.contact_phone}"
        self.headers = {**ALWAYS, "Permissions-Policy": NO_DEVICES, **(STRICT if settings.is_https else {})}
        self.pages = {
            HTTPStatus.INTERNAL_SERVER_ERROR: _page(site_name, contact, _fault_words),
            HTTPStatus.SERVICE_UNAVAILABLE: _page(site_name, contact, _away_words),
        }
        self.lost = _in_each("p", lambda: _("Nothing that you sent has been received."))
        self.kept = _in_each("p", lambda: _("What you wrote is here. Copy it, or send it once more."))
        self.files = _in_each("span", lambda: _("Files were not kept. Choose them again:"))
        self.secret = _in_each("span", lambda: _("Write this once more:"))
        self.send = " / ".join(_each(lambda: _("Send once more")).values())

    def page(self, status: HTTPStatus, asked: Request) -> str:
        """The page for one request, with what it posted."""
        head, foot = self.pages[status]
        lost = "" if asked.method in SAFE_METHODS else self.lost
        return f"{head}{lost}{self._posted(asked)}{foot}"

    def _posted(self, asked: Request) -> str:
        if asked.method in SAFE_METHODS or asked.mimetype not in returned.FORMS:
            return ""
        fields = [(name, value) for name, value in _form(asked).items(multi=True) if name != returned.LANGUAGE]
        if not fields:
            return ""
        address = quote(asked.path) + (f"?{quote(asked.query_string, safe=QUERY)}" if asked.query_string else "")
        return "".join(
            (
                f'<form method="post" action="{escape(address)}" enctype="{escape(asked.mimetype)}">',
                self.kept,
                *self._fields(fields),
                *self._chosen_files(asked),
                f'<p><button class="button button-primary">{self.send}</button></p></form>',
            )
        )

    def _fields(self, fields: Iterable[tuple[str, str]]) -> Iterator[str]:
        for name, value in fields:
            if any(part in name for part in returned.SECRETS):
                yield f'<label>{self.secret}<input type="password" name="{escape(name)}"></label>'
                continue
            yield f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            if name not in returned.OURS and (len(value) > LONGEST_HIDDEN or " " in value):
                yield f'<pre class="returned-text">{escape(value)}</pre>'

    def _chosen_files(self, asked: Request) -> Iterator[str]:
        files: MultiDict[str, Any] = asked.__dict__.get("files", MultiDict())
        for name in dict.fromkeys(name for name, file in files.items(multi=True) if file.filename):
            yield f'<label>{self.files}<input type="file" name="{escape(name)}" multiple></label>'


def _form(asked: Request) -> MultiDict[str, str]:
    """What was posted, as far as it can be read: a body that is too large has its texts all the same."""
    try:
        return asked.form
    except (HTTPException, OSError):
        kept: MultiDict[str, str] = asked.__dict__.get("form", MultiDict())
        return kept


def _page(site_name: str, contact: str, words: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """The page before and after what was posted."""
    told = _each(words)
    title = " / ".join(heading for heading, _text in told.values())
    sections = "".join(
        f'<section lang="{code}"><h2>{escape(heading)}</h2><p>{escape(text)}</p></section>'
        for code, (heading, text) in told.items()
    )
    head = (
        f'<!doctype html>\n<html lang="{next(iter(told))}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} – {escape(site_name)}</title>"
        '<link rel="stylesheet" href="/static/vendor/site.css"></head>'
        f'<body class="public"><main class="page container"><h1>{escape(site_name)}</h1>{sections}'
    )
    return head, f"<p>{escape(contact)}</p></main></body></html>\n"


def _fault_words() -> tuple[str, str]:
    return (
        _("Something went wrong at our end"),
        _(
            "The fault has been noted, and you did nothing wrong. Try again in a moment. If it happens again, write to"
            " us, and say what time it was."
        ),
    )


def _away_words() -> tuple[str, str]:
    return (
        _("We are closed for a moment"),
        _("A part of the site is away just now. Try again in a minute."),
    )


def _each(make: Callable[[], Any]) -> dict[str, Any]:
    """Language -> what ``make`` says in it."""
    found = {}
    for code in LANGUAGES:
        with force_locale(code):
            found[code] = make()
    return found


def _in_each(tag: str, make: Callable[[], str]) -> str:
    return "".join(f'<{tag} lang="{code}">{escape(text)}</{tag}>' for code, text in _each(make).items())


# --- answering -----------------------------------------------------------------------------------------------


def answer_fault(error: Exception) -> ResponseReturnValue:
    """A fault of ours, or a part that is away; the log has it with its place in the code."""
    fault = getattr(error, "original_exception", None) or error
    if _is_clash(fault):
        return returned.answer(ClashError())
    if db.session.registry.has():
        db.session.rollback()
    pages: FaultPages = current_app.extensions["fault_pages"]
    return answer(pages, fault, request)


def answer(pages: FaultPages, fault: object, asked: Request) -> Response:
    """The answer to a request at which something failed."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away(fault) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = {**pages.headers, "Cache-Control": "no-store", "Content-Security-Policy": PLAIN}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(WAIT_SECONDS)
    if wants_json(asked):
        return Response('{"code":"fault","message":"Internal error"}\n', status, headers, "application/json")
    return Response(pages.page(status, asked), status, headers, "text/html")


class Net:
    """The outermost part: catches what fails while a fault is answered, or before and after the application proper.

    An answer begins only when it is whole, so that nothing has been sent when another takes its place.
    """

    def __init__(self, app: Flask, pages: FaultPages) -> None:
        self.app, self.inner, self.pages = app, app.wsgi_app, pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun: list[Any] = []

        def begin(*how: Any) -> Callable[[bytes], object]:
            begun.append(how)
            return _write_nothing

        try:
            body = self.inner(environ, begin)
        except Exception as fault:
            if self.app.config["PROPAGATE_EXCEPTIONS"] or (
                self.app.testing and self.app.config["PROPAGATE_EXCEPTIONS"] is None
            ):
                raise
            logs.log_fault(sys.exc_info())
            asked = environ.get(REQUEST) or FormRequest(environ)
            return answer(self.pages, fault, asked)(environ, start_response)
        finally:
            environ.pop(REQUEST, None)  # a circle that the collector would have to find
        start_response(*begun[-1])
        return body


def _write_nothing(_data: bytes) -> None:
    """WSGI's old way of writing, which nothing here uses."""


def is_away(fault: object) -> bool:
    """Whether something that the product needs is away, so that trying again later may help.

    SQLite calls a wrong statement of ours an operational error as well, and Jinja a template that we misspelt a file
    that is missing.
    """
    if isinstance(fault, OperationalError):
        return getattr(fault.orig, "sqlite_errorname", None) != "SQLITE_ERROR"
    if isinstance(fault, DBAPIError) and (
        fault.connection_invalidated or getattr(fault.orig, "sqlstate", "") == READ_ONLY
    ):
        return True
    return isinstance(fault, InterfaceError | PoolTimeoutError | OSError) and not isinstance(fault, TemplateError)


def _is_clash(fault: object) -> bool:
    """Whether a row exists already that may exist once; other constraints are only broken by mistakes of ours."""
    if not isinstance(fault, IntegrityError):
        return False
    state, name = getattr(fault.orig, "sqlstate", None), getattr(fault.orig, "sqlite_errorname", None)
    return state == "23505" or name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def register(app: Flask, settings: Settings) -> None:
    """To be called after everything else that stands around the application."""
    with app.app_context():
        app.extensions["fault_pages"] = pages = FaultPages(settings)
    app.register_error_handler(500, answer_fault)
    app.__dict__["wsgi_app"] = Net(app, pages)
