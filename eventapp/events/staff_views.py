"""Staff pages of the event: its list, what it is, its hall, its publication."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.cases.queries import case_by_id, cases
from eventapp.db import hold, reading
from eventapp.events import actions, checklist_rules, queries, views
from eventapp.events.errors import HallTooSmallError, SeatsTakenError
from eventapp.events.forms import CancelForm, HallForm, NewEventForm, SettingsForm
from eventapp.events.list_forms import LISTS
from eventapp.events.models import Event
from eventapp.telling import queries as telling
from eventapp.telling.models import Fact, Subject
from eventapp.telling.rules import quiet
from eventapp.web.permissions import Permission, current_person, reach, requires
from eventapp.web.registry import Reached

bp = Blueprint("events_staff", __name__, url_prefix="/staff/events")


@bp.get("/")
@requires(Permission.READ_EVENTS, anywhere=True)
def index() -> ResponseReturnValue:
    found, open_to = queries.events(reach(Permission.READ_EVENTS)), cases(reach(Permission.EDIT_EVENTS))
    return render_template("events/index.html", events=found, cases=open_to)


@bp.route("/new/<case_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def new(case_id: str) -> ResponseReturnValue:
    """Begin an event of a case."""
    case, form = case_by_id(case_id), NewEventForm()
    if not form.is_submitted():
        return render_template("events/new.html", case=case, form=form)
    if not form.validate() or not form.fits():
        return render_template("events/new.html", case=case, form=form), 422
    event = actions.create(case, form.facts(), form.place(), form.max_persons.data, by=current_person())
    flash(_("The event is a draft. This page says what it needs before it can be published."), "success")
    return _to_desk(event)


@bp.route("/<event_id>/settings", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def settings(event_id: str) -> ResponseReturnValue:
    """What people are told of the event."""
    event = hold(queries.event_by_id(event_id))
    form = SettingsForm.of(event)
    if not form.is_submitted():
        return _settings(event, form)
    if not form.validate() or not form.fits() or form.lacks_plan(event) or not _changed(event, form):
        return _settings(event, form), 422
    flash(_("Saved."), "success")
    return redirect(url_for("events_staff.settings", event_id=event.id), 303)


@bp.route("/<event_id>/hall", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def hall(event_id: str) -> ResponseReturnValue:
    """The limit of the hall, and the seats."""
    event = hold(queries.event_by_id(event_id))
    form = HallForm.of(event)
    if not form.is_submitted():
        return render_template("events/hall.html", event=event, form=form)
    if not form.validate() or form.lacks_plan(event) or not _hall_changed(event, form):
        return render_template("events/hall.html", event=event, form=form), 422
    flash(_("Saved."), "success")
    return redirect(url_for("events_staff.hall", event_id=event.id), 303)


@bp.get("/<event_id>/programme")
@requires(Permission.READ_EVENTS)
def programme(event_id: str) -> ResponseReturnValue:
    """Programme, themes, and what people come as."""
    return render_template("events/programme.html", event=queries.event_by_id(event_id), lists=list(LISTS.values()))


@bp.get("/<event_id>/case")
@requires(Permission.READ_EVENTS)
def case(event_id: str) -> ResponseReturnValue:
    """To the case that the event belongs to."""
    return redirect(url_for("cases_staff.show", case_id=queries.event_by_id(event_id).case_id), 302)


@bp.get("/<event_id>/preview")
@requires(Permission.READ_EVENTS)
def preview(event_id: str) -> ResponseReturnValue:
    """The public page as it is going to be."""
    return views.page(queries.event_by_id(event_id), is_preview=True)


@bp.get("/<event_id>/publication")
@requires(Permission.EDIT_EVENTS)
def publication(event_id: str) -> ResponseReturnValue:
    """What must be there before everybody sees the event, with the reason of each."""
    event = queries.event_by_id(event_id)
    return render_template("events/publication.html", event=event, conditions=checklist_rules.conditions(event))


@bp.post("/<event_id>/publication")
@requires(Permission.EDIT_EVENTS)
def publish(event_id: str) -> ResponseReturnValue:
    event = queries.event_by_id(event_id)
    actions.publish(event, by=current_person(), now=clock.now())
    flash(_("The event is published: everybody can see it now."), "success")
    return _to_desk(event)


@bp.route("/<event_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.EDIT_EVENTS)
def cancel(event_id: str) -> ResponseReturnValue:
    """Call the event off. This cannot be undone."""
    event, form = queries.event_by_id(event_id), CancelForm()
    reached = _reached(event)
    if not form.is_submitted():
        return render_template("events/cancel.html", event=event, form=form, reached=reached)
    if not form.validate():
        return render_template("events/cancel.html", event=event, form=form, reached=reached), 422
    actions.cancel(event, form.text.data, by=current_person(), now=clock.now())
    flash(_("The event is called off."), "success")
    return _to_desk(event)


def _changed(event: Event, form: SettingsForm) -> bool:
    """Change the event; a refusal is said on the form, and nothing is kept of it."""
    try:
        plan = form.plan(event)
        now, facts = clock.now(), form.facts()
        waits, why = quiet(min(event.starts_at, facts.starts_at), now), form.reason.data or ""
        place, by = form.place(), current_person()
        actions.change(event, facts, place, by=by, now=now, plan=plan, reason=why, quiet=waits)
    except HallTooSmallError as refusal:
        form.form_errors = [str(refusal)]
        return False
    return True


def _settings(event: Event, form: SettingsForm) -> str:
    return render_template("events/settings.html", event=event, form=form, reached=_reached(event))


def _reached(event: Event) -> list[Reached]:
    """Who would hear of it now, were the event to become another or be called off."""
    if event.published_at is None:
        return []
    with reading() as conn:
        return telling.reached(conn, Subject.EVENT, event.id, list(Fact), clock.now())


def _hall_changed(event: Event, form: HallForm) -> bool:
    """Change the hall; a refusal is said on the form, and nothing is kept of it."""
    try:
        actions.change_hall(event, form.hall(), by=current_person(), now=clock.now())
    except (HallTooSmallError, SeatsTakenError) as refusal:
        form.form_errors = [str(refusal)]
        return False
    return True


def _to_desk(event: Event) -> ResponseReturnValue:
    return redirect(url_for("events.desk", event_id=event.id), 303)
