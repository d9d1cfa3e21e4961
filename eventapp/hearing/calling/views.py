"""The case officer's pages of a hearing: set it up, send it, extend it, close it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Row
from wtforms.fields.choices import SelectChoice

from eventapp import clock
from eventapp.cases.models import Document
from eventapp.cases.queries import case_by_id, version_of
from eventapp.db import db, reading
from eventapp.hearing import queries, rules, words
from eventapp.hearing.blueprint import staff_pages
from eventapp.hearing.calling import actions
from eventapp.hearing.calling.forms import ExtensionForm, HearingForm, MaterialForm, PartyForm
from eventapp.hearing.entries import NOTICE
from eventapp.hearing.errors import BecomesPublicError
from eventapp.hearing.models import Hearing, Party
from eventapp.languages import Text, with_words
from eventapp.mail import standing
from eventapp.record import store
from eventapp.telling import queries as telling
from eventapp.telling.models import Fact, Subject
from eventapp.telling.rules import quiet
from eventapp.web.permissions import Permission, current_person, requires
from eventapp.web.registry import Reached
from eventapp.work import words as job_words
from eventapp.work.queries import jobs_about


@staff_pages.get("/new/<case_id>")
@requires(Permission.EDIT_HEARINGS)
def new(case_id: str) -> ResponseReturnValue:
    return render_template("hearing/new.html", case=case_by_id(case_id), form=HearingForm())


@staff_pages.post("/new/<case_id>")
@requires(Permission.EDIT_HEARINGS)
def create(case_id: str) -> ResponseReturnValue:
    case, form = case_by_id(case_id), HearingForm()
    if not form.validate_on_submit() or not form.fits(clock.now()):
        return render_template("hearing/new.html", case=case, form=form), 422
    hearing = actions.open_hearing(case, form.plan(), by=current_person(), now=clock.now())
    return _back(hearing)


@staff_pages.get("/<hearing_id>")
@requires(Permission.READ_HEARINGS)
def show(hearing_id: str) -> ResponseReturnValue:
    return _page(queries.hearing(hearing_id))


@staff_pages.post("/<hearing_id>/parties")
@requires(Permission.EDIT_HEARINGS)
def add_party(hearing_id: str) -> ResponseReturnValue:
    hearing, form = queries.hearing(hearing_id), PartyForm()
    if not form.validate_on_submit() or not form.is_new_to(hearing):
        return _page(hearing, party_form=form), 422
    actions.add_party(hearing, form.name.data, form.email.data, by=current_person(), now=clock.now())
    return _back(hearing)


@staff_pages.post("/<hearing_id>/material")
@requires(Permission.EDIT_HEARINGS)
def add_material(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    form = _material_form(hearing)
    if not form.validate_on_submit():
        return _page(hearing, material_form=form), 422
    version, may_publish = version_of(hearing.case, form.version.data), form.may_publish.data
    try:
        actions.add_material(hearing, version, by=current_person(), now=clock.now(), may_publish=may_publish)
    except BecomesPublicError as refusal:
        form.may_publish.errors = [str(refusal)]
        return _page(hearing, material_form=form), 422
    return _back(hearing)


@staff_pages.post("/<hearing_id>/notices")
@requires(Permission.EDIT_HEARINGS)
def send_notices(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    sent = actions.send_notices(hearing, by=current_person(), now=clock.now())
    words = ngettext("The hearing was sent to %(num)s party.", "The hearing was sent to %(num)s parties.", len(sent))
    flash(words, "success")
    return _back(hearing)


@staff_pages.post("/<hearing_id>/deadlines")
@requires(Permission.EDIT_HEARINGS)
def extend(hearing_id: str) -> ResponseReturnValue:
    hearing, form = queries.hearing(hearing_id), ExtensionForm()
    if not form.validate_on_submit() or not form.fits(hearing.deadline_at, clock.now()):
        return _page(hearing, extension_form=form), 422
    now, reason = clock.now(), form.reason.data
    waits = quiet(hearing.deadline_at, now)
    change = actions.extend_deadline(hearing, form.moment, reason, by=current_person(), now=now, quiet=waits)
    told = ngettext("%(num)s party is told.", "%(num)s parties are told.", change.told)
    flash(_("The deadline was extended. %(told)s", told=told), "success")
    return _back(hearing)


@staff_pages.get("/<hearing_id>/closing")
@requires(Permission.EDIT_HEARINGS)
def confirm_closing(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    return render_template("hearing/close.html", hearing=hearing, counts=queries.counts(hearing))


@staff_pages.post("/<hearing_id>/closing")
@requires(Permission.EDIT_HEARINGS)
def close(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    actions.close(hearing, by=current_person(), now=clock.now())
    return _back(hearing)


def _page(hearing: Hearing, **forms: Any) -> str:
    person, now = current_person(), clock.now()
    shown = {
        "party_form": PartyForm(formdata=None),
        "material_form": _material_form(hearing),
        "extension_form": ExtensionForm(formdata=None),
        **forms,
    }
    with reading() as conn:
        numbers = store.numbers(conn, hearing.case_id, NOTICE.name)
        reached = telling.reached(conn, Subject.HEARING, hearing.id, [Fact.DEADLINE], now)
    parties = queries.parties(hearing.id)
    return render_template(
        "hearing/staff.html",
        numbers=numbers,
        hearing=hearing,
        parties=parties,
        reached=[*_parties_reached(parties), *reached],
        deliveries=_deliveries(parties),
        jobs=job_words.shown(jobs_about(hearing.id)),
        counts=queries.counts(hearing),
        state_words=words.state,
        state=rules.state(hearing, now),
        is_short=rules.is_short(hearing.starts_at, hearing.deadline_at),
        person=person,
        **shown,
    )


def _deliveries(parties: Sequence[Party]) -> dict[str, Row[Any]]:
    """Mail of a notice -> how it stands."""
    ids = [notice.mail_id for party in parties for notice in party.notices if notice.mail_id]
    return {one.id: one for one in standing.deliveries(db.session.connection(), mails=ids)}


def _parties_reached(parties: Sequence[Party]) -> list[Reached]:
    """Those who have a notice, and an address that was not erased."""
    number = sum(bool(one.notices and one.email) for one in parties)
    return [Reached(ngettext("%(num)s party", "%(num)s parties", number), number, number)] if number else []


def _material_form(hearing: Hearing) -> MaterialForm:
    form, used = MaterialForm(), {one.version_id for one in hearing.material}
    newest = [(one.versions[0], _material_name(one)) for one in hearing.case.documents if one.versions]
    form.version.choices = [SelectChoice(version.id, title) for version, title in newest if version.id not in used]
    return form


def _material_name(document: Document) -> Text:
    return document.title if document.is_public else with_words(_("%(title)s (staff only)"), title=document.title)


def _back(hearing: Hearing) -> ResponseReturnValue:
    return redirect(url_for(".show", hearing_id=hearing.id), 303)
