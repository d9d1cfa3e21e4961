"""A post must come from a page of ours (reliability S8): a token in the form, and no foreign Origin."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup

from eventapp.config import settings
from eventapp.db import SAFE_METHODS
from eventapp.errors import DomainError, NotAllowedError
from eventapp.web import outlines, returned
from eventapp.web.posted import Posted
from eventapp.web.sessions import Known

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
SALT = "wtf-csrf-token"  # of the library that makes the tokens
_known: Known[str] = Known()


class Protect(CSRFProtect):
    """The library's check of every post that is not exempt; a token that was right before is not worked out again."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if request.method in SAFE_METHODS or (apply_exemptions and (not request.endpoint or self._is_exempt())):
            return
        if not is_ours(self._get_csrf_token()):
            raise CSRFError
        g.csrf_valid = True


def is_ours(token: str | None) -> bool:
    """Whether a form token is one that we made for the session of this request; it has no age of its own.

    A form of strangers may come with one that we made for another session.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and view.__dict__.get("from_strangers", False):
        return bool(token) and bool(_signed(str(token)))
    kept = session.get("csrf_token", "")
    return bool(token and kept) and hmac.compare_digest(kept, _signed(str(token)))


def _signed(token: str) -> str:
    """What a token holds, by our signature; nothing for one that we did not make."""
    key = current_app.secret_key
    known = _known.get(key, token)
    if known is not None:
        return known
    assert key is not None
    try:
        return _known.keep(key, token, str(URLSafeTimedSerializer(key, salt=SALT).loads(token)))
    except BadData:
        return ""


protect = Protect()
_token = outlines.personal("csrf_token", generate_csrf)


class StaleFormError(DomainError):
    """The form was drawn for another session: open too long, or cookies were removed."""

    code, status = "stale_form", 400

    def __init__(self) -> None:
        super().__init__(_("The page was open for too long. Go back, load it again and send once more."))


def from_strangers(view: View) -> View:
    """Anybody may send this form, signed in or not, and it gives no right to the browser that it comes from.

    Its token need not belong to the session: whoever keeps no cookies, closed the browser or restored a tab sends it
    all the same. It must be one that we made, and the browser must not say that it comes from elsewhere (ADR 0054).
    """
    view.__dict__["from_strangers"] = True
    return view


def csrf_field() -> Markup:
    """The hidden fields of every form: that it is one of ours, and its key, by which it is taken in once (ADR 0059)."""
    token = Markup('<input type="hidden" name="csrf_token" value="{}">').format(_token())
    return token + Markup('<input type="hidden" name="form_key" value="{}">').format(returned.form_key())


def check_posted(post: Posted) -> None:
    """The same check for the hot posts, as a message on the form, so that nothing typed is lost.

    Their views are exempt from the general check; the page is drawn again with a fresh token.
    """
    if not is_ours(post.form.get("csrf_token")):
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
    return returned.answer(StaleFormError())


def register(app: Flask) -> None:
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)  # no Referer is ever sent; Origin is checked
    app.before_request(_refuse_foreign_origin)
    app.before_request(returned.other_language)
    protect.init_app(app)
    app.register_error_handler(CSRFError, _stale)
    app.jinja_env.globals["csrf_field"] = csrf_field
