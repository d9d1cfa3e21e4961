"""The case officer's pages of the answers that came in."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from eventapp import audit, blobs, clock
from eventapp.db import db, hold, write
from eventapp.formats.files import download
from eventapp.hearing import queries, rules, words
from eventapp.hearing.answering import actions
from eventapp.hearing.answering.forms import LinkForm
from eventapp.hearing.blueprint import staff_pages
from eventapp.hearing.models import Answer, Party
from eventapp.web.permissions import Permission, current_person, requires


@staff_pages.get("/<hearing_id>/answers")
@requires(Permission.READ_ANSWERS)
def answers(hearing_id: str) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    marks = [(one, words.timing(rules.timing(one, hearing))) for one in queries.answers(hearing_id)]
    return render_template("hearing/answers.html", hearing=hearing, answers=marks, counts=queries.counts(hearing))


@staff_pages.get("/answers/<answer_id>")
@requires(Permission.READ_ANSWERS)
def answer(answer_id: str) -> ResponseReturnValue:
    found = queries.answer(answer_id)
    _note_reading("hearing.answer_read", answer_id)
    return _answer_page(found, _link_form(found))


@staff_pages.get("/answers/<answer_id>/attachments/<int:position>")
@requires(Permission.READ_ANSWERS)
def attachment(answer_id: str, position: int) -> ResponseReturnValue:
    found = queries.attachment(answer_id, position)
    _note_reading("hearing.attachment_read", answer_id)
    return download(blobs.path(found.sha256), found.file_name, found.media_type)


@staff_pages.post("/answers/<answer_id>/party")
@requires(Permission.EDIT_HEARINGS)
def link_answer(answer_id: str) -> ResponseReturnValue:
    found = hold(queries.answer(answer_id))
    form = _link_form(found)
    if not form.validate_on_submit():
        return _answer_page(found, form), 422
    chosen = db.session.get(Party, form.party_id.data or "")
    actions.link_answer(found, chosen, by=current_person(), now=clock.now())
    return redirect(url_for(".answer", answer_id=answer_id), 303)


def _answer_page(found: Answer, form: LinkForm) -> str:
    mark = words.timing(rules.timing(found, found.hearing))
    shown = {"mark": mark, "speaks_as": words.sender_kind(found.sender_kind)}
    return render_template("hearing/staff_answer.html", answer=found, hearing=found.hearing, form=form, **shown)


def _link_form(answer: Answer) -> LinkForm:
    form = LinkForm(obj=answer)
    parties = [SelectChoice(one.id, one.name or _("erased")) for one in queries.parties(answer.hearing_id)]
    form.party_id.choices = [SelectChoice("", _("No party on the list")), *parties]
    return form


def _note_reading(act: str, subject_id: str) -> None:
    person = current_person()
    write(lambda conn: audit.insert(conn, person, act, subject_id))
