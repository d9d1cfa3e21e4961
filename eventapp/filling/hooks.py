"""What the room does around the views: files of posts that no view reads, and that a form is taken in once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import SEEK_END
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from eventapp import clock
from eventapp.db import SAFE_METHODS, db, is_writing
from eventapp.filling import sent_actions
from eventapp.filling.errors import OtherContentError, SentBeforeError
from eventapp.filling.forms import Attached
from eventapp.web import returned, versions

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
LARGEST_NUMBER = 20  # of files that one field may ask for
OWN_KEY = "own_key"


def keep_files() -> dict[str, Attached]:
    """Keep the files of a post whose form comes back without its own view, by the fields that it has for files."""
    found = {}
    for name, most in request.form.items():
        field, is_number = name.removesuffix("_most"), most.isdecimal()
        if name != field and is_number and f"{field}_key" in request.form:
            found[field] = Attached(field, most=min(int(most[:4]), LARGEST_NUMBER))
            found[field].keep()
    return found


# --- a form is taken in once (ADR 0059) ----------------------------------------------------------------------


def has_own_key(view: View) -> View:
    """What this form makes keeps the key that the form was drawn with, and is looked up by it."""
    view.__dict__[OWN_KEY] = True
    return view


@contextmanager
def once() -> Iterator[None]:
    """While the view runs: when its transaction begins to write, the key of the form is claimed first.

    A view that writes through the gate only (:func:`eventapp.db.write`) has its own way of doing a thing once.
    """
    g.form_to_claim = _posted()
    try:
        if g.form_to_claim and db.session.registry.has() and db.session().in_transaction() and is_writing():
            _claim(db.session.connection())
        yield
    finally:
        g.form_to_claim = ""


def _posted() -> str:
    """The key of the form that is posted; empty where there is none to claim."""
    if request.method in SAFE_METHODS or request.mimetype not in returned.FORMS:
        return ""
    view = current_app.view_functions.get(request.endpoint or "")
    return "" if view is None or OWN_KEY in view.__dict__ else returned.posted_key()


def _claim_first(session: Session, *begun: Any) -> None:
    """``begun``: the transaction and its connection, as SQLAlchemy tells of them."""
    if has_request_context() and g.get("form_to_claim") and is_writing() and session is _of_request():
        _claim(begun[1])


def _of_request() -> Session | None:
    """The request's own session, if it has begun one."""
    return db.session() if db.session.registry.has() else None


def _claim(conn: Connection) -> None:
    key, g.form_to_claim = g.form_to_claim, ""
    sent_actions.claim(conn, key, request.path, _fields(), now=clock.system_now())
    g.claimed_form = key


def _fields() -> list[tuple[str, str]]:
    """What was posted by the person: of files their names and sizes."""
    ours = {*returned.OURS, versions.VERSION}
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ours]
    return [*typed, *((name, f"{one.filename} {_size(one)}") for name, one in request.files.items(multi=True))]


def _size(file: FileStorage) -> int:
    size = file.stream.seek(0, SEEK_END)
    file.stream.seek(0)
    return size


def _note_where_it_led(response: Response) -> Response:
    key = g.pop("claimed_form", "")
    if key and response.status_code < 400 and db.session.registry.has() and db.session().in_transaction():
        conn = db.session.connection()
        if response.location:
            sent_actions.lead(conn, key, request.path, response.location)
        else:
            sent_actions.let_go(conn, key, request.path)
    return response


def _lead_there(error: SentBeforeError) -> ResponseReturnValue:
    db.session.rollback()
    return redirect(error.leads_to, 303)


def _ask(error: OtherContentError) -> ResponseReturnValue:
    """The form with what was typed, and a key of its own."""
    g.key_is_spent = True
    return returned.answer(error)


def register(app: Flask) -> None:
    if not event.contains(Session, "after_begin", _claim_first):
        event.listen(Session, "after_begin", _claim_first)
    app.register_error_handler(SentBeforeError, _lead_there)
    app.register_error_handler(OtherContentError, _ask)
    app.after_request(_note_where_it_led)
