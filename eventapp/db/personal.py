"""Personal data are declared on the column: what for, until when, who sees it, what happens then (ADR 0035).

Every column says that it is personal (``mapped_column(…, info=personal(…))``) or stands in ``__impersonal__`` of its
table, or that says :data:`EVERY_COLUMN`. The tables of ``docs/privacy.md``, the search for one person's data and the
periods after which something is deleted are made from the declarations; a column that says nothing fails a test.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, String, Table, Text, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from eventapp.db.columns import Json, Model

EVERY_COLUMN = EVERYBODY = ("*",)
KEY = "personal"
EMPTY = {Json: "'{}'", String: "''", Text: "''"}  # what holds nothing, where there must be something
FILE = "blob.sha256"  # what a column refers to that names a stored file


class AtEnd(enum.StrEnum):
    """What happens to a value when its time is over."""

    DELETED = "deleted"  # the row goes
    BLANKED = "blanked"  # the value goes, the row stays
    COUNTED = "deleted, and their number kept"  # how many rows there were is noted before they go
    KEPT = "kept"  # nothing does it yet


class Since(enum.StrEnum):
    """What the time is counted from."""

    EVENT = "the end of the event"
    SENT = "it was sent"
    END_OF_JOB = "the end of the job"
    START = "it was begun"
    TRIED = "it was tried"
    KEPT = "it was kept"
    CASE = "it stays with the case"
    WORK = "somebody's work here"


class Find(enum.StrEnum):
    """By what somebody's rows can be found in this column."""

    NAME = "name"
    EMAIL = "email"


@dataclass(frozen=True)
class Personal:
    """What is declared of a column that tells of a person.

    ``seen_by``: the permissions that show it; none: nobody is shown it, ``*``: everybody. ``after``: how long since
    ``since`` it is kept; None where no period is fixed. ``find``: it answers to a person's name or e-mail.
    """

    purpose: str
    seen_by: tuple[str, ...]
    since: Since
    after: timedelta | None
    at_end: AtEnd
    find: Find | None = None

    @property
    def until(self) -> str:
        """In English, for the data map."""
        if self.at_end is AtEnd.KEPT:
            return f"no date yet; {self.since}"
        when = f"{self.after.days} days after {self.since}" if self.after else f"at once when {self.since}"
        return f"{self.at_end}, {when}"


def personal(
    purpose: str,
    *,
    seen_by: tuple[str, ...] = (),
    since: Since = Since.CASE,
    after: timedelta | None = None,
    at_end: AtEnd = AtEnd.KEPT,
    find: Find | None = None,
) -> dict[str, Any]:
    """The ``info`` of a column that tells of a person."""
    return {KEY: Personal(purpose, seen_by, since, after, at_end, find)}


def of(column: InstrumentedAttribute[Any]) -> Personal:
    """What is declared of a column."""
    found: Personal = column.info[KEY]
    return found


def declaration(column: InstrumentedAttribute[Any]) -> Personal | None:
    """The same; None for a column that tells of nobody."""
    return column.info.get(KEY)


def kept_for(column: InstrumentedAttribute[Any]) -> timedelta:
    """How long a column is kept, for what deletes it.

    :raises LookupError: when the declaration fixes no period.
    """
    after = of(column).after
    if after is None:
        raise LookupError(f"{column} has no period.")
    return after


def blanked(table: str, since: Since) -> str:
    """What an UPDATE sets when the values of a table go that are kept until then, as the columns declare it."""
    columns = declared(Model.metadata.tables[table])
    gone = [column for column, one in columns if one.at_end is AtEnd.BLANKED and one.since is since]
    return ", ".join(f"{one.name} = {'NULL' if one.nullable else EMPTY[type(one.type)]}" for one in gone)


def tables() -> list[tuple[Table, tuple[str, ...]]]:
    """Every table, with the columns that are said to tell of nobody."""
    found = [
        (mapper.local_table, mapper.class_.__dict__.get("__impersonal__", ())) for mapper in Model.registry.mappers
    ]
    return sorted(((table, names) for table, names in found if isinstance(table, Table)), key=lambda one: one[0].name)


