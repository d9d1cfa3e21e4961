"""The organiser's pages for putting an invitation right."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.corrections.forms import ReasonForm
from eventapp.db import hold
from eventapp.invitations import correcting_actions as actions
from eventapp.invitations import queries
from eventapp.invitations.blueprint import bp
from eventapp.invitations.forms import CorrectionForm, InvitationForm
from eventapp.invitations.models import Invitation
from eventapp.web.permissions import Permission, current_person, requires

HERE = "/staff/events/<event_id>/invitations/<invitation_id>"


@bp.route(f"{HERE}/correction", methods=["GET", "POST"])
@requires(Permission.EDIT_INVITATIONS)
def correct(event_id: str, invitation_id: str) -> ResponseReturnValue:
    """What was not sent is written anew; of what was sent only where letters go is corrected."""
    invitation = hold(queries.invitation(event_id, invitation_id))
    return _correct_sent(invitation) if invitation.letters else _change(invitation)


def _change(invitation: Invitation) -> ResponseReturnValue:
    event, form = invitation.event, InvitationForm.of(invitation)
    form.offer(event)
    if not form.is_submitted():
        return render_template("invitations/correct.html", event=event, invitation=invitation, form=form)
    if not form.validate() or not form.fits(event, clock.now()):
        return render_template("invitations/correct.html", event=event, invitation=invitation, form=form), 422
    actions.change(invitation, form.draft(), by=current_person())
    flash(_("Saved."), "success")
    return _to(invitation)


def _correct_sent(invitation: Invitation) -> ResponseReturnValue:
    event, form = invitation.event, CorrectionForm(obj=invitation)
    if not form.is_submitted():
        return render_template("invitations/correct.html", event=event, invitation=invitation, form=form)
    if not form.validate():
        return render_template("invitations/correct.html", event=event, invitation=invitation, form=form), 422
    values = form.ministry.data, form.email.data, form.reason.data
    actions.correct(invitation, *values, by=current_person(), now=clock.now())
    flash(_("Saved."), "success")
    return _to(invitation)


@bp.post(f"{HERE}/removal")
@requires(Permission.EDIT_INVITATIONS)
def remove(event_id: str, invitation_id: str) -> ResponseReturnValue:
    """Take away an invitation that was never sent."""
    actions.remove(queries.invitation(event_id, invitation_id), by=current_person())
    flash(_("Removed."), "success")
    return redirect(url_for(".index", event_id=event_id), 303)


@bp.route(f"{HERE}/withdrawal", methods=["GET", "POST"])
@requires(Permission.EDIT_INVITATIONS)
def withdraw(event_id: str, invitation_id: str) -> ResponseReturnValue:
    """Withdraw an invitation that was sent. This cannot be undone: a new one is written instead."""
    invitation, form = queries.invitation(event_id, invitation_id), ReasonForm()
    if not form.is_submitted():
        return render_template("invitations/withdraw.html", event=invitation.event, invitation=invitation, form=form)
    if not form.validate():
        page = render_template("invitations/withdraw.html", event=invitation.event, invitation=invitation, form=form)
        return page, 422
    actions.withdraw(invitation, form.reason.data, by=current_person(), now=clock.now())
    flash(_("The invitation is withdrawn, and the office is told."), "success")
    return _to(invitation)


def _to(invitation: Invitation) -> ResponseReturnValue:
    return redirect(url_for(".show", event_id=invitation.event_id, invitation_id=invitation.id), 303)
