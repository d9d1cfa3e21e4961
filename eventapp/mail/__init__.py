"""Mail: the outbox that every slice writes to, and the worker that renders and delivers. Knows no slice.

Other slices use ``outbox.queue`` and ``outbox.queue_effect``; ``rendering.register_reader`` and ``register_maker`` for
what is looked up or made when a mail is sent; ``tasks.every`` for what recurs; ``worker.register_handler`` for
effects other than mails; ``calendar`` for calendar files.
"""

from __future__ import annotations

from flask import Flask

from eventapp.mail import claims, delivery, heartbeat, queries, tasks, views, worker
from eventapp.web.registry import Registry

AN_HOUR = 3600


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    registry: Registry = app.extensions["registry"]
    registry.scopes["mail_id"] = queries.scope
    registry.readiness.append(heartbeat.fault)
    registry.gauges.append(queries.gauges)
    delivery.register(app)
    app.register_blueprint(views.bp)
    tasks.every(AN_HOUR, claims.forget_old)
    worker.register(app)