def declared(table: Table) -> Iterator[tuple[Column[Any], Personal]]:
    """The columns of a table that tell of a person."""
    for column in table.columns:
        if KEY in column.info:
            yield column, column.info[KEY]


def faults(table: Table, impersonal: tuple[str, ...]) -> list[str]:
    """Columns that say nothing or two things, and names of columns that are not there."""
    says = {column.name for column, _ in declared(table)}
    names = set(table.columns.keys())
    if impersonal == EVERY_COLUMN:
        return [f"{table.name}.{one}: both" for one in sorted(says)]
    silent = [f"{table.name}.{one}: undeclared" for one in sorted(names - says - set(impersonal))]
    double = [f"{table.name}.{one}: both" for one in sorted(says & set(impersonal))]
    return silent + double + [f"{table.name}.{one}: no such column" for one in sorted(set(impersonal) - names)]


# --- one person's data ---------------------------------------------------------------------------------------

Rows = dict[str, dict[Any, dict[str, Any]]]  # table -> key of the row -> declared column -> value


def rows_about(conn: Connection, wish: str) -> Rows:
    """What the database holds about one person, in every column that somebody is shown or that names a stored file.

    Rows that hold the name or the e-mail, and what hangs on them: the heads of a booking, the needs of a head. Others
    of the same name are found too; whoever asks must look who is who.

    :param wish: an e-mail or a whole name; any letter may be in capitals or not.
    """
    found: Rows = {}
    for table, _impersonal in tables():
        answering = [column for column, one in declared(table) if one.find]
        if answering:
            _take(conn, found, table, or_(*(_may_be(one, wish) for one in answering)), _are(answering, wish))
    return found


def files_in(found: Rows) -> dict[str, str]:
    """The stored files that rows name: SHA-256 -> the name that its sender gave it, or nothing."""
    named: dict[str, str] = {}
    for table, _impersonal in tables():
        for column in _file_columns(table):
            for row in found.get(table.name, {}).values():
                named.setdefault(row[column.name], row.get("file_name", ""))
    return named


def _folded(text: str) -> str:
    """The same for texts that differ in capitals, or in how an accent is written down."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _may_be(column: Column[Any], wish: str) -> Any:
    """Narrows down where the wish can be; SQLite, and PostgreSQL in the C locale, know capitals from A to Z alone."""
    letters = [one if one.isascii() and one not in "%_/" else "%" for one in _folded(wish)]
    return column.ilike("".join(letters))


def _are(columns: list[Column[Any]], wish: str) -> Callable[[Any], bool]:
    wanted = _folded(wish)
    return lambda row: any(_folded(row[one] or "") == wanted for one in columns)


def _file_columns(table: Table) -> list[Column[Any]]:
    return [one for one in table.columns if any(link.target_fullname == FILE for link in one.foreign_keys)]


def _every(_row: Any) -> bool:
    return True


def _take(conn: Connection, found: Rows, table: Table, which: Any, is_meant: Callable[[Any], bool] = _every) -> None:
    """Take in the rows of a table, and of the tables with personal data that refer to them."""
    own = found.setdefault(table.name, {})
    key = next(iter(table.primary_key.columns))
    rows = filter(is_meant, conn.execute(select(table).where(which)).mappings())
    new = [row for row in rows if _key(table, row) not in own]
    told = {column for column, one in declared(table) if one.seen_by} | set(_file_columns(table))
    for row in new:
        own[_key(table, row)] = {column.name: row[column] for column in table.columns if column in told}
    if not own:
        del found[table.name]
    if new:
        for child, link in _referring(key):
            _take(conn, found, child, link.in_([row[key] for row in new]))


def _key(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(row[column] for column in table.primary_key.columns)


def _referring(key: Column[Any]) -> Iterable[tuple[Table, Column[Any]]]:
    """Tables with personal data that refer to a key, with the column that does."""
    for table, impersonal in tables():
        if impersonal != EVERY_COLUMN:
            yield from ((table, link.parent) for link in table.foreign_keys if link.column is key)
