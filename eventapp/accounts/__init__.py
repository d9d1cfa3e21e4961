"""Who works here: staff, their roles, and how they prove who they are. Also the page of the audit log."""

from __future__ import annotations

from flask import Flask

from eventapp.accounts import admin_views, audit_views, cli, loader, own_views, views
from eventapp.accounts.blueprint import bp

PAGES = (views, own_views, admin_views, audit_views)  # importing them puts their pages on the blueprint


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    loader.register(app)
    app.register_blueprint(bp)
    app.extensions["registry"].staff_links.extend(own_views.LINKS)
    app.cli.add_command(cli.group)
