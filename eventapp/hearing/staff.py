"""The case officer's pages of a hearing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.fields.choices import SelectChoice

from eventapp import audit, blobs, clock
from eventapp.cases.queries import case_by_id, version_of
from eventapp.db import db, write
from eventapp.formats.files import download
from eventapp.hearing import actions, queries, rules
from eventapp.hearing.forms import ExtensionForm, HearingForm, LinkForm, MaterialForm, PartyForm
from eventapp.hearing.models import Hearing, Party
from eventapp.web.permissions import Permission, current_person, requires

bp = Blueprint("hearing_staff", __name__, url_prefix="/staff/hearings")


@bp.get("/new/<case_id>")
@requires(Permission.EDIT_HEARINGS)
def new(case_id: str) -> ResponseReturnValue:
    return render_template("hearing/new.html", case=case_by_id(case_id), form=HearingForm())


@bp.post("/new/<case_id>")
@requires(Permission.EDIT_HEARINGS)
def create(case_id: str) -> ResponseReturnValue:
    case, form = case_by_id(case_id), HearingForm()
    if not form.validate_on_submit() or not form.fits():
        return render_template("hearing/new.html", case=case, form=form), 422
    hearing = actions.open_hearing(case, form.plan(), by=current_person(), now=clock.now())
    return _back(hearing)


@bp.get("/<hearing_id>")
@requires(Permission.READ_HEARINGS)
def show(hearing_id: str) -> ResponseReturnValue:
    return _page(queries.hearing(hearing_id))


@bp.post("/<hearing_id>/parties")
@requires(Permission.EDIT_HEARINGS)
def add_party(hearing_id: str) -> ResponseReturnValue:
    hearing, form = queries.hearing(hearing_id), PartyForm()
    if not form.validate_on_submit() or not form.is_new_to(hearing):
        return _page(hearing, party_form=form), 422
    actions.add_party(hearing, form.name.data, form.email.data, by=current_person())
    return _back(hearing)


@bp.post("/<hearing_id>/material")
@requires(Permission.EDIT_HEARINGS)
def add_material(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    form = _material_form(hearing)
    if not form.validate_on_submit():
        return _page(hearing, material_form=form), 422
    actions.add_material(hearing, version_of(hearing.case, form.version.data), by=current_person())
    return _back(hearing)


@bp.post("/<hearing_id>/notices")
@requires(Permission.EDIT_HEARINGS)
def send_notices(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    sent = actions.send_notices(hearing, by=current_person(), now=clock.now())
    words = ngettext("The hearing was sent to %(num)s party.", "The hearing was sent to %(num)s parties.", len(sent))
    flash(words, "success")
    return _back(hearing)


@bp.post("/<hearing_id>/deadlines")
@requires(Permission.EDIT_HEARINGS)
def extend(hearing_id: str) -> ResponseReturnValue:
    hearing, form = queries.hearing(hearing_id), ExtensionForm()
    if not form.validate_on_submit() or not form.is_later_than(hearing.deadline_at):
        return _page(hearing, extension_form=form), 422
    change = actions.extend_deadline(hearing, form.moment, form.reason.data, by=current_person(), now=clock.now())
    told = ngettext("%(num)s party is told.", "%(num)s parties are told.", change.told)
    flash(_("The deadline was extended. %(told)s", told=told), "success")
    return _back(hearing)


@bp.get("/<hearing_id>/closing")
@requires(Permission.EDIT_HEARINGS)
def confirm_closing(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    return render_template("hearing/close.html", hearing=hearing, counts=queries.counts(hearing_id))


@bp.post("/<hearing_id>/closing")
@requires(Permission.EDIT_HEARINGS)
def close(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    actions.close(hearing, by=current_person(), now=clock.now())
    return _back(hearing)


@bp.get("/<hearing_id>/answers")
@requires(Permission.READ_ANSWERS)
def answers(hearing_id: str) -> ResponseReturnValue:
    hearing, found = queries.hearing(hearing_id), queries.answers(hearing_id)
    return render_template("hearing/answers.html", hearing=hearing, answers=found, counts=queries.counts(hearing_id))


@bp.get("/answers/<answer_id>")
@requires(Permission.READ_ANSWERS)
def answer(answer_id: str) -> ResponseReturnValue:
    found = queries.answer(answer_id)
    _note_reading("hearing.answer_read", answer_id)
    form = _link_form(found.hearing, found.party_id)
    return render_template("hearing/staff_answer.html", answer=found, hearing=found.hearing, form=form)


@bp.get("/answers/<answer_id>/attachments/<int:position>")
@requires(Permission.READ_ANSWERS)
def attachment(answer_id: str, position: int) -> ResponseReturnValue:
    found = queries.attachment(answer_id, position)
    _note_reading("hearing.attachment_read", answer_id)
    return download(blobs.path(found.sha256), found.file_name, found.media_type)


@bp.post("/answers/<answer_id>/party")
@requires(Permission.EDIT_HEARINGS)
def link_answer(answer_id: str) -> ResponseReturnValue:
    found = queries.answer(answer_id)
    form = _link_form(found.hearing, None)
    if not form.validate_on_submit():
        return render_template("hearing/staff_answer.html", answer=found, hearing=found.hearing, form=form), 422
    actions.link_answer(found, db.session.get(Party, form.party.data or ""), by=current_person())
    return redirect(url_for(".answer", answer_id=answer_id), 303)


def _page(hearing: Hearing, **forms: Any) -> str:
    person, now = current_person(), clock.now()
    shown = {
        "party_form": PartyForm(formdata=None),
        "material_form": _material_form(hearing),
        "extension_form": ExtensionForm(formdata=None),
        **forms,
    }
    return render_template(
        "hearing/staff.html",
        hearing=hearing,
        parties=queries.parties(hearing.id),
        counts=queries.counts(hearing.id),
        state=rules.state(hearing.published_at, hearing.deadline_at, hearing.closed_at, now),
        is_short=rules.is_short(hearing.starts_at, hearing.deadline_at),
        person=person,
        **shown,
    )


def _material_form(hearing: Hearing) -> MaterialForm:
    form, used = MaterialForm(), {one.version_id for one in hearing.material}
    newest = [(one.versions[0], one.title) for one in hearing.case.documents if one.versions]
    form.version.choices = [SelectChoice(version.id, title) for version, title in newest if version.id not in used]
    return form


def _link_form(hearing: Hearing, chosen: str | None) -> LinkForm:
    form = LinkForm(party=chosen or "") if request.method == "GET" else LinkForm()
    parties = [SelectChoice(one.id, one.name) for one in hearing.parties]
    form.party.choices = [SelectChoice("", _("No party on the list")), *parties]
    return form


def _note_reading(act: str, subject_id: str) -> None:
    person = current_person()
    write(lambda conn: audit.insert(conn, person, act, subject_id))


def _back(hearing: Hearing) -> ResponseReturnValue:
    return redirect(url_for(".show", hearing_id=hearing.id), 303)
