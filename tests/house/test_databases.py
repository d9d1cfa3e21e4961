"""Each test has a database of its own, with the tables of the migrations, safe as in real use."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import func, inspect, select

from eventapp import create_app
from eventapp.blobs import Blob
from eventapp.config import Settings
from eventapp.db import Model, db, transaction
from tests.support.databases import Databases, close


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_of_another_test(app: Flask, turn: int) -> None:
    with app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == 0
        session.add(Blob(sha256="0" * 64, size=turn, media_type="text/plain", stored_at=datetime.now(UTC)))


def test_migrations_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        differences = compare_metadata(MigrationContext.configure(session.connection()), Model.metadata)
    assert differences == []


def test_migrations_keep_every_check_and_index(app: Flask, app_without_tables: Flask) -> None:
    """On SQLite a changed table is built anew, and what the tool does not see would be left behind."""
    with app.app_context():
        migrated = guards()
    with app_without_tables.app_context():
        Model.metadata.create_all(db.engine)
        assert migrated == guards()


def guards() -> set[tuple[str, str, str]]:
    """Checks with their conditions and indexes with their columns, of every table."""
    seen = inspect(db.engine)
    found = set()
    for table in Model.metadata.tables:
        found |= {
            (table, str(one["name"]), " ".join(one["sqltext"].split())) for one in seen.get_check_constraints(table)
        }
        for index in seen.get_indexes(table):
            where = index["dialect_options"].get("sqlite_where", index["dialect_options"].get("postgresql_where", ""))
            found.add((table, str(index["name"]), f"{index['column_names']} {index['unique']} {where}"))
    return found


@pytest.fixture
def app_without_tables(databases: Databases, base_settings: Settings) -> Iterator[Flask]:
    url = databases.empty()
    app = create_app(replace(base_settings, database_url=url), testing=True)
    yield app
    close(app)
    databases.drop(url)


def test_migrations_run_up_and_down_to_nothing_and_up_again(app_without_tables: Flask) -> None:
    everything = {"alembic_version", *(table.name for table in Model.metadata.sorted_tables)}
    with app_without_tables.app_context():
        flask_migrate.upgrade()
        assert table_names() == everything
        flask_migrate.downgrade(revision="base")
        assert table_names() == {"alembic_version"}
        flask_migrate.upgrade()
        assert table_names() == everything


def table_names() -> set[str]:
    return set(inspect(db.engine).get_table_names())
