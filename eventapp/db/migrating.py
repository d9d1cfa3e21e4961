"""The migration tool, loaded when somebody asks for it: it takes 11 MB in each process, and no page needs it."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask

from eventapp.db.columns import db


class LateMigrations:
    """Stands where Flask-Migrate's own object will stand, until a migration or a command of ``flask db`` reads it."""

    def __init__(self, app: Flask, directory: str) -> None:
        self._app = app
        self._directory = directory

    def __getattr__(self, name: str) -> Any:
        return getattr(self.load(), name)

    def load(self) -> Any:
        """Put Flask-Migrate in this object's place, with its commands."""
        from flask_migrate import Migrate

        Migrate(self._app, db, directory=self._directory, render_as_batch=True)
        return self._app.extensions["migrate"]


class LateCommands(click.Command):
    """``flask db``: hands over to Flask-Migrate's group of the same name."""

    def __init__(self, migrations: LateMigrations, app: Flask) -> None:
        super().__init__("db", help="Bring the tables to what the product needs.")
        self._migrations = migrations
        self._app = app

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **options: Any) -> click.Context:
        self._migrations.load()
        return self._app.cli.commands["db"].make_context(info_name, args, *more, **options)


def register(app: Flask, directory: str) -> None:
    migrations = app.extensions["migrate"] = LateMigrations(app, directory)
    app.cli.add_command(LateCommands(migrations, app))
