"""The figures of an event as their reader may see them: what pages, files and sentences are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from eventapp.languages import Text
from eventapp.statistics import queries
from eventapp.statistics.definition_words import Key
from eventapp.statistics.disclosure_rules import WITHHELD, Shown, protected
from eventapp.statistics.queries import Figures
from eventapp.statistics.rules import Counts

OF_THE_EVENING = (Key.CONFIRMED, Key.CAME, Key.WALK_INS, Key.NO_SHOWS)


@dataclass(frozen=True)
class ShownGroup:
    """A line of the figures: what guests came as, the numbers in the order of their definitions, and attendance."""

    name: Text
    numbers: Mapping[Key, Shown]
    share: float | int | str | None


def groups_shown(figures: Figures, *, hides_small: bool) -> list[ShownGroup]:
    """The groups and then all of them, as the reader may see them."""
    counted = [*(one.counts for one in figures.groups), figures.total]
    names = [*map(group_name, figures.groups), _("All")]
    shown = _shown([_numbers(one) for one in counted], hides_small=hides_small)
    return [ShownGroup(*one) for one in zip(names, shown, map(_share, counted, shown), strict=True)]


def arrivals_shown(steps: Sequence[tuple[datetime, int]], *, hides_small: bool) -> list[tuple[datetime, Shown]]:
    """How many came in each step (:func:`~eventapp.statistics.rules.arrivals`), as the reader may see it."""
    numbers: dict[datetime | None, int | None] = {**dict(steps), None: sum(number for _at, number in steps)}
    shown = protected(numbers, [list(numbers)]) if hides_small else numbers
    return [(at, shown[at]) for at, _number in steps]


def group_name(group: queries.Group) -> Text:
    return group.category.label if group.category else _("Not stated")


def _numbers(counts: Counts) -> dict[Key, int | None]:
    return {
        Key.REGISTERED: counts.registered,
        Key.CONFIRMED: counts.confirmed,
        Key.WAITING: counts.waiting,
        Key.CANCELLED: counts.cancelled,
        Key.CAME: counts.came,
        Key.NO_SHOWS: counts.no_shows,
        Key.WALK_INS: counts.walk_ins,
    }


def _shown(rows: list[dict[Key, int | None]], *, hides_small: bool) -> Sequence[Mapping[Key, Shown]]:
    """The figures as the reader may see them. What adds up: each column to its last row, and the sums of a row."""
    if not hides_small:
        return rows
    cells = {(number, key): value for number, row in enumerate(rows) for key, value in row.items()}
    columns = [[(number, key) for number in range(len(rows))] for key in rows[0]]
    across = [[(number, key) for key in keys] for number, row in enumerate(rows) for keys in _sums(row)]
    safe = protected(cells, [*columns, *across])
    return [{key: safe[number, key] for key in row} for number, row in enumerate(rows)]


def _sums(row: dict[Key, int | None]) -> Iterator[tuple[Key, ...]]:
    yield (Key.REGISTERED, Key.CONFIRMED, Key.WAITING)
    if row[Key.NO_SHOWS] is not None:  # with a seat = came - walk-ins + did not come
        yield OF_THE_EVENING


def _share(counts: Counts, shown: Mapping[Key, Shown]) -> float | int | str | None:
    """In per cent, with one decimal where there is one; withheld where it would tell a figure that is hidden."""
    if counts.share is None:
        return None
    if any(isinstance(shown[key], str) for key in OF_THE_EVENING):
        return WITHHELD
    number = round(counts.share * 100, 1)
    return int(number) if number.is_integer() else number
