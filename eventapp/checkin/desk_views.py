"""The organiser's page of the doors: how full the room is, which doors and phones are open, new shift codes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.checkin import actions, queries, staffing_queries, words
from eventapp.checkin.errors import DoorExistsError
from eventapp.checkin.forms import DoorForm
from eventapp.events.queries import event_by_id
from eventapp.formats import qr
from eventapp.registration import ticket_rules
from eventapp.web.permissions import Permission, current_person, requires
from eventapp.web.urls import external_url

bp = Blueprint("checkin_desk", __name__, url_prefix="/staff/events/<event_id>/door")


@bp.get("")
@requires(Permission.MANAGE_DOORS)
def overview(event_id: str) -> ResponseReturnValue:
    return _page(event_id, DoorForm()), 200


@bp.post("/doors")
@requires(Permission.MANAGE_DOORS)
def add_door(event_id: str) -> ResponseReturnValue:
    form = DoorForm()
    if not form.validate():
        return _page(event_id, form), 422
    try:
        name = " ".join(str(form.name.data).split())
        actions.add_door(event_by_id(event_id), name, by=current_person(), now=clock.now())
    except DoorExistsError as error:
        form.name.errors = [str(error)]
        return _page(event_id, form), 422
    return redirect(url_for("checkin_desk.overview", event_id=event_id), 303)


@bp.post("/doors/<door_id>/shifts")
@requires(Permission.MANAGE_DOORS)
def begin_shift(event_id: str, door_id: str) -> ResponseReturnValue:
    shift = actions.begin_shift(staffing_queries.door(event_id, door_id), by=current_person(), now=clock.now())
    return redirect(url_for("checkin_desk.show_shift", event_id=event_id, shift_id=shift.id), 303)


@bp.get("/shifts/<shift_id>")
@requires(Permission.MANAGE_DOORS)
def show_shift(event_id: str, shift_id: str) -> ResponseReturnValue:
    """The code of a shift that runs, to be typed or scanned by the phone at the door."""
    shift, now = staffing_queries.shift(event_id, shift_id), clock.now()
    runs = shift.ended_at is None and shift.expires_at > now
    code = actions.shift_code(shift.id) if runs else None
    # What stands behind # never leaves the phone: the code gets into no log on its way.
    picture = qr.svg(f"{external_url('checkin.door')}#{code}", words.qr_title()) if code else None
    return render_template(
        "checkin/shift.html",
        event=event_by_id(event_id),
        shift=shift,
        code=ticket_rules.grouped(code) if code else None,
        picture=picture,
        address=external_url("checkin.door"),
    )


@bp.post("/shifts/<shift_id>/ending")
@requires(Permission.MANAGE_DOORS)
def end_shift(event_id: str, shift_id: str) -> ResponseReturnValue:
    actions.end_shift(staffing_queries.shift(event_id, shift_id), by=current_person(), now=clock.now())
    return redirect(url_for("checkin_desk.overview", event_id=event_id), 303)


@bp.post("/devices/<device_id>/ending")
@requires(Permission.MANAGE_DOORS)
def revoke(event_id: str, device_id: str) -> ResponseReturnValue:
    actions.revoke(staffing_queries.session(event_id, device_id), by=current_person(), now=clock.now())
    return redirect(url_for("checkin_desk.overview", event_id=event_id), 303)


@bp.post("/devices/<device_id>/resumption")
@requires(Permission.MANAGE_DOORS)
def let_go_on(event_id: str, device_id: str) -> ResponseReturnValue:
    actions.let_go_on(staffing_queries.session(event_id, device_id), by=current_person())
    return redirect(url_for("checkin_desk.overview", event_id=event_id), 303)


def _page(event_id: str, form: DoorForm) -> str:
    event, now, doors = event_by_id(event_id), clock.now(), staffing_queries.doors(event_id)
    room = queries.room(event_id) if doors else None
    return render_template(
        "checkin/desk.html",
        event=event,
        form=form,
        errors=form.errors,
        doors=doors,
        room=room,
        facts=words.looked_at(room, now) if room else None,
        shifts=staffing_queries.open_shifts(event_id, now),
        devices=staffing_queries.devices(event_id, now),
    )
