"""The lists of a case that are edited in one way: tasks, contacts, administrations, tracks, meetings.

Each has a page with its rows, and a form to add one; a row is edited, moved and removed on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from eventapp import audit
from eventapp.cases import actions, forms
from eventapp.cases.errors import CoversOthersError, DecidedError
from eventapp.cases.models import Administration, Case, CaseContact, CaseTask, DecisionStep, Track
from eventapp.db import db
from eventapp.errors import NotFoundError
from eventapp.web.forms import Form
from eventapp.web.ordered import moved, next_position, place


@dataclass(frozen=True)
class CaseList:
    """One list: where it hangs, how a row is typed in, and its words.

    ``shown``: the field that a row is called by.
    """

    name: str
    model: type[Any]
    form: type[Form]
    shown: str
    title: Any
    lead: Any
    add: Any

    def rows(self, case: Case) -> list[Any]:
        found: list[Any] = getattr(case, ATTRIBUTES.get(self.name, self.name))
        return found

    def row(self, case: Case, row_id: str) -> Any:
        """
        :raises NotFoundError: when the list has no such row.
        """
        found = next((one for one in self.rows(case) if one.id == row_id), None)
        if found is None:
            raise NotFoundError
        return found


ATTRIBUTES = {"decisions": "decision_steps"}
LISTS = {
    one.name: one
    for one in (
        CaseList(
            "tasks",
            CaseTask,
            forms.TaskForm,
            "text",
            _l("Tasks"),
            _l("What the council told the administration to do. Everybody reads this on the page of the case."),
            _l("Add a task"),
        ),
        CaseList(
            "contacts",
            CaseContact,
            forms.ContactForm,
            "function",
            _l("Contacts"),
            _l("Whom people can ask, by function and not by name, and who answers while a function is away."),
            _l("Add a contact"),
        ),
        CaseList(
            "administrations",
            Administration,
            forms.AdministrationForm,
            "name",
            _l("Administrations"),
            _l("Who leads the case, and who contributes."),
            _l("Add an administration"),
        ),
        CaseList(
            "tracks",
            Track,
            forms.TrackForm,
            "title",
            _l("Tracks"),
            _l("The possible lines of action that the memo describes."),
            _l("Add a track"),
        ),
        CaseList(
            "decisions",
            DecisionStep,
            forms.DecisionForm,
            "body",
            _l("Decision route"),
            _l("The meetings on the way to the decision, in order. Enter the decision when the meeting has been held."),
            _l("Add a meeting"),
        ),
    )
}


def add(case: Case, kind: CaseList, values: Mapping[str, Any], *, by: audit.Actor | None, now: datetime) -> Any:
    """Add a row at the end of a list."""
    rows = kind.rows(case)
    row = kind.model(case_id=case.id, position=next_position(rows), **values)
    rows.append(row)
    db.session.flush()  # what is told of the new row needs its id
    _after(row, by=by, now=now)
    audit.record(by, "cases.row_added", row.id, list=kind.name)
    return row


def change(
    case: Case, kind: CaseList, row_id: str, values: Mapping[str, Any], *, by: audit.Actor, now: datetime
) -> None:
    """Change a row. A changed decision is entered into the record anew."""
    row = kind.row(case, row_id)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        _after(row, by=by, now=now)
        audit.record(by, "cases.row_changed", row.id, list=kind.name, fields=sorted(changed))


def move(case: Case, kind: CaseList, row_id: str, step: int, *, by: audit.Actor) -> None:
    """Move a row up (-1) or down (1) in its list."""
    kind.row(case, row_id)
    place(moved(kind.rows(case), row_id, step))
    audit.record(by, "cases.row_moved", row_id, list=kind.name, step=step)


def remove(case: Case, kind: CaseList, row_id: str, *, by: audit.Actor) -> None:
    """Take a row off its list.

    :raises DecidedError: for a meeting with a decision.
    :raises CoversOthersError: for a contact that stands in for another.
    """
    row = kind.row(case, row_id)
    if refuse := REFUSALS.get(kind.name):
        refuse(case, row)
    kind.rows(case).remove(row)
    db.session.delete(row)
    db.session.flush()  # the places of the others may only move up once this one is free
    place(kind.rows(case))
    audit.record(by, "cases.row_removed", row_id, list=kind.name)


def _after(row: Any, *, by: audit.Actor | None, now: datetime) -> None:
    if isinstance(row, DecisionStep):
        actions.note_decision(row, by=by, now=now)


def _keep_decided(_case: Case, row: DecisionStep) -> None:
    if row.decision:
        raise DecidedError


def _keep_covering(case: Case, row: CaseContact) -> None:
    if any(one.cover_id == row.id for one in case.contacts):
        raise CoversOthersError


REFUSALS: dict[str, Callable[[Case, Any], None]] = {"decisions": _keep_decided, "contacts": _keep_covering}
