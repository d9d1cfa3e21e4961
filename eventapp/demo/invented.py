"""Marking what was made up, so that the pages can tell it from facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from eventapp.db import db
from eventapp.demo.models import InventedRow


class Row(Protocol):
    """Any row with an id of its own."""

    @property
    def id(self) -> str: ...


def mark(rows: Iterable[Row]) -> None:
    """Note that these rows were made up; in the transaction that makes them, after they were flushed."""
    db.session.add_all(InventedRow(id=row.id) for row in rows)
