"""Each test has a database of its own, with the tables of the migrations, safe as in real use."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import Model, db, transaction
from tests.support.databases import Databases, close


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_of_another_test(app: Flask, turn: int) -> None:
    with app.app_context(), transaction() as session:
        assert not inspect(session.connection()).has_table("left_over")
        session.execute(text("CREATE TABLE left_over (id INTEGER)"))


def test_migrations_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        differences = compare_metadata(MigrationContext.configure(session.connection()), Model.metadata)
    assert differences == []


def test_migrations_run_down_to_nothing_and_up_again(databases: Databases, settings: Settings) -> None:
    app = create_app(settings, testing=True)
    with app.app_context():
        flask_migrate.downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        flask_migrate.upgrade()
        assert {table.name for table in Model.metadata.sorted_tables} <= set(inspect(db.engine).get_table_names())
    close(app)
