"""The case: the matter before the council that debate, hearing and decision belong to.

Owns facts, tasks, contacts, documents and the decision route, and puts together the public thread that every other
slice contributes to. For organisers and case officers, and for everybody who reads the thread.
"""

from __future__ import annotations

from flask import Flask

from eventapp import record
from eventapp.cases import (
    document_views,
    entries,
    front_hooks,
    list_views,
    queries,
    record_entries,
    staff_views,
    thread_hooks,
    views,
)
from eventapp.web.permissions import Scope
from eventapp.web.registry import Registry


def register(app: Flask) -> None:
    for blueprint in (views.bp, staff_views.bp, list_views.bp, document_views.bp):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(case_tabs=staff_views.tabs, record_url=thread_hooks.record_url)
    record.declare(app, *entries.KINDS)
    record.declare_tables(app, *record_entries.TABLES)
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(thread_hooks.own_steps)
    registry.front_cards.append(front_hooks.cards)
    registry.staff_links.append(front_hooks.STAFF_LINK)
    registry.scopes["case_id"] = Scope
    registry.scopes["document_id"] = queries.document_scope
    registry.scopes["version_id"] = queries.version_scope
    registry.scope_choices.append(queries.scope_choices)
