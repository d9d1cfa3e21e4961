"""Eventapp: public debates and the hearings they belong to, one thread from invitation to decision."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from eventapp import (
    accounts,
    cases,
    checkin,
    cli,
    config,
    contributions,
    corrections,
    db,
    demo,
    errors,
    events,
    filling,
    hearing,
    invitations,
    mail,
    record,
    registration,
    statistics,
    telling,
    web,
    work,
)
from eventapp.filling.hooks import once
from eventapp.web import logs, pages, permissions
from eventapp.web.sessions import FormSessions

ROOT = Path(__file__).parent.parent
SLICES = (
    work,
    filling,
    telling,
    mail,
    record,
    accounts,
    corrections,
    cases,
    events,
    registration,
    invitations,
    checkin,
    contributions,
    hearing,
    statistics,
    demo,
)
LARGEST_POST_BYTES = 1_000_000  # views that take files raise it for themselves


class House(Flask):
    """The application. All its functions are plain ones, so none is asked at each call whether it is a coroutine."""

    session_interface = FormSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Call the view; a form that was taken in before is not taken in again."""
        with once():
            return super().dispatch_request()

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Response:
        """A hook that fails is a fault like any other, also after one: ``web.faults`` answers it from outside."""
        return super().finalize_request(rv)


def create_app(settings: config.Settings | None = None, *, testing: bool = False) -> Flask:
    """The application: the only place that knows every slice.

    :raises SettingsError: when the installation would be unsafe; the text says what to do.
    """
    settings = settings or config.load(os.environ, cli.instance_folder())
    config.check(settings)
    logs.configure()
    for warning in config.warnings(settings):
        logs.log.warning("settings", says=warning)
    app = House(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.instance_path.absolute()),
    )
    if app.debug:
        raise config.SettingsError("FLASK_DEBUG is on: anybody could run code here. Remove it from the environment.")
    _configure(app, settings, testing)
    pages.register(app)
    db.register(app, ROOT / "eventapp" / "migrations")
    cli.register(app)
    errors.register(app)
    web.register(app, settings)
    for part in SLICES:
        part.register(app)
    permissions.register(app)
    with app.app_context():
        cli.refuse_unsafe_database()
    return app


def _configure(app: Flask, settings: config.Settings, testing: bool) -> None:
    app.extensions["settings"] = settings
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=testing,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.sqlalchemy_url),
        MAX_CONTENT_LENGTH=LARGEST_POST_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST_BYTES,
        TRUSTED_HOSTS=None if testing else [settings.host.rsplit(":", 1)[0], "127.0.0.1", "localhost"],
        SESSION_COOKIE_NAME="__Host-form" if settings.is_https else "form",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
    )
