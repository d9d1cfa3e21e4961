"""Input after the debate: for those who came and for everybody else, kept apart from hearing answers."""

from __future__ import annotations

from flask import Flask

from eventapp import record
from eventapp.contributions import hooks, jobs, views
from eventapp.contributions.entries import CONTRIBUTION, TABLE
from eventapp.registration import staff_queries
from eventapp.web.permissions import Permission
from eventapp.web.registry import MailOwner, Registry


def register(app: Flask) -> None:
    app.register_blueprint(views.bp)
    record.declare(app, CONTRIBUTION)
    record.declare_tables(app, TABLE)
    jobs.register()
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(hooks.steps)
    registry.event_parts.append(hooks.event_parts)
    registry.desk_tabs.append(hooks.TAB)
    registry.desk_figures.append(hooks.desk_figures)
    registry.desk_items.append(hooks.desk_items)
    # the link to those who came: its subject is a booking
    registry.mail_owners["contributions"] = MailOwner(
        Permission.READ_REGISTRATIONS, staff_queries.booking_scope, staff_queries.bookings_within
    )
