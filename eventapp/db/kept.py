"""Figures that are kept beside the rows they count: by the database itself, in the statement that changes a row.

A page that counts a million guests takes seconds; one that reads a sum of cells does not care how many there are. So
that no way of changing a row can forget the figures, triggers keep them (ADR 0044). Both databases are given the same
statements. Migrations run without the triggers and end with making everything anew (``migrations/env.py``), for SQLite
changes a table by building another, and loses its triggers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, inspect, select

# The five minutes in which a moment lies, in UTC; no zone of ours is ever off by less than that.
STEP = re.compile(r"five_minutes\(([\w.]+)\)")
STEPS = {
    "sqlite": r"(substr(\1, 1, 14) || printf('%02d', CAST(substr(\1, 15, 2) AS INTEGER) / 5 * 5) || ':00.000000')",
    "postgresql": r"date_bin('5 minutes', \1, TIMESTAMPTZ '2000-01-01 00:00:00+00')",
}


@dataclass(frozen=True)
class Trigger:
    """What follows when a row of ``table`` is changed in the way that ``when`` says, such as ``UPDATE OF state``.

    The statements know the row as NEW and OLD; ``five_minutes(moment)`` is understood.
    """

    name: str
    table: str
    when: str
    statements: tuple[str, ...]

    def making(self, dialect: str) -> list[str]:
        """The statements that make it in this database."""
        body = " ".join(f"{written(one, dialect)};" for one in self.statements)
        begins = f"CREATE TRIGGER {self.name} AFTER {self.when} ON {self.table} FOR EACH ROW"
        if dialect == "sqlite":
            return [f"{begins} BEGIN {body} END"]
        function = f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS"
        return [f"{function} $$ BEGIN {body} RETURN NULL; END $$", f"{begins} EXECUTE FUNCTION {self.name}()"]

    def dropping(self, dialect: str) -> str:
        return f"DROP TRIGGER IF EXISTS {self.name}" + (f" ON {self.table}" if dialect == "postgresql" else "")


@dataclass(frozen=True)
class Kept:
    """A table of figures: cells whose last columns are numbers. ``anew`` fills the empty table from the rows."""

    table: Table
    anew: str
    triggers: tuple[Trigger, ...]


_kept: list[Kept] = []


def keep(table: Table, anew: str, *triggers: Trigger) -> None:
    """Declare a table of figures, beside its model."""
    _kept.append(Kept(table, anew, triggers))


def written(statement: str, dialect: str) -> str:
    """A statement as this database takes it."""
    return " ".join(STEP.sub(STEPS[dialect], statement).split())


def let_go(conn: Connection) -> None:
    """Take the triggers away, before tables change."""
    _each(conn, lambda trigger: [trigger.dropping(conn.dialect.name)])


def take_up(conn: Connection) -> None:
    """Make the triggers, once the tables stand, and all figures anew."""
    _each(conn, lambda trigger: trigger.making(conn.dialect.name))
    recount(conn)


def recount(conn: Connection) -> int:
    """Make all figures anew from the rows; how many of them were otherwise: 0 as long as nobody bypassed us."""
    otherwise = 0
    for one in _standing(conn):
        if conn.dialect.name == "postgresql":  # whoever has changed a cell ends first, and whoever will waits
            conn.exec_driver_sql(f"LOCK TABLE {one.table.name} IN EXCLUSIVE MODE")
        before = cells(conn, one.table)
        conn.execute(one.table.delete())
        conn.exec_driver_sql(written(one.anew, conn.dialect.name))
        otherwise += len(before ^ cells(conn, one.table))
    return otherwise


def cells(conn: Connection, table: Table) -> set[tuple[object, ...]]:
    """The figures of a table that are not nothing."""
    keys = len(table.primary_key.columns)
    return {tuple(row) for row in conn.execute(select(table)) if any(row[keys:])}


def _standing(conn: Connection) -> Sequence[Kept]:
    """Those whose tables this database has: in the middle of its history it may lack some."""
    there = set(inspect(conn).get_table_names())
    return [one for one in _kept if there >= {one.table.name, *(trigger.table for trigger in one.triggers)}]


def _each(conn: Connection, statements: Callable[[Trigger], list[str]]) -> None:
    for one in _standing(conn):
        for trigger in one.triggers:
            for statement in statements(trigger):
                conn.exec_driver_sql(statement)
