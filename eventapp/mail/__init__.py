"""Mail: the outbox that every slice writes to, and how its rows are rendered and delivered. Knows no slice.

Other slices use ``outbox.queue``; ``rendering.register_reader`` and ``register_maker`` for what is looked up or made
when a mail is sent; ``calendar`` for calendar files.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from eventapp.mail import answers, delivery, lane, queries, standing, views
from eventapp.web.registry import Registry
from eventapp.work import kinds, lanes

AN_HOUR = 3600


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    registry: Registry = app.extensions["registry"]
    app.jinja_env.filters["masked_email"] = standing.masked
    app.jinja_env.globals.update(mail_code=standing.code, mail_words=standing.WORDS, mail_answer=answers.in_words)
    app.jinja_env.tests["mail_failed"] = standing.has_failed
    registry.scopes["mail_id"] = queries.scope
    registry.gauges.append(queries.gauges)
    delivery.register(app)
    app.register_blueprint(views.bp)
    lanes.register(app, lane.MailLane())
    kinds.every(AN_HOUR, "mail.forget_old", _l("Forget what failed mails held after 30 days"), lane.forget_old)
