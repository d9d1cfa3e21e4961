"""Rows that stand in an order which people choose: tasks, contacts, meetings, points of a programme.

The place is unique in the database, so rows change places by way of numbers that nobody has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eventapp.db import db


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
