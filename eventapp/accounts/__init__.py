"""Who works here: staff, their roles, and how they prove who they are. Also the page of the audit log."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from eventapp.accounts import admin_views, audit_views, cli, own_views, queries, session_hooks, views
from eventapp.accounts.blueprint import bp
from eventapp.accounts.models import Staff
from eventapp.web.permissions import Permission, Scope
from eventapp.web.registry import MailOwner, Registry

PAGES = (views, own_views, admin_views, audit_views)  # importing them puts their pages on the blueprint


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    session_hooks.register(app)
    app.register_blueprint(bp)
    registry: Registry = app.extensions["registry"]
    registry.staff_links.extend(own_views.LINKS)
    registry.staff_names = queries.names
    registry.scopes.update(dict.fromkeys(("staff_id", "session_id", "grant_id"), _of_the_authority))
    registry.mail_owners["accounts"] = MailOwner(
        Permission.MANAGE_ACCOUNTS, _of_the_authority, lambda _reach: select(Staff.id)
    )
    app.cli.add_command(cli.group)


def _of_the_authority(_id: str) -> Scope:
    """Accounts belong to no case."""
    return Scope()
