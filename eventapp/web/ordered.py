"""Rows that stand in an order which people choose: tasks, contacts, meetings, points of a programme.

The place is unique in the database, so rows change places by way of numbers that nobody has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eventapp.db import db
from eventapp.errors import NotFoundError
from eventapp.web.forms import Form


class Placed(Protocol):
    """A row with a place of its own among its siblings, from 1."""

    id: str
    position: int


def place(rows: Sequence[Placed]) -> None:
    """Number the rows 1, 2, 3 … in the order given; they are flushed."""
    for number, row in enumerate(rows, 1):
        row.position = -number
    db.session.flush()
    for number, row in enumerate(rows, 1):
        row.position = number
    db.session.flush()


def next_position(rows: Sequence[Placed]) -> int:
    return max((row.position for row in rows), default=0) + 1


def moved(rows: Sequence[Placed], row_id: str, step: int) -> list[Placed]:
    """The rows with one of them moved ``step`` places down (up when negative), as far as there is room."""
    ordered = list(rows)
    at = next(number for number, row in enumerate(ordered) if row.id == row_id)
    ordered.insert(max(0, at + step), ordered.pop(at))
    return ordered


@dataclass(frozen=True)
class RowList:
    """A list that hangs on an owner: how a row is typed in, and its words.

    ``name`` stands in addresses; ``attribute``: the owner's list of rows; ``shown``: the field a row is called by.
    """

    name: str
    attribute: str
    model: type[Any]
    form: type[Form]
    shown: str
    title: Any
    lead: Any
    add: Any
    columns: tuple[Any, ...] = ()  # of the table in which the rows are looked after

    def rows(self, owner: Any) -> list[Any]:
        found: list[Any] = getattr(owner, self.attribute)
        return found

    def row(self, owner: Any, row_id: str) -> Any:
        """
        :raises NotFoundError: when the owner has no such row.
        """
        found = next((one for one in self.rows(owner) if one.id == row_id), None)
        if found is None:
            raise NotFoundError
        return found

    def append(self, owner: Any, values: Any) -> Any:
        """A new row at the end, flushed."""
        rows = self.rows(owner)
        row = self.model(position=next_position(rows), **values)
        rows.append(row)
        db.session.flush()
        return row

    def remove(self, owner: Any, row: Any) -> None:
        """Take a row away; the others move up."""
        self.rows(owner).remove(row)
        db.session.delete(row)
        db.session.flush()  # the others may only move up once its place is free
        place(self.rows(owner))

    def move(self, owner: Any, row_id: str, step: int) -> None:
        """Move a row ``step`` places down, up when negative."""
        self.row(owner, row_id)
        place(moved(self.rows(owner), row_id, step))


def assign(row: object, values: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what was changed."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed
