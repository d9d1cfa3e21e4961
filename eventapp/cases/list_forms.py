"""The lists of a case that are edited in one way: tasks, contacts, administrations, tracks, meetings.

Each has a page with its rows, and a form to add one; a row is edited, moved and removed on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from eventapp import audit
from eventapp.cases import actions, forms
from eventapp.cases.errors import CoversOthersError, DecidedError
from eventapp.cases.models import Administration, Case, CaseContact, CaseTask, DecisionStep, Track
from eventapp.web.ordered import RowList, assign

LISTS = {
    one.name: one
    for one in (
        RowList(
            "tasks",
            "tasks",
            CaseTask,
            forms.TaskForm,
            "text",
            _l("Tasks"),
            _l("What the council told the administration to do. Everybody reads this on the page of the case."),
            _l("Add a task"),
        ),
        RowList(
            "contacts",
            "contacts",
            CaseContact,
            forms.ContactForm,
            "function",
            _l("Contacts"),
            _l("Whom people can ask, by function and not by name, and who answers while a function is away."),
            _l("Add a contact"),
        ),
        RowList(
            "administrations",
            "administrations",
            Administration,
            forms.AdministrationForm,
            "name",
            _l("Administrations"),
            _l("Who leads the case, and who contributes."),
            _l("Add an administration"),
        ),
        RowList(
            "tracks",
            "tracks",
            Track,
            forms.TrackForm,
            "title",
            _l("Tracks"),
            _l("The possible lines of action that the memo describes."),
            _l("Add a track"),
        ),
        RowList(
            "decisions",
            "decision_steps",
            DecisionStep,
            forms.DecisionForm,
            "body",
            _l("Decision route"),
            _l("The meetings on the way to the decision, in order. Enter the decision when the meeting has been held."),
            _l("Add a meeting"),
        ),
    )
}


def add(case: Case, kind: RowList, values: Mapping[str, Any], *, by: audit.Actor | None, now: datetime) -> Any:
    """Add a row at the end of a list."""
    row = kind.append(case, values)
    _after(row, by=by, now=now)
    audit.record(by, "cases.row_added", row.id, list=kind.name)
    return row


def change(case: Case, kind: RowList, row_id: str, values: dict[str, Any], *, by: audit.Actor, now: datetime) -> None:
    """Change a row. A changed decision is entered into the record anew."""
    row = kind.row(case, row_id)
    if changed := assign(row, values):
        _after(row, by=by, now=now)
        audit.record(by, "cases.row_changed", row.id, list=kind.name, fields=sorted(changed))


def move(case: Case, kind: RowList, row_id: str, step: int, *, by: audit.Actor) -> None:
    """Move a row up (-1) or down (1) in its list."""
    kind.move(case, row_id, step)
    audit.record(by, "cases.row_moved", row_id, list=kind.name, step=step)


def remove(case: Case, kind: RowList, row_id: str, *, by: audit.Actor) -> None:
    """Take a row off its list.

    :raises DecidedError: for a meeting with a decision.
    :raises CoversOthersError: for a contact that stands in for another.
    """
    row = kind.row(case, row_id)
    if refuse := REFUSALS.get(kind.name):
        refuse(case, row)
    kind.remove(case, row)
    audit.record(by, "cases.row_removed", row_id, list=kind.name)


def _after(row: Any, *, by: audit.Actor | None, now: datetime) -> None:
    if isinstance(row, DecisionStep):
        actions.note_decision(row, by=by, now=now)


def _keep_decided(_case: Case, row: DecisionStep) -> None:
    if row.decided_at:  # the record tells of it, also of one that was emptied since
        raise DecidedError


def _keep_covering(case: Case, row: CaseContact) -> None:
    if any(one.cover_id == row.id for one in case.contacts):
        raise CoversOthersError


REFUSALS: dict[str, Callable[[Case, Any], None]] = {"decisions": _keep_decided, "contacts": _keep_covering}
