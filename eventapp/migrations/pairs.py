"""Pairs of columns, a Danish text and its English one, become one column that holds both, and back.

For the migrations of 25 November 2026; they must go on working as they are, so nothing of the product is used here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic import op

OFFICIAL, SECOND = "da", "en"


class ThirdLanguageError(Exception):
    """A text is stored in a language for which the old tables have no column."""


def merge(table: str, columns: Mapping[str, int | None]) -> None:
    """``title`` and ``title_en`` become ``title``: JSON text ``{"da": …, "en": …}`` without empty texts.

    :param columns: name -> how many characters the old columns hold, ``None``: any number.
    """
    rows = _read(table, [*columns, *(f"{name}_{SECOND}" for name in columns)])
    with op.batch_alter_table(table) as batch_op:
        for name, length in columns.items():
            batch_op.alter_column(name, type_=sa.Text(), existing_type=_type(length), existing_nullable=False)
            batch_op.drop_column(f"{name}_{SECOND}")
    for row in rows:
        texts = {name: {OFFICIAL: row[name], SECOND: row[f"{name}_{SECOND}"]} for name in columns}
        _write(table, row["id"], {name: _dump(both) for name, both in texts.items()})


def split(table: str, columns: Mapping[str, int | None]) -> None:
    """The way back.

    :raises ThirdLanguageError: when a text of another language would be lost.
    """
    rows = [(row["id"], {name: json.loads(row[name]) for name in columns}) for row in _read(table, columns)]
    for row_id, texts in rows:
        for name, both in texts.items():
            if lost := both.keys() - {OFFICIAL, SECOND}:
                raise ThirdLanguageError(f"{table}.{name} of the row {row_id} has a text in {', '.join(sorted(lost))}.")
    with op.batch_alter_table(table) as batch_op:
        for name, length in columns.items():
            batch_op.add_column(sa.Column(f"{name}_{SECOND}", _type(length), nullable=False, server_default=""))
    for row_id, texts in rows:
        danish = {name: both.get(OFFICIAL, "") for name, both in texts.items()}
        english = {f"{name}_{SECOND}": both.get(SECOND, "") for name, both in texts.items()}
        _write(table, row_id, {**danish, **english})
    with op.batch_alter_table(table) as batch_op:
        for name, length in columns.items():
            batch_op.alter_column(name, type_=_type(length), existing_type=sa.Text(), existing_nullable=False)
            batch_op.alter_column(
                f"{name}_{SECOND}", existing_type=_type(length), existing_nullable=False, server_default=None
            )


def _read(table: str, names: Iterable[str]) -> list[Mapping[str, str]]:
    rows = sa.table(table, sa.column("id"), *map(sa.column, names))
    return [dict(row) for row in op.get_bind().execute(sa.select(rows)).mappings()]


def _write(table: str, row_id: str, values: Mapping[str, str]) -> None:
    row = sa.table(table, sa.column("id"), *map(sa.column, values))
    op.get_bind().execute(sa.update(row).where(row.c.id == row_id).values(values))


def _dump(texts: Mapping[str, str]) -> str:
    return json.dumps({code: text for code, text in texts.items() if text}, ensure_ascii=False, sort_keys=True)


def _type(length: int | None) -> sa.Text | sa.String:
    return sa.Text() if length is None else sa.String(length)
