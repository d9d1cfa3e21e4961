"""Each test has a database of its own, with the tables of the migrations, safe as in real use."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import ModifyTableOps
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Connection, Enum, MetaData, Table, func, inspect, select
from sqlalchemy.exc import IntegrityError

from eventapp import create_app
from eventapp.blobs import Blob
from eventapp.config import Settings
from eventapp.db import Model, checks, db, transaction
from eventapp.db.columns import NAMING
from tests.support.databases import Databases, close


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_of_another_test(app: Flask, turn: int) -> None:
    with app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == 0
        session.add(Blob(sha256="0" * 64, size=turn, media_type="text/plain", stored_at=datetime.now(UTC)))


def test_migrations_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        differences = compare_metadata(seen(session.connection()), Model.metadata)
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


def test_a_member_without_a_migration_is_found_in_each_closed_list(app: Flask) -> None:
    """Negative control of the test above: models with one member more in each list are not what the database has."""
    models = copy_of_the_models()
    lists = {add_member(models.tables[table], column) for table, column in closed_lists()}
    with app.app_context(), transaction() as session:
        differences = compare_metadata(seen(session.connection()), models)
    changed = {(kind, one.name) for kind, one in differences}
    assert changed == {(kind, name) for name in lists for kind in ("remove_constraint", "add_constraint")}
    assert len(lists) == len(closed_lists()) > 20


def test_make_migrate_writes_the_new_member_and_the_database_lets_it_in(app_without_tables: Flask) -> None:
    models = copy_of_the_models()
    table = models.tables["demo_state"]
    add_member(table, "stage")
    row = table.insert().values(id=1, stage=NEW, shown_at=datetime.now(UTC), set_at=datetime.now(UTC))
    with app_without_tables.app_context():
        flask_migrate.upgrade()
        with db.engine.connect() as conn, pytest.raises(IntegrityError, match="ck_demo_state_stage"):
            conn.execute(row)
        with transaction() as session:
            context = seen(session.connection())
            written = produce_migrations(context, models).upgrade_ops
            assert written is not None
            assert NEW in render_python_code(written, render_as_batch=True)
            (change,) = written.ops
            assert isinstance(change, ModifyTableOps)
            with Operations(context).batch_alter_table(table.name) as batch:
                for one in change.ops:
                    batch.invoke(one)
        with transaction() as session:
            session.execute(row)
            assert session.scalar(select(table.c.stage)) == NEW


NEW = "a member of tomorrow"


def seen(conn: Connection) -> MigrationContext:
    """How a migration sees the database: as ``make migrate`` does, CHECKs included."""
    return MigrationContext.configure(conn, opts={"autogenerate_plugins": checks.PLUGINS, "compare_type": True})


def copy_of_the_models() -> MetaData:
    copy = MetaData(naming_convention=NAMING)
    for table in Model.metadata.sorted_tables:
        table.to_metadata(copy)
    return copy


def closed_lists() -> list[tuple[str, str]]:
    return [
        (table.name, column.name)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Enum)
    ]


def add_member(table: Table, column: str) -> str:
    """Give a closed list one member more; the name of its CHECK."""
    (check,) = (
        one for one in table.constraints if isinstance(one, CheckConstraint) and list(one.columns) == [table.c[column]]
    )
    table.constraints.remove(check)
    old = table.c[column].type
    assert isinstance(old, Enum)
    longer = Enum(*old.enums, NEW, name=old.name, native_enum=False, create_constraint=True, length=old.length)
    was = table.c[column]
    table.append_column(
        Column(column, longer, nullable=was.nullable, primary_key=was.primary_key), replace_existing=True
    )
    return str(check.name)


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
