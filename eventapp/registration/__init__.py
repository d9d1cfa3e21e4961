"""Registration: who comes, in which order, with which ticket; for guests without an account and for the organiser."""

from __future__ import annotations

from flask import Flask

from eventapp.registration import (
    asking_views,
    fields,
    hooks,
    jobs,
    messages,
    models,
    retention_jobs,
    staff_views,
    views,
)
from eventapp.web.fields import Fields
from eventapp.web.lookups import SECONDS, Kept

__all__ = ["models", "register"]


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    app.register_blueprint(views.bp)
    app.register_blueprint(staff_views.bp)
    app.register_blueprint(asking_views.bp)
    app.extensions["kept_briefs"] = Kept(0 if app.testing else SECONDS)
    app.extensions["guest_fields"] = Fields(fields.STANDARD)
    messages.register(app)
    retention_jobs.register()
    jobs.register()
    hooks.register(app.extensions["registry"])
