"""Databases for tests: migrated once a session, then a fresh copy for every test in a few milliseconds."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import LiteralString, Protocol

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import db

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "eventapp" / "migrations" / "versions"
ENGINES = ("sqlite", "postgresql")


class Databases(Protocol):
    """A kind of database that can be had fresh."""

    def fresh(self) -> str:
        """Address of a database with all tables and no rows but those the migrations made."""

    def empty(self) -> str:
        """Address of a database without tables."""

    def drop(self, url: str) -> None:
        """Throw one away that was given out."""


class SqliteDatabases:
    """A file migrated once, copied for each test."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        template = self.empty()
        migrate(replace(settings, database_url=template))
        self._template = _file(template)

    def fresh(self) -> str:
        url = self.empty()
        shutil.copyfile(self._template, _file(url))
        return url

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def drop(self, url: str) -> None:
        for path in self._folder.glob(f"{_file(url).name}*"):
            path.unlink()


class PostgresDatabases:
    """A database migrated once, the template of each test's own."""

    def __init__(self, server: str, settings: Settings) -> None:
        self._server = make_url(server)
        self._numbers = itertools.count()
        template = self.empty()
        migrate(replace(settings, database_url=template))
        self._template = make_url(template).database or ""

    def fresh(self) -> str:
        return self._create(self._template)

    def empty(self) -> str:
        return self._create("template0")

    def drop(self, url: str) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", make_url(url).database or "")

    def _create(self, template: str) -> str:
        name = f"eventapp_test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: LiteralString, *names: str) -> None:
        address = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


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


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")
