"""The organiser's pages: who has signed up, one registration, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from eventapp import audit, clock
from eventapp.db import db, only_reads, write
from eventapp.events import rules as event_rules
from eventapp.events.errors import HasBegunError
from eventapp.events.models import Event
from eventapp.events.queries import event_by_id
from eventapp.events.rules import Road
from eventapp.languages import Text
from eventapp.registration import actions, fields, jobs, queries, staff_queries, words
from eventapp.registration.models import AccessNeed, Origin, Reason, Registration, RegistrationState
from eventapp.registration.staff_forms import CancelForm, StaffSignUpForm, staff_sign_up_form
from eventapp.registration.staff_queries import DOUBLES, NO_CATEGORY, Wish
from eventapp.web import sealed
from eventapp.web.fields import Field
from eventapp.web.languages import chosen
from eventapp.web.permissions import Permission, allowed, current_person, requires
from eventapp.web.urls import page_number

bp = Blueprint("registration_staff", __name__, url_prefix="/staff/events/<event_id>/registrations")

STATES = {*RegistrationState, Origin.WALK_IN, DOUBLES}


@bp.get("")
@requires(Permission.READ_REGISTRATIONS)
def index(event_id: str) -> ResponseReturnValue:
    """Who has signed up: searched, sorted, in pages."""
    event = event_by_id(event_id)
    categories = [(one.id, one.label) for one in event.categories]
    wish = _wish(event, request.args, sealed.unseal(request.args.get("search", ""), current_person().id))
    found, columns = staff_queries.found(event.id, wish), _columns(event.id)
    answers = staff_queries.answers([row.id for row in found.rows])
    _note_answers(event.id, answers.values(), columns)
    return render_template(
        "registration/staff/index.html",
        event=event,
        wish=wish,
        filters=_filters(wish),
        found=found,
        tally=staff_queries.tally(event.id),
        quotas=staff_queries.quotas(event.id),
        states=_states(),
        categories=[("", _("All")), *categories, (NO_CATEGORY, _("Not stated"))],
        columns=columns,
        cells=_cells(found.rows, answers, columns),
        words=words,
    )


@bp.post("/searches")
@requires(Permission.READ_REGISTRATIONS)
def search(event_id: str) -> ResponseReturnValue:
    """Looks for somebody; what was typed stands in no address."""
    only_reads()
    wish = _wish(event_by_id(event_id), request.form, sealed.searched_for())
    return redirect(url_for(".index", event_id=event_id, **_filters(wish)), 303)


@bp.get("/new")
@requires(Permission.EDIT_REGISTRATIONS)
def new(event_id: str) -> ResponseReturnValue:
    event = event_by_id(event_id)
    return render_template("registration/staff/new.html", event=event, form=_sign_up_form(event.id))


@bp.post("")
@requires(Permission.EDIT_REGISTRATIONS)
def create(event_id: str) -> ResponseReturnValue:
    """Register somebody who called or wrote."""
    event, form = event_by_id(event_id), _sign_up_form(event_id)
    if not form.validate():
        return render_template("registration/staff/new.html", event=event, form=form), 422
    conn = db.session.connection()
    offered, brief = queries.choices(conn, event_id), queries.brief_by_id(conn, event_id)
    outcome = actions.register_by_staff(
        conn, brief, offered, form.sign_up(), form.sending(chosen()), by=current_person(), now=clock.now()
    )
    is_seat = outcome.state is RegistrationState.CONFIRMED
    flash(_("Registered, with a seat.") if is_seat else _("Registered, on the waiting list."), "success")
    return _to(event_id, outcome.registration_id)


@bp.get("/<registration_id>")
@requires(Permission.READ_REGISTRATIONS)
def show(event_id: str, registration_id: str) -> ResponseReturnValue:
    row = staff_queries.registration(event_id, registration_id)
    return render_template(
        "registration/staff/show.html",
        event=event_by_id(event_id),
        row=row,
        state=words.state(row.state, row.booking.origin),
        history=staff_queries.history(row.id),
        mails=staff_queries.mails(row.booking_id),
        others=[one for one in row.booking.heads if one.id != row.id],
        doubles=staff_queries.doubles_of(row),
        place=_place(row),
        told=_told(row),
        need=_need(row),
        words=words,
    )


@bp.post("/<registration_id>/mails")
@requires(Permission.EDIT_REGISTRATIONS)
def send_again(event_id: str, registration_id: str) -> ResponseReturnValue:
    """Send the ticket, or the place in line, once more."""
    row = staff_queries.registration(event_id, registration_id)
    actions.send_again(db.session.connection(), row.booking_id, by=current_person(), now=clock.now())
    flash(_("The mail is on its way."), "success")
    return _to(event_id, row.id)


@bp.get("/<registration_id>/cancellation")
@requires(Permission.EDIT_REGISTRATIONS)
def confirm_cancelling(event_id: str, registration_id: str) -> ResponseReturnValue:
    return _cancel_page(event_id, registration_id, CancelForm().offer())


@bp.post("/<registration_id>/cancellation")
@requires(Permission.EDIT_REGISTRATIONS)
def cancel(event_id: str, registration_id: str) -> ResponseReturnValue:
    """Cancel for a guest; the seat goes to the first in line."""
    form = CancelForm().offer()
    if not form.validate():
        return _cancel_page(event_id, registration_id, form), 422
    row = staff_queries.registration(event_id, registration_id)
    reason, by = Reason(form.reason.data), current_person()
    conn, now = db.session.connection(), clock.now()
    if form.whole.data:
        seated = actions.cancel_booking(conn, row.booking_id, reason=reason, now=now, by=by)
    else:
        seated = actions.cancel(conn, row.id, reason=reason, now=now, by=by)
    _say_seated(_("The registration is cancelled."), len(seated))
    return _to(event_id, row.id)


@bp.post("/seatings")
@requires(Permission.EDIT_REGISTRATIONS)
def seat_waiting(event_id: str) -> ResponseReturnValue:
    """Give free seats to the first in line."""
    event = event_by_id(event_id)
    event_rules.check(Road.MOVE_UP, event, clock.now(), HasBegunError)
    jobs.seats_were_changed(event.id, current_person())
    flash(_("Those first in line are being given the free seats."), "success")
    return redirect(url_for(".index", event_id=event_id), 303)


@bp.get("/access-needs")
@requires(Permission.READ_ACCESS_NEEDS)
def access_needs(event_id: str) -> ResponseReturnValue:
    """What guests need, for those who order interpreters and keep seats free. That it was read is noted (LAW-11)."""
    event = event_by_id(event_id)
    asked = [one for one in _readable(event.id) if _is_about_health(one) and one.key not in fields.KEPT_IN_COLUMNS]
    found = staff_queries.needs(event.id, [one.key for one in asked])
    _note_reading(event.id, len(found))
    answers = staff_queries.answers([row.id for row, _need in found])
    cells = {
        head: [one.shown(kept[one.key]) if one.key in kept else "–" for one in asked] for head, kept in answers.items()
    }
    return render_template(
        "registration/staff/needs.html",
        event=event,
        found=found,
        asked=asked,
        cells=cells,
        words=words,
        gone=staff_queries.kept_number(event.id, AccessNeed),
    )


# --- parts ---------------------------------------------------------------------------------------------------


def _wish(event: Event, asked: Mapping[str, str], text: str) -> Wish:
    """What is asked for; what the list does not know is left out."""
    state, category = asked.get("state", ""), asked.get("category", "")
    categories = {NO_CATEGORY, *(one.id for one in event.categories)}
    return Wish(
        text=text,
        state=state if state in STATES else "",
        category=category if category in categories else "",
        by_time=asked.get("sort") == "time",
        page=page_number(),
    )


def _filters(wish: Wish) -> dict[str, Any]:
    """The same as values of an address, without the page."""
    asked = {
        "search": sealed.seal(wish.text, current_person().id),
        "state": wish.state,
        "category": wish.category,
        "sort": "time" if wish.by_time else "",
    }
    return {name: value for name, value in asked.items() if value}


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        (RegistrationState.CONFIRMED, _("Confirmed")),
        (RegistrationState.WAITING, _("Waiting list")),
        (RegistrationState.CANCELLED, _("Not coming")),
        (Origin.WALK_IN, _("Walk-ins")),
        (DOUBLES, _("Possible duplicates")),
    ]


def _sign_up_form(event_id: str) -> StaffSignUpForm:
    conn = db.session.connection()
    return staff_sign_up_form(queries.choices(conn, event_id), fields.of_event(conn, event_id))


def _columns(event_id: str) -> list[Field]:
    """What the list shows of the answers beside the name."""
    return [one for one in _readable(event_id) if one.is_listed and one.key != "name"]


def _readable(event_id: str) -> list[Field]:
    """What is asked of the guests of an event and may be read by who looks."""
    own = fields.of_event(db.session.connection(), event_id)
    return [one for one in fields.declared().all(own) if allowed(one.seen_by)]


def _cells(
    rows: Sequence[Any], kept: Mapping[str, Mapping[str, str]], columns: Sequence[Field]
) -> dict[str, list[Text]]:
    """What stands in the columns, by the id of the row. ``kept``: the answers, by the same id."""
    return {row.id: _row_cells(row, fields.stored(row, kept[row.id]), columns) for row in rows}


def _row_cells(row: Any, values: Mapping[str, Text], columns: Sequence[Field]) -> list[Text]:
    """A guest's organisation stands with what the guest comes as."""
    with_organisation = {**values, "category": Markup(", ").join(filter(None, (values["category"], row.organisation)))}
    return [one.shown(with_organisation.get(one.key, "")) or "–" for one in columns]


