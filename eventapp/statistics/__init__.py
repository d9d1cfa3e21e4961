"""Statistics: what an event came to, in figures with one definition each. Reads every slice, writes nothing."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from eventapp.statistics import hooks, views
from eventapp.web.registry import Registry, Tab


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    app.register_blueprint(views.bp)
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(hooks.steps)
    registry.desk_tabs.append(Tab(72, _l("Statistics"), "statistics.show"))
