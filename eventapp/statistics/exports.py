"""Statistics as files: the same figures as on the page, under the same names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from eventapp import db
from eventapp.events.models import Event
from eventapp.formats.display import local
from eventapp.formats.spreadsheets import Row, Sheet
from eventapp.registration import fields, words
from eventapp.statistics import queries
from eventapp.statistics.definitions import DEFINITIONS, Key
from eventapp.statistics.disclosure import WITHHELD, Shown, protected
from eventapp.statistics.queries import Figures
from eventapp.statistics.rules import Counts, arrivals
from eventapp.web.fields import Field
from eventapp.web.permissions import allowed

FIGURES, ARRIVALS, ATTENDEES = "figures", "arrivals", "attendees"
OF_THE_EVENING = (Key.CONFIRMED, Key.CAME, Key.WALK_INS, Key.NO_SHOWS)
SHARED, INTERNAL = "shared", "internal"
ORDER = ("name", "email", "organisation", "category", "state", "registered", "came", "follow_up")  # then the others


@dataclass(frozen=True)
class ShownGroup:
    """A line of the figures: what guests came as, the numbers in the order of their definitions, and attendance."""

    name: str
    numbers: Mapping[Key, Shown]
    share: float | int | str | None


@dataclass(frozen=True)
class Table:
    """A table about to become a file."""

    title: str
    header: Sequence[str]
    rows: Sequence[Row]


def group_name(group: queries.Group) -> str:
    return local(group.category, "label") if group.category else _("Not stated")


def figures_shown(figures: Figures, *, hides_small: bool) -> list[ShownGroup]:
    """The groups and then all of them, as the reader may see them."""
    counted = [*(one.counts for one in figures.groups), figures.total]
    names = [*map(group_name, figures.groups), _("All")]
    shown = _shown([_numbers(one) for one in counted], hides_small=hides_small)
    return [ShownGroup(*one) for one in zip(names, shown, map(_share, counted, shown), strict=True)]


def arrivals_shown(event: Event, *, hides_small: bool) -> list[tuple[datetime, Shown]]:
    """How many came in each five minutes, as the reader may see it."""
    steps = arrivals(queries.arrival_moments(event.id), opens_at=event.doors_open_at, ends_at=event.ends_at)
    numbers: dict[datetime | None, int | None] = {**dict(steps), None: sum(number for _at, number in steps)}
    shown = protected(numbers, [list(numbers)]) if hides_small else numbers
    return [(at, shown[at]) for at, _number in steps]


def figures_table(groups: Sequence[ShownGroup]) -> Table:
    """One row a group, and one for all of them; the columns in the order of the definitions."""
    names = [str(DEFINITIONS[key].name) for key in Key]
    return Table(
        _("Figures"), [_("Comes as"), *names], [[one.name, *one.numbers.values(), one.share] for one in groups]
    )


def arrivals_table(event: Event, *, hides_small: bool) -> Table:
    """One row for five minutes."""
    rows = arrivals_shown(event, hides_small=hides_small)
    return Table(_("Arrivals"), [_("From"), str(DEFINITIONS[Key.CAME].name)], rows)


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


def definitions_table() -> Table:
    """What each figure counts."""
    rows = [[str(one.name), str(one.meaning)] for one in DEFINITIONS.values()]
    return Table(_("Definitions"), [_("Figure"), _("What it counts")], rows)


def sheets(event: Event, now: datetime, *, hides_small: bool) -> list[Sheet]:
    """The workbook of statistics."""
    figures = queries.figures(event, now)
    tables = (
        figures_table(figures_shown(figures, hides_small=hides_small)),
        arrivals_table(event, hides_small=hides_small),
        definitions_table(),
    )
    return [Sheet(one.title, one.header, one.rows) for one in tables]


@dataclass(frozen=True)
class Column:
    """A column of the guests' file: a fact that we know, or an answer to what was asked."""

    key: str
    title: str
    value: Callable[[Any, Mapping[str, str]], Any]  # of a row and its answers by key


def attendee_columns(event_id: str) -> list[Column]:
    """What the file of guests holds: every field that is declared to be exported, and what we know ourselves.

    Nothing of what guests need: that is health information and stays where it is (LAW-06).
    """
    with db.reading() as conn:
        own = fields.of_event(conn, event_id)
    answers = [_answer(one) for one in fields.declared().all(own) if one.is_exported and allowed(one.seen_by)]
    facts = [
        Column("state", _("State"), lambda row, _values: words.state(row.state, row.origin)[0]),
        Column("registered", _("Registered"), lambda row, _values: row.registered_at),
        Column("came", str(DEFINITIONS[Key.CAME].name), lambda row, _values: row.came_at),
    ]
    return sorted([*answers, *facts], key=lambda one: ORDER.index(one.key) if one.key in ORDER else len(ORDER))


def _answer(field: Field) -> Column:
    return Column(field.key, field.name, lambda _row, values: field.shown(values.get(field.key, "")))


def attendee_rows(event_id: str, columns: Sequence[Column], lang: str) -> Iterator[Row]:
    """The guests, read while they are sent, on a connection of their own."""
    has_answers = any(one.key not in ORDER for one in columns)
    with db.reading() as conn:
        for row, kept in queries.attendees(conn, event_id, with_answers=has_answers):
            values = fields.stored(row, kept, lang)
            yield [one.value(row, values) for one in columns]
