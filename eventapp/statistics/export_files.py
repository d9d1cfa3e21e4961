"""Statistics as files: the same figures as on the page, under the same names. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import InstrumentedAttribute

from eventapp.checkin.models import Presence
from eventapp.db import personal
from eventapp.formats.spreadsheets import Row, Sheet
from eventapp.languages import Text
from eventapp.registration import fields, words
from eventapp.registration.models import Booking, Registration
from eventapp.statistics.definition_words import DEFINITIONS, Key
from eventapp.statistics.disclosure_rules import Shown
from eventapp.statistics.summary_rules import ShownGroup
from eventapp.web.fields import Field
from eventapp.web.permissions import Permission, allowed

FIGURES, ARRIVALS, ATTENDEES = "figures", "arrivals", "attendees"
SHARED, INTERNAL = "shared", "internal"
ORDER = ("name", "email", "organisation", "category", "state", "registered", "came", "follow_up")  # then the others


@dataclass(frozen=True)
class Table:
    """A table about to become a file."""

    title: str
    header: Sequence[str]
    rows: Sequence[Row]


def figures_table(groups: Sequence[ShownGroup]) -> Table:
    """One row a group, and one for all of them; the columns in the order of the definitions."""
    names = [str(DEFINITIONS[key].name) for key in Key]
    return Table(
        _("Figures"), [_("Comes as"), *names], [[one.name, *one.numbers.values(), one.share] for one in groups]
    )


def arrivals_table(steps: Sequence[tuple[datetime, Shown]]) -> Table:
    """One row for five minutes."""
    return Table(_("Arrivals"), [_("From"), str(DEFINITIONS[Key.CAME].name)], steps)


def definitions_table() -> Table:
    """What each figure counts."""
    rows = [[str(one.name), str(one.meaning)] for one in DEFINITIONS.values()]
    return Table(_("Definitions"), [_("Figure"), _("What it counts")], rows)


def sheets(tables: Sequence[Table]) -> list[Sheet]:
    """The workbook of statistics, with the definitions at its end."""
    return [Sheet(one.title, one.header, one.rows) for one in (*tables, definitions_table())]


@dataclass(frozen=True)
class Column:
    """A column of the guests' file: a fact that we know, or an answer to what was asked.

    ``source``: where it is stored, which declares who may see it; None for an answer without a column of its own.
    """

    key: str
    title: Text
    source: InstrumentedAttribute[Any] | None
    value: Callable[[Any, Mapping[str, Text]], Any]  # of a row and its answers by key


def attendee_columns(own: Sequence[Field]) -> list[Column]:
    """What the file of guests can hold for the one who asks: every field that is declared to be exported, and what we
    know ourselves, as far as its column declares that it may be seen.

    Nothing of what guests need: that is health information and stays where it is (LAW-06).

    :param own: what the event's organiser asks besides.
    """
    answers = [_answer(one) for one in fields.declared().all(own) if one.is_exported and allowed(one.seen_by)]
    facts = [
        Column("state", _("State"), Registration.state, lambda row, _values: words.state(row.state, row.origin)[0]),
        Column("registered", _("Registered"), Booking.registered_at, lambda row, _values: row.registered_at),
        Column("came", str(DEFINITIONS[Key.CAME].name), Presence.came_at, lambda row, _values: row.came_at),
    ]
    seen = [one for one in (*answers, *facts) if one.source is None or _may_see(one.source)]
    return sorted(seen, key=lambda one: ORDER.index(one.key) if one.key in ORDER else len(ORDER))


def _answer(field: Field) -> Column:
    return Column(
        field.key,
        field.name,
        fields.COLUMNS.get(field.key),
        lambda _row, values: field.shown(values.get(field.key, "")),
    )


def _may_see(source: InstrumentedAttribute[Any]) -> bool:
    """Whether the column's declaration shows it to the one who asks; what tells of nobody is shown to all."""
    one = personal.declaration(source)
    return one is None or one.seen_by == personal.EVERYBODY or any(allowed(Permission(name)) for name in one.seen_by)


def attendee_rows(guests: Iterable[tuple[Any, dict[str, str]]], columns: Sequence[Column]) -> Iterator[Row]:
    """Guests as :func:`~eventapp.statistics.queries.attendees` gives them, in these columns."""
    for row, kept in guests:
        values = fields.stored(row, kept)
        yield [one.value(row, values) for one in columns]


def has_answers(columns: Sequence[Column]) -> bool:
    """Whether one of them shows what was answered to a field that has no column of its own."""
    return any(one.key not in ORDER for one in columns)
