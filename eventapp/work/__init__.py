"""Work: what workers do after a request is answered, or again and again. Knows no slice.

Other slices use ``kinds.register_kind`` and ``actions.start`` for jobs, ``kinds.every`` for what recurs, and
``lanes.register`` where rows of their own stand in line.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from eventapp.web.registry import Registry
from eventapp.work import actions, kinds, lanes, models, queries, views, worker

__all__ = ["models", "register"]

AN_HOUR = 3600


def register(app: Flask) -> None:
    """Bind the room to the application."""
    registry: Registry = app.extensions["registry"]
    registry.scopes["job_id"] = queries.scope
    registry.readiness.append(queries.fault)
    registry.gauges.append(queries.gauges)
    lanes.register(app, lanes.JobLane(models.LaneName.RECURRING))
    lanes.register(app, lanes.JobLane(models.LaneName.JOBS))
    kinds.every(AN_HOUR, "work.forget_ended", _l("Forget jobs that ended more than 30 days ago"), actions.forget_ended)
    app.register_blueprint(views.bp)
    worker.register(app)
