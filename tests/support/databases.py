"""Databases for tests: migrated once a session, then a fresh one for every test in a few milliseconds.

A test that changes tables asks for an empty database, not for a fresh one.
"""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import URL, make_url

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import Model, db

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "eventapp" / "migrations" / "versions"
ENGINES = ("sqlite", "postgresql")


class Databases(Protocol):
    """A kind of database that can be had fresh."""

    def fresh(self) -> str:
        """Address of a database with all tables and no rows but those the migrations made."""

    def empty(self) -> str:
        """Address of a database without tables."""

    def copy(self, url: str) -> str:
        """Address of a database that holds what another holds, to which nobody is connected."""

    def drop(self, url: str) -> None:
        """Throw one away that was given out."""


class SqliteDatabases:
    """A file migrated once, copied for each test.

    That of ``TEST_SQLITE_TEMPLATE`` is made when it is not there yet, and serves later sessions (tools/mutants.py).
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        kept = os.environ.get("TEST_SQLITE_TEMPLATE")
        self._template = f"sqlite:///{kept}" if kept else self.empty()
        if not _file(self._template).exists():
            migrate(replace(settings, database_url=self._template))

    def fresh(self) -> str:
        return self.copy(self._template)

    def copy(self, url: str) -> str:
        made = self.empty()
        shutil.copyfile(_file(url), _file(made))
        return made

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def drop(self, url: str) -> None:
        for path in self._folder.glob(f"{_file(url).name}*"):
            path.unlink()


class PostgresDatabases:
    """Databases with the tables of one migrated once; a used one is emptied, which is quicker than a new one."""

    def __init__(self, server: str, settings: Settings) -> None:
        self._server = make_url(server)
        self._numbers = itertools.count()
        self._template = self.empty()
        migrate(replace(settings, database_url=self._template))
        self._given: set[str] = set()
        self._idle: list[str] = []

    def fresh(self) -> str:
        url = self._idle.pop() if self._idle else self.copy(self._template)
        self._given.add(url)
        return url

    def copy(self, url: str) -> str:
        return self._create(_name(url))

    def empty(self) -> str:
        return self._create("template0")

    def drop(self, url: str) -> None:
        if url in self._given:
            self._given.remove(url)
            self._empty_tables(url)
            self._idle.append(url)
        else:
            self._run(self._server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def _create(self, template: str) -> str:
        name = f"eventapp_test_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(self._server, create.format(sql.Identifier(name), sql.Identifier(template)))
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _empty_tables(self, url: str) -> None:
        """Throw out who is still connected, and every row, without asking which table points at which."""
        hang_up = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND pid <> pg_backend_pid()"
        )
        delete = [
            sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)) for table in Model.metadata.sorted_tables
        ]
        unasked = sql.SQL("SET session_replication_role = replica")
        self._run(self._server, sql.SQL(hang_up).format(sql.Literal(_name(url))))
        self._run(make_url(url), sql.SQL("; ").join([unasked, *delete]))

    def _run(self, where: URL, statement: sql.Composed) -> None:
        address = where.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute(statement)


def migrate(settings: Settings) -> None:
    """Bring the database of these settings to the newest tables, as an installation does."""
    app = create_app(settings, testing=True)
    with app.app_context():
        if any(MIGRATIONS.glob("*.py")):
            flask_migrate.upgrade()
        else:
            db.create_all()
    close(app)


def close(app: Flask) -> None:
    """Let go of every connection; on SQLite the last one to close brings the write-ahead log into the file."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _name(url: str) -> str:
    return make_url(url).database or ""


def _file(url: str) -> Path:
    return Path(_name(url))
