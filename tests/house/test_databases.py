"""Each test has a database of its own, with the tables of the migrations, safe as in real use."""

from dataclasses import replace

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


def test_migrations_run_up_and_down_to_nothing_and_up_again(databases: Databases, base_settings: Settings) -> None:
    url = databases.empty()
    app = create_app(replace(base_settings, database_url=url), testing=True)
    modelled = {table.name for table in Model.metadata.sorted_tables}
    with app.app_context():
        flask_migrate.upgrade()
        assert table_names() == {*modelled, "alembic_version"}
        flask_migrate.downgrade(revision="base")
        assert table_names() == {"alembic_version"}
        flask_migrate.upgrade()
        assert table_names() == {*modelled, "alembic_version"}
    close(app)
    databases.drop(url)


def table_names() -> set[str]:
    return set(inspect(db.engine).get_table_names())
