"""The organiser's page of what the guests of one event are asked."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import db
from eventapp.events.queries import event_by_id
from eventapp.registration import asking_actions, fields
from eventapp.registration.asking_forms import QuestionForm
from eventapp.web.permissions import Permission, current_person, requires

bp = Blueprint("asking", __name__, url_prefix="/staff/events/<event_id>/registrations/questions")


@bp.get("")
@requires(Permission.EDIT_EVENTS)
def index(event_id: str) -> ResponseReturnValue:
    """The standard fields, the event's own ones, and a form for one more."""
    return _page(event_id, QuestionForm(formdata=None))


@bp.post("")
@requires(Permission.EDIT_EVENTS)
def add(event_id: str) -> ResponseReturnValue:
    form = QuestionForm()
    if not form.validate_on_submit() or not form.fits():
        return _page(event_id, form), 422
    asking_actions.ask(event_by_id(event_id), form.question(), by=current_person())
    return redirect(url_for(".index", event_id=event_id), 303)


@bp.post("/<field_id>/ending")
@requires(Permission.EDIT_EVENTS)
def end(event_id: str, field_id: str) -> ResponseReturnValue:
    """Ask it of nobody any more."""
    asking_actions.stop_asking(event_by_id(event_id).id, field_id, by=current_person())
    return redirect(url_for(".index", event_id=event_id), 303)


def _page(event_id: str, form: QuestionForm) -> str:
    return render_template(
        "registration/staff/questions.html",
        event=event_by_id(event_id),
        form=form,
        own=fields.of_event(db.session.connection(), event_id),
        standard=fields.declared().all(),
        seen_by=fields.seen_by,
    )