def _told(row: Registration) -> list[tuple[Text, Text]]:
    """What a guest told us, name and value; needs of access stand apart."""
    kept, readable = staff_queries.answers([row.id])[row.id], _readable(row.event_id)
    _note_answers(row.id, [kept], readable)
    values = fields.stored(staff_queries.facts(row.id), kept)
    empty = {"email": _("None: nothing can be sent")}
    shown = [one for one in readable if one.key in values and one.key != "name"]
    told = [(one.name, one.shown(values[one.key]) or empty.get(one.key, "")) for one in shown]
    return [(name, value) for name, value in told if value]


def _place(row: Registration) -> int | None:
    waits = row.state is RegistrationState.WAITING
    return queries.place_in_line(db.session.connection(), row.booking_id) if waits else None


def _need(row: Registration) -> AccessNeed | None:
    need = staff_queries.need_of(row.id) if allowed(Permission.READ_ACCESS_NEEDS) else None
    if need:
        _note_reading(row.id, 1)
    return need


def _note_answers(subject_id: str, answers: Iterable[Mapping[str, str]], shown: Sequence[Field]) -> None:
    """What an organiser asks about health is read as access needs are: not without a note (LAW-11)."""
    keys = {one.key for one in shown if _is_about_health(one)}
    number = sum(not keys.isdisjoint(one) for one in answers)
    if number:
        _note_reading(subject_id, number)


def _is_about_health(field: Field) -> bool:
    return field.seen_by is Permission.READ_ACCESS_NEEDS


def _note_reading(subject_id: str, number: int) -> None:
    person = current_person()
    write(lambda conn: audit.insert(conn, person, "registration.needs_read", subject_id, number=number))


def _cancel_page(event_id: str, registration_id: str, form: CancelForm) -> str:
    row = staff_queries.registration(event_id, registration_id)
    return render_template("registration/staff/cancel.html", event=event_by_id(event_id), row=row, form=form)


def _say_seated(text: str, number: int) -> None:
    moved = ngettext("%(num)s got a seat from the waiting list.", "%(num)s got seats from the waiting list.", number)
    said = moved if number else _("Nobody got the seat from the waiting list.")
    flash(f"{text} {said}", "success")


def _to(event_id: str, registration_id: str) -> ResponseReturnValue:
    return redirect(url_for(".show", event_id=event_id, registration_id=registration_id), 303)
