"""What is kept beside the rows it is made of, by the database itself in the statement that changes a row.

Figures that count rows, and the words that names are found by (ADR 0067).

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
# The words of a text, parted by a space each, as rows with a ``value``; none of them holds a sign that JSON minds.
WORDS = re.compile(r"words\(([\w.]+)\) (\w)\b")
ROWS_OF_WORDS = {
    "sqlite": r"""json_each('["' || replace(\1, ' ', '","') || '"]') \2""",
    "postgresql": r"unnest(string_to_array(\1, ' ')) \2(value)",
}


@dataclass(frozen=True)
class Trigger:
    """What follows when a row of ``table`` is changed in the way that ``when`` says, such as ``UPDATE OF state``.

    The statements know the row as NEW and OLD; ``five_minutes(moment)`` and ``words(text) w`` are understood.
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
    """A table of cells: keys, and figures where it has more columns. ``rows``: what it holds when all is well."""

    table: Table
    rows: str
    triggers: tuple[Trigger, ...]

    @property
    def has_figures(self) -> bool:
        return len(self.table.columns) > len(self.table.primary_key.columns)

    def fill(self, conn: Connection) -> None:
        """Make it anew from the rows."""
        columns = ", ".join(column.name for column in self.table.columns)
        conn.execute(self.table.delete())
        conn.exec_driver_sql(written(f"INSERT INTO {self.table.name} ({columns}) {self.rows}", conn.dialect.name))


_kept: list[Kept] = []


def keep(table: Table, rows: str, *triggers: Trigger) -> None:
    """Declare a table that is kept, beside its model. ``rows``: a SELECT of its columns in their order."""
    _kept.append(Kept(table, rows, triggers))


def written(statement: str, dialect: str) -> str:
    """A statement as this database takes it."""
    return " ".join(WORDS.sub(ROWS_OF_WORDS[dialect], STEP.sub(STEPS[dialect], statement)).split())


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
        otherwise += _refigured(conn, one) if one.has_figures else _rewritten(conn, one)
    return otherwise


def _refigured(conn: Connection, one: Kept) -> int:
    before = cells(conn, one.table)
    one.fill(conn)
    return len(before ^ cells(conn, one.table))


def _rewritten(conn: Connection, one: Kept) -> int:
    """Keys alone may be millions, so they are counted where they lie, and written only when some are otherwise."""
    same = " AND ".join(f"k.{column.name} = s.{column.name}" for column in one.table.columns)
    first = next(iter(one.table.columns)).name
    count = f"""
        SELECT count(*), count(k.{first}), (SELECT count(*) FROM {one.table.name})
        FROM ({one.rows}) s LEFT JOIN {one.table.name} k ON {same}
    """
    wanted, found, standing = conn.exec_driver_sql(written(count, conn.dialect.name)).one()
    if otherwise := (wanted - found) + (standing - found):
        one.fill(conn)
    return int(otherwise)


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
