"""The lists of an event that are edited in one way: programme, themes, and what people come as."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from eventapp import audit
from eventapp.db import db
from eventapp.events.actions import touch
from eventapp.events.errors import InUseError
from eventapp.events.forms import CategoryForm, ProgrammeForm, ThemeForm
from eventapp.events.models import Category, Event, ProgrammeItem, Theme
from eventapp.web.ordered import RowList, assign, place

LISTS = {
    one.name: one
    for one in (
        RowList(
            "points",
            "programme",
            ProgrammeItem,
            ProgrammeForm,
            "title",
            _l("Programme"),
            _l("Invited offices show here once they have accepted."),
            _l("Add a point"),
            (_l("When"), _l("What and who")),
        ),
        RowList(
            "themes",
            "themes",
            Theme,
            ThemeForm,
            "title",
            _l("Themes"),
            _l("Questions and input are sorted under themes."),
            _l("Add a theme"),
            (_l("Theme"), _l("In other languages")),
        ),
        RowList(
            "categories",
            "categories",
            Category,
            CategoryForm,
            "label",
            _l("I come as"),
            _l("What a guest can answer at sign-up, and whose seats such a guest takes."),
            _l("Add an answer"),
            (_l("I come as"), _l("In other languages")),
        ),
    )
}


def add(event: Event, kind: RowList, values: dict[str, Any], *, by: audit.Actor) -> None:
    """Add a row; a point of the programme finds its place by its time."""
    row = kind.append(event, values)
    _sort(event, kind)
    touch(event)
    audit.record(by, "events.row_added", row.id, list=kind.name)


def change(event: Event, kind: RowList, row_id: str, values: dict[str, Any], *, by: audit.Actor) -> None:
    if changed := assign(kind.row(event, row_id), values):
        _sort(event, kind)
        touch(event)
        audit.record(by, "events.row_changed", row_id, list=kind.name, fields=sorted(changed))


def move(event: Event, kind: RowList, row_id: str, step: int, *, by: audit.Actor) -> None:
    """Move a row up (-1) or down (1)."""
    kind.move(event, row_id, step)
    touch(event)
    audit.record(by, "events.row_moved", row_id, list=kind.name, step=step)


def remove(event: Event, kind: RowList, row_id: str, *, by: audit.Actor) -> None:
    """Take a row away.

    :raises InUseError: when something that guests sent refers to it.
    """
    row = kind.row(event, row_id)
    try:
        kind.remove(event, row)
    except IntegrityError as error:
        db.session.rollback()
        raise InUseError from error
    touch(event)
    audit.record(by, "events.row_removed", row_id, list=kind.name)


def _sort(event: Event, kind: RowList) -> None:
    if kind.model is ProgrammeItem:
        by_time = sorted(event.programme, key=lambda one: (one.starts_at, one.ends_at, one.position))
        place(by_time)
