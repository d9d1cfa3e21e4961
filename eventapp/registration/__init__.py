"""Registration: who comes, in which order, with which ticket; for guests without an account and for the organiser."""

from __future__ import annotations

from flask import Flask

from eventapp.registration import asking_views, desk, fields, jobs, messages, models, retention, staff_views, views
from eventapp.registration.kept import SECONDS, KeptOccasions
from eventapp.web.fields import Fields

__all__ = ["models", "register"]


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    app.register_blueprint(views.bp)
    app.register_blueprint(staff_views.bp)
    app.register_blueprint(asking_views.bp)
    app.extensions["kept_occasions"] = KeptOccasions(0 if app.testing else SECONDS)
    app.extensions["guest_fields"] = Fields(fields.STANDARD)
    messages.register(app)
    retention.register()
    jobs.register()
    desk.register(app.extensions["registry"])
