"""A post must come from a page of ours (reliability S8): a token in the form, and no foreign Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf, validate_csrf
from markupsafe import Markup
from wtforms import ValidationError

from eventapp.config import settings
from eventapp.db import SAFE_METHODS
from eventapp.errors import DomainError, NotAllowedError, answer
from eventapp.web import outlines
from eventapp.web.posted import Posted

protect = CSRFProtect()
_token = outlines.personal("csrf_token", generate_csrf)


class StaleFormError(DomainError):
    """The form was drawn for another session: open too long, or cookies were removed."""

    code, status = "stale_form", 400

    def __init__(self) -> None:
        super().__init__(_("The page was open for too long. Go back, load it again and send once more."))


def csrf_field() -> Markup:
    """The hidden field of every form."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(_token())


def check_posted(post: Posted) -> None:
    """The same check for the hot posts, as a message on the form, so that nothing typed is lost.

    Their views are exempt from the general check; the page is drawn again with a fresh token.
    """
    try:
        validate_csrf(post.form.get("csrf_token"))
    except ValidationError:
        post.refuse("csrf_token", _("The page was open for too long. Nothing is lost: press the button once more."))


def _refuse_foreign_origin() -> None:
    if request.method in SAFE_METHODS:
        return
    # Our pages send no Referer, so browsers write "null" as Origin; then Sec-Fetch-Site tells where it came from.
    origin = request.headers.get("Origin", "null")
    if origin != "null" and urlsplit(origin).netloc not in {request.host, settings().host}:
        raise NotAllowedError
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise NotAllowedError


def _stale(_error: CSRFError) -> ResponseReturnValue:
    return answer(StaleFormError())


def register(app: Flask) -> None:
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)  # no Referer is ever sent; Origin is checked
    app.before_request(_refuse_foreign_origin)
    protect.init_app(app)
    app.register_error_handler(CSRFError, _stale)
    app.jinja_env.globals["csrf_field"] = csrf_field
