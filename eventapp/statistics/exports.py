"""Statistics as files: the same figures as on the page, under the same names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from eventapp import db
from eventapp.events.models import Event
from eventapp.registration import words
from eventapp.statistics import queries
from eventapp.statistics.definitions import DEFINITIONS, Key
from eventapp.statistics.queries import Figures
from eventapp.statistics.rules import Counts, arrivals, shown, shown_share
from eventapp.web.formats import local
from eventapp.web.spreadsheets import Cell, Row, Sheet

FIGURES, ARRIVALS, ATTENDEES = "figures", "arrivals", "attendees"
SHARED, INTERNAL = "shared", "internal"


@dataclass(frozen=True)
class Table:
    """A table about to become a file."""

    title: str
    header: Sequence[str]
    rows: Sequence[Row]


def group_name(group: queries.Group) -> str:
    return local(group.category, "label") if group.category else _("Not stated")


def figure_row(counts: Counts, *, hides_small: bool) -> list[Cell]:
    """The figures in the order of their definitions, attendance as per cent with one decimal."""
    share = shown_share(counts, hides_small=hides_small)
    numbers = {
        Key.REGISTERED: counts.registered,
        Key.CONFIRMED: counts.confirmed,
        Key.WAITING: counts.waiting,
        Key.CANCELLED: counts.cancelled,
        Key.CAME: counts.came,
        Key.NO_SHOWS: counts.no_shows,
        Key.WALK_INS: counts.walk_ins,
    }
    small = {key: shown(number, hides_small=hides_small) for key, number in numbers.items()}
    return [_per_cent(share) if key is Key.SHARE else small[key] for key in Key]


def _per_cent(share: float | None) -> float | int | None:
    """With one decimal where there is one."""
    if share is None:
        return None
    number = round(share * 100, 1)
    return int(number) if number.is_integer() else number


def figures_table(figures: Figures, *, hides_small: bool) -> Table:
    """One row a group, and one for all of them."""
    rows = [[group_name(one), *figure_row(one.counts, hides_small=hides_small)] for one in figures.groups]
    whole = [_("All"), *figure_row(figures.total, hides_small=hides_small)]
    names = [str(DEFINITIONS[key].name) for key in Key]
    return Table(_("Figures"), [_("Comes as"), *names], [*rows, whole])


def arrivals_table(event: Event, *, hides_small: bool) -> Table:
    """One row for five minutes."""
    steps = arrivals(queries.arrival_moments(event.id), opens_at=event.doors_open_at, ends_at=event.ends_at)
    rows = [[at, shown(number, hides_small=hides_small)] for at, number in steps]
    return Table(_("Arrivals"), [_("From"), str(DEFINITIONS[Key.CAME].name)], rows)


def definitions_table() -> Table:
    """What each figure counts."""
    rows = [[str(one.name), str(one.meaning)] for one in DEFINITIONS.values()]
    return Table(_("Definitions"), [_("Figure"), _("What it counts")], rows)


def sheets(event: Event, now: datetime, *, hides_small: bool) -> list[Sheet]:
    """The workbook of statistics."""
    figures = queries.figures(event, now)
    tables = (
        figures_table(figures, hides_small=hides_small),
        arrivals_table(event, hides_small=hides_small),
        definitions_table(),
    )
    return [Sheet(one.title, one.header, one.rows) for one in tables]


def attendee_header() -> list[str]:
    """No column for what guests need: that is health information and stays where it is (LAW-06)."""
    return [
        _("Name"),
        _("E-mail"),
        _("Organisation"),
        _("Comes as"),
        _("State"),
        _("Registered"),
        str(DEFINITIONS[Key.CAME].name),
        _("May we write afterwards?"),
    ]


def attendee_rows(event_id: str, lang: str) -> Iterator[Row]:
    """The guests, read while they are sent, on a connection of their own."""
    with db.reading() as conn:
        for row in queries.attendees(conn, event_id):
            yield _attendee(row, lang)


def _attendee(row: Any, lang: str) -> Row:
    return [
        row.name,
        row.email,
        row.organisation,
        words.category(row, lang),
        words.state(row.state, row.origin)[0],
        row.registered_at,
        row.at,
        _("Yes") if row.wants_follow_up else _("No"),
    ]
