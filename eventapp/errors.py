"""Refusals: a rule said no. Faults are none: see web/faults.py."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Request, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from eventapp.db import db

T = TypeVar("T")

PAGES = {400, 403, 404, 413, 422, 429}


class DomainError(Exception):
    """A rule said no: ``code`` is stable, for tests and scripts; ``message`` is for people."""

    code: str = "refused"
    status: int = HTTPStatus.CONFLICT
    message: object = _l("That is not possible.")

    def __init__(self, message: object | None = None) -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class NotFoundError(DomainError):
    """There is no such thing, or the one who asks must not know that there is."""

    code, status = "not_found", HTTPStatus.NOT_FOUND
    message = _l("We cannot find what you are looking for.")


def existing(row: T | None) -> T:
    """The row that was looked up.

    :raises NotFoundError: when there is none.
    """
    if row is None:
        raise NotFoundError
    return row


class NotAllowedError(DomainError):
    """The person is known and may not do this."""

    code, status = "not_allowed", HTTPStatus.FORBIDDEN
    message = _l("You do not have access to this.")


class IncompleteError(DomainError):
    """A part is missing that every page of ours has put in."""

    code, status = "incomplete", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("The form is incomplete. Load the page again.")


class TooManyError(DomainError):
    """Too many attempts; wait and try again."""

    code, status = "too_many", HTTPStatus.TOO_MANY_REQUESTS
    message = _l("Too many attempts. Wait a few minutes and try again.")


def wants_json(asked: Request = request) -> bool:
    """Whether a program asks, by default in the request that is being answered."""
    best = asked.accept_mimetypes.best_match(["text/html", "application/json"])
    return asked.path.startswith("/api/") or best == "application/json"


def answer(error: DomainError) -> ResponseReturnValue:
    """A refusal as a page that says why and what to do, or as JSON for a program."""
    db.session.rollback()
    if wants_json():
        return {"code": error.code, "message": str(error)}, error.status
    page = "errors/404.html" if error.status == HTTPStatus.NOT_FOUND else "errors/refused.html"
    return render_template(page, error=error), error.status


def answer_http(error: HTTPException) -> ResponseReturnValue:
    """The framework's own refusals (404, 405, 413 …) in the same dress; its headers (Allow, Retry-After) are kept."""
    db.session.rollback()
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return error
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    if wants_json():
        return {"code": error.name.lower().replace(" ", "_"), "message": error.name}, status, headers
    return render_template(f"errors/{status if status in PAGES else 400}.html", error=error), status, headers


class ClashError(DomainError):
    """Two did the same at the same moment, and the database let one of them through."""

    code = "clash"
    message = _l("Somebody else saved something at the same moment. Nothing of yours was saved. Go back and try again.")


def register(app: Flask) -> None:
    app.register_error_handler(DomainError, answer)
    app.register_error_handler(HTTPException, answer_http)
