"""Staff pages of the lists of an event."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp.db import hold
from eventapp.events import list_forms, queries
from eventapp.events.forms import ProgrammeForm
from eventapp.events.list_forms import LISTS
from eventapp.events.models import Event
from eventapp.web.ordered import RowList
from eventapp.web.permissions import Permission, current_person, requires

NAMES = f"any({', '.join(LISTS)})"
bp = Blueprint("events_lists", __name__, url_prefix=f"/staff/events/<event_id>/<{NAMES}:name>")


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def add(event_id: str, name: str) -> ResponseReturnValue:
    event, kind = queries.event_by_id(event_id), LISTS[name]
    form = _form(kind)
    if not form.is_submitted():
        return render_template("events/row.html", event=event, kind=kind, row=None, form=form)
    if not form.validate():
        return render_template("events/row.html", event=event, kind=kind, row=None, form=form), 422
    list_forms.add(event, kind, _values(form, event), by=current_person())
    return _to_programme(event)


@bp.route("/<row_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def row(event_id: str, name: str, row_id: str) -> ResponseReturnValue:
    event, kind = hold(queries.event_by_id(event_id)), LISTS[name]
    found = kind.row(event, row_id)
    form = _form(kind, found)
    if not form.is_submitted():
        return render_template("events/row.html", event=event, kind=kind, row=found, form=form)
    if not form.validate():
        return render_template("events/row.html", event=event, kind=kind, row=found, form=form), 422
    list_forms.change(event, kind, row_id, _values(form, event), by=current_person())
    flash(_("Saved."), "success")
    return _to_programme(event)


@bp.post("/<row_id>/place")
@requires(Permission.EDIT_EVENTS)
def move(event_id: str, name: str, row_id: str) -> ResponseReturnValue:
    event, kind = queries.event_by_id(event_id), LISTS[name]
    list_forms.move(event, kind, row_id, -1 if request.form.get("step") == "up" else 1, by=current_person())
    return _to_programme(event)


@bp.post("/<row_id>/removal")
@requires(Permission.EDIT_EVENTS)
def remove(event_id: str, name: str, row_id: str) -> ResponseReturnValue:
    event, kind = queries.event_by_id(event_id), LISTS[name]
    list_forms.remove(event, kind, row_id, by=current_person())
    flash(_("Removed."), "success")
    return _to_programme(event)


def _form(kind: RowList, found: Any = None) -> Any:
    if found is None:
        return kind.form()
    return ProgrammeForm.of(found) if kind.form is ProgrammeForm else kind.form(obj=found)


def _values(form: Any, event: Event) -> dict[str, Any]:
    if isinstance(form, ProgrammeForm):
        return form.values(event)
    return {name: value for name, value in form.data.items() if name != "csrf_token"}


def _to_programme(event: Event) -> ResponseReturnValue:
    return redirect(url_for("events_staff.programme", event_id=event.id), 303)
