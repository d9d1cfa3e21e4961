"""The case officer's pages for putting a hearing right: its words, its material, its parties."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.fields.choices import SelectChoice

from eventapp import clock
from eventapp.corrections.forms import ReasonForm
from eventapp.db import hold
from eventapp.hearing import queries
from eventapp.hearing.blueprint import staff_pages
from eventapp.hearing.calling import correcting_actions as actions
from eventapp.hearing.calling.forms import CorrectPartyForm, HearingForm, MergeForm, TextsForm
from eventapp.hearing.models import Hearing, Party
from eventapp.web.permissions import Permission, current_person, requires


@staff_pages.route("/<hearing_id>/texts", methods=["GET", "POST"])
@requires(Permission.EDIT_HEARINGS)
def correct(hearing_id: str) -> ResponseReturnValue:
    """A draft is written anew; of what was sent title and question are corrected, and the parties told."""
    hearing = hold(queries.hearing(hearing_id))
    return _correct_sent(hearing) if hearing.published_at else _change_draft(hearing)


def _change_draft(hearing: Hearing) -> ResponseReturnValue:
    form, now = HearingForm.of(hearing), clock.now()
    if not form.is_submitted():
        return render_template("hearing/texts.html", hearing=hearing, form=form)
    if not form.validate() or not form.fits(now):
        return render_template("hearing/texts.html", hearing=hearing, form=form), 422
    actions.change_draft(hearing, form.plan(), by=current_person(), now=now)
    flash(_("Saved."), "success")
    return _to_hearing(hearing)


def _correct_sent(hearing: Hearing) -> ResponseReturnValue:
    form = TextsForm(obj=hearing)
    if not form.is_submitted():
        return render_template("hearing/texts.html", hearing=hearing, form=form)
    if not form.validate():
        return render_template("hearing/texts.html", hearing=hearing, form=form), 422
    texts = actions.Texts(form.title.data, form.question.data)
    told = actions.correct_texts(hearing, texts, form.reason.data, by=current_person(), now=clock.now())
    parties = ngettext("%(num)s party is told.", "%(num)s parties are told.", told)
    flash(_("Corrected, and entered into the record. %(told)s", told=parties), "success")
    return _to_hearing(hearing)


@staff_pages.post("/<hearing_id>/material/<int:annex>/removal")
@requires(Permission.EDIT_HEARINGS)
def remove_material(hearing_id: str, annex: int) -> ResponseReturnValue:
    hearing = queries.hearing(hearing_id)
    material = queries.material_of(hearing_id, annex)
    actions.remove_material(hearing, material, by=current_person(), now=clock.now())
    flash(_("Removed."), "success")
    return _to_hearing(hearing)


@staff_pages.route("/<hearing_id>/parties/<party_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_HEARINGS)
def party(hearing_id: str, party_id: str) -> ResponseReturnValue:
    """One party, to correct; and what else can be done with it."""
    found = hold(queries.party(hearing_id, party_id))
    form = CorrectPartyForm(obj=found)
    if not form.is_submitted():
        return _party_page(found, form)
    if not form.validate() or not form.is_new_to(found.hearing, found.id):
        return _party_page(found, form), 422
    values = form.name.data, form.email.data, form.reason.data
    actions.correct_party(found, *values, by=current_person(), now=clock.now())
    flash(_("Saved."), "success")
    return _to_party(found)


@staff_pages.post("/<hearing_id>/parties/<party_id>/removal")
@requires(Permission.EDIT_HEARINGS)
def remove_party(hearing_id: str, party_id: str) -> ResponseReturnValue:
    found, form = queries.party(hearing_id, party_id), ReasonForm()
    if not form.validate():
        return _party_page(found, CorrectPartyForm(formdata=None, obj=found), removal_form=form), 422
    hearing = found.hearing
    actions.remove_party(found, form.reason.data, by=current_person(), now=clock.now())
    flash(_("The party is taken off the list."), "success")
    return _to_hearing(hearing)


@staff_pages.post("/<hearing_id>/parties/<party_id>/merger")
@requires(Permission.EDIT_HEARINGS)
def merge_parties(hearing_id: str, party_id: str) -> ResponseReturnValue:
    found = queries.party(hearing_id, party_id)
    form = _merge_form(found)
    if not form.validate():
        return _party_page(found, CorrectPartyForm(formdata=None, obj=found), merge_form=form), 422
    other = queries.party(hearing_id, form.other.data)
    actions.merge_parties(found, other, form.reason.data, by=current_person(), now=clock.now())
    flash(_("The two rows are one now."), "success")
    return _to_party(found)


@staff_pages.post("/<hearing_id>/parties/<party_id>/notices")
@requires(Permission.EDIT_HEARINGS)
def send_again(hearing_id: str, party_id: str) -> ResponseReturnValue:
    """The hearing once more, to the address that the party has now."""
    found, number = queries.party(hearing_id, party_id), request.form.get("number", 0, type=int)
    actions.send_again(found, number, by=current_person(), now=clock.now())
    flash(_("The letter is on its way."), "success")
    return _to_party(found)


def _merge_form(party: Party, **options: None) -> MergeForm:
    form = MergeForm(**options)
    others = [one for one in queries.parties(party.hearing_id) if one.id != party.id]
    form.other.choices = [SelectChoice("", _("Choose")), *(SelectChoice(one.id, one.name) for one in others)]
    return form


def _party_page(
    party: Party, form: CorrectPartyForm, removal_form: ReasonForm | None = None, merge_form: MergeForm | None = None
) -> str:
    return render_template(
        "hearing/party.html",
        hearing=party.hearing,
        party=party,
        form=form,
        removal_form=removal_form or ReasonForm(formdata=None),
        merge_form=merge_form or _merge_form(party, formdata=None),
    )


def _to_party(party: Party) -> ResponseReturnValue:
    return redirect(url_for(".party", hearing_id=party.hearing_id, party_id=party.id), 303)


def _to_hearing(hearing: Hearing) -> ResponseReturnValue:
    return redirect(url_for(".show", hearing_id=hearing.id), 303)
