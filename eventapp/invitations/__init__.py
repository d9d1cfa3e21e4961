"""Invitations: ministers and other guests of the programme, what they were sent, what they replied, who came."""

from __future__ import annotations

from flask import Flask

from eventapp import record
from eventapp.invitations import (
    actions,
    correcting_views,
    entries,
    hooks,
    messages,
    queries,
    record_entries,
    views,
    words,
)
from eventapp.invitations.blueprint import bp
from eventapp.registration.models import Origin
from eventapp.web.permissions import Permission
from eventapp.web.registry import MailOwner, Registry

PAGES = (views, correcting_views)  # importing them puts their pages on the blueprint


def register(app: Flask) -> None:
    app.register_blueprint(bp)
    record.declare(app, *entries.KINDS)
    record.declare_tables(app, *record_entries.TABLES)
    app.jinja_env.filters.update(
        invitation_mail=words.mail,
        reply_words=words.reply,
        own_reply_words=words.own_reply,
        stand_in_words=words.stand_in_role,
    )
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(hooks.steps)
    registry.desk_tabs.append(hooks.TAB)
    registry.desk_figures.append(hooks.desk_figures)
    registry.desk_items.append(hooks.desk_items)
    registry.programme_people.append(queries.programme_people)
    registry.scopes["invitation_id"] = queries.scope
    registry.mail_owners["invitations"] = MailOwner(Permission.READ_INVITATIONS, queries.scope, queries.ids_within)
    registry.came_changed[Origin.INVITATION] = actions.note_arrival
    registry.seat_ending[Origin.INVITATION] = actions.wait_for_others
    registry.seat_given_back[Origin.INVITATION] = actions.note_given_back
    messages.register()
    registry.holders.append(hooks.HOLDERS)
