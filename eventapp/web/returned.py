"""A form that was not taken in comes back with everything typed, whatever was in the way (ADR 0054).

A form tells on which page it stands. When its post is refused before or beside its own view (a token too old, a rule
that says no, a body too large, another language), that page is drawn anew by its own view, and the macros of
``components/fields.html`` put in what was typed. Where the page is closed by now, a plain page holds the texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from eventapp import errors
from eventapp.db import SAFE_METHODS, db, new_id
from eventapp.errors import DomainError, wants_json
from eventapp.languages import LANGUAGES
from eventapp.web import outlines, versions
from eventapp.web.posted import KEY as WELL_FORMED
from eventapp.web.registry import registry
from eventapp.web.versions import ChangedMeanwhileError, Difference

PAGE = "form_page"  # the page that a form stands on, as a hidden field
LANGUAGE = "form_language"  # the button that asks for the page in another language
KEY = "form_key"  # by which a form is taken in once, as a hidden field
OURS = {PAGE, LANGUAGE, KEY, "csrf_token"}
SECRETS = ("password", "code")  # parts of names of fields that are never sent back
SHAPES = {  # of the values that a browser shows in an input of the type
    "date": re.compile(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])"),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"),
    "datetime-local": re.compile(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "url": re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"<>\\^`{|}]+", re.IGNORECASE),
}
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ACCEPT_ENCODING", "HTTP_RANGE")


@dataclass
class Returned:
    """What was posted to an address and stands in its form again. ``message`` says what was in the way.

    ``key``: of the form; empty where it comes back as a new one.
    ``differences``: what somebody else changed meanwhile, for whoever sent it to choose.
    """

    address: str
    typed: MultiDict[str, str]
    key: str
    message: str = ""
    differences: Sequence[Difference] = ()
    attached: dict[str, Any] = field(default_factory=dict)
    is_drawn: bool = False


# --- drawing a form ------------------------------------------------------------------------------------------


def begin_form(action: str, method: str, wanted_id: str | None) -> str:
    """A form of a page begins; its id."""
    g.forms = number = g.get("forms", 0) + 1
    found = wanted_id or f"filled-in-{number}"
    if method == "post":
        g.form_address = urlsplit(action).path or request.path
        g.setdefault("first_form", found)
        if (returned := _of_this_form()) is not None:
            returned.is_drawn = True
    return found


def end_form() -> str:
    g.pop("form_address", None)
    return ""


def _of_this_form() -> Returned | None:
    """What was typed in the form that is being drawn."""
    returned: Returned | None = g.get("returned")
    return returned if returned is not None and returned.address == g.get("form_address") else None


def typed_in(name: str, value: Any) -> Any:
    """What a field shows: what was typed where the form comes back, else ``value``."""
    returned = _of_this_form()
    return value if returned is None or name not in returned.typed else returned.typed[name]


def that_shows(kind: str, value: Any) -> str:
    """The type of an input in which a value can be seen: a date field, for one, hides whatever is no date."""
    fits = SHAPES.get(kind)
    return kind if not value or fits is None or fits.fullmatch(str(value)) else "text"


def chosen_in(name: str, values: Any) -> Any:
    """The same for boxes and choices, of which those that were not chosen are not posted: a list."""
    returned = _of_this_form()
    return values if returned is None else returned.typed.getlist(name)


def _page() -> str:
    """The address of the page that is being drawn, without the choice of a language."""
    if request.method not in SAFE_METHODS:
        return request.form.get(PAGE) or request.path
    query = {name: value for name, value in request.args.items() if name != "lang"}
    return f"{request.path}?{urlencode(query)}" if query else request.path


form_page = outlines.personal("form_page", _page)


def posted_key() -> str:
    """The key of the form that was posted; empty where it has none."""
    found = request.form.get(KEY, "")
    return found if WELL_FORMED.fullmatch(found) else ""


def _key() -> str:
    """The key of the form that is being drawn: its own where it comes back, else one that no form has had."""
    if (returned := _of_this_form()) is not None:
        return returned.key or new_id()
    is_posted = request.method not in SAFE_METHODS and g.get("form_address") == request.path
    return (posted_key() if is_posted and not g.get("key_is_spent") else "") or new_id()


form_key = outlines.personal(KEY, _key)


# --- bringing it back ----------------------------------------------------------------------------------------


def posted_fields() -> Iterator[tuple[str, str]]:
    """What was posted, but for what only this product put in and what nobody else should read on a screen."""
    for name, value in request.form.items(multi=True):
        if name not in OURS and not any(part in name for part in SECRETS):
            yield name, value


def bring_back(
    message: str, status: int, language: str = "", differences: Sequence[Difference] = ()
) -> Response | None:
    """The form of this post with everything typed, or None where nothing was typed that could be lost."""
    if request.method in SAFE_METHODS or wants_json() or PAGE not in request.form:
        return None
    db.session.rollback()
    attached = registry().keep_files()
    typed, key = MultiDict(posted_fields()), "" if g.get("key_is_spent") else posted_key()
    if differences:
        _beside(typed, differences)
    returned = Returned(request.path, typed, key, message, differences, attached)
    response = _drawn(request.form[PAGE], returned, language)
    if response is None:
        action = request.full_path.rstrip("?")
        page = render_template("errors/returned.html", message=message, fields=_again(attached), action=action)
        response = make_response(page)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers.pop("ETag", None)
    return response


def _beside(typed: MultiDict[str, str], differences: Sequence[Difference]) -> None:
    """The form is drawn for what is stored now; what its sender did not touch in it is what is stored."""
    typed.poplist(versions.VERSION)
    for one in differences:
        if one.drawn_again is not None:
            typed.setlist(one.name, one.drawn_again)


def fields_again() -> list[tuple[str, str]]:
    """What a page without the form itself needs as hidden fields to send the same once more; files are kept."""
    return _again(registry().keep_files())


def _again(attached: dict[str, Any]) -> list[tuple[str, str]]:
    return list(dict.fromkeys([*posted_fields(), *(one for files in attached.values() for one in files.fields())]))


def _drawn(page: str, returned: Returned, language: str) -> Response | None:
    """The page as whoever sent the form may see it now, with the form filled in; None when it does not show it."""
    parts = urlsplit(page)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    query = "&".join(one for one in (parts.query, f"lang={language}" if language else "") if one)
    environ = {name: value for name, value in request.environ.items() if name not in CONDITIONS}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": unquote(parts.path), "QUERY_STRING": query}
    environ |= {"CONTENT_LENGTH": "0", "CONTENT_TYPE": "", "wsgi.input": BytesIO()}
    for name in ("werkzeug.request", "RAW_URI", "REQUEST_URI"):
        environ.pop(name, None)
    with current_app.app_context(), current_app.request_context(environ):
        g.returned, g.attached = returned, returned.attached
        response = current_app.full_dispatch_request()
    is_page = response.status_code == 200 and response.mimetype == "text/html"
    return response if is_page and returned.is_drawn else None


# --- what is in the way --------------------------------------------------------------------------------------


def other_language() -> ResponseReturnValue | None:
    """Before anything else looks at a post: the same form in another language, with what was typed so far."""
    if request.method in SAFE_METHODS or request.mimetype not in FORMS:
        return None
    language = request.form.get(LANGUAGE, "")
    return bring_back("", 200, language) if language in LANGUAGES else None


FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def answer(error: DomainError) -> ResponseReturnValue:
    """A refusal on top of the form that was refused; where nothing was typed a page of its own."""
    differences = error.differences if isinstance(error, ChangedMeanwhileError) else ()
    return bring_back(str(error), error.status, differences=differences) or errors.answer(error)


def answer_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The text was read although the whole is too large (:mod:`eventapp.web.bodies`)."""
    if "form" not in request.__dict__:
        return errors.answer_http(error)
    message = _("What you sent is too large, so the files that came with it are not kept. Send fewer or smaller ones.")
    return bring_back(message, 413) or errors.answer_http(error)


def register(app: Flask) -> None:
    app.register_error_handler(DomainError, answer)
    app.register_error_handler(RequestEntityTooLarge, answer_too_large)
    app.jinja_env.filters["that_shows"] = that_shows
    app.jinja_env.globals.update(
        begin_form=begin_form,
        end_form=end_form,
        form_page=form_page,
        typed_in=typed_in,
        chosen_in=chosen_in,
        returned_form=lambda: g.get("returned"),
        first_form=lambda: g.get("first_form"),
    )
