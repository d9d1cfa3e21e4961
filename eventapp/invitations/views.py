"""The reply page of an invitee's office, and the organiser's pages of invitations."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import blobs, clock
from eventapp.db import db, only_reads, write_from_here
from eventapp.errors import IncompleteError
from eventapp.events import rules as event_rules
from eventapp.events.models import QuotaKind
from eventapp.events.queries import event_by_id, quota
from eventapp.events.rules import Road
from eventapp.formats.files import download
from eventapp.invitations import actions, letter_files, queries, words
from eventapp.invitations.blueprint import bp
from eventapp.invitations.forms import InvitationForm, ReplyForm, StaffReplyForm, reply_form
from eventapp.invitations.models import Invitation, ReplyChannel, SightingKind
from eventapp.registration import fields as guest_fields
from eventapp.web.csrf import from_strangers
from eventapp.web.fields import Field
from eventapp.web.permissions import Permission, current_person, public, requires


@bp.get("/i/<token>")
@public
def reply_page(token: str) -> ResponseReturnValue:
    """The letter's essence and the three choices; opening it changes nothing, so mail scanners do no harm."""
    invitation = queries.invitation_with_link(token)
    return _reply_page(invitation, token, reply_form(ReplyForm, _own(invitation.event_id), formdata=None))


@bp.post("/i/<token>")
@from_strangers
@public
def reply(token: str) -> ResponseReturnValue:
    invitation = queries.invitation_with_link(token)
    form = reply_form(ReplyForm, _own(invitation.event_id))
    if not form.validate_on_submit() or not form.fits():
        return _reply_page(invitation, token, form), 422
    actions.reply(invitation, form.given(ReplyChannel.LINK), now=clock.now())
    return redirect(url_for(".reply_page", token=token), 303)


@bp.get("/staff/events/<event_id>/invitations")
@requires(Permission.READ_INVITATIONS)
def index(event_id: str) -> ResponseReturnValue:
    event = event_by_id(event_id)
    found = queries.invitations(event_id)
    return render_template(
        "invitations/index.html", event=event, invitations=found, deliveries=queries.deliveries(found)
    )


@bp.get("/staff/events/<event_id>/invitations/new")
@requires(Permission.EDIT_INVITATIONS)
def new(event_id: str) -> ResponseReturnValue:
    event, form = event_by_id(event_id), InvitationForm()
    form.offer(event)
    return render_template("invitations/new.html", event=event, form=form)


@bp.post("/staff/events/<event_id>/invitations")
@requires(Permission.EDIT_INVITATIONS)
def create(event_id: str) -> ResponseReturnValue:
    event, form = event_by_id(event_id), InvitationForm()
    form.offer(event)
    if not form.validate_on_submit() or not form.fits(event, clock.now()):
        return render_template("invitations/new.html", event=event, form=form), 422
    invitation = actions.invite(event, form.draft(), by=current_person(), now=clock.now())
    return redirect(url_for(".show", event_id=event_id, invitation_id=invitation.id), 303)


@bp.get("/staff/events/<event_id>/invitations/<invitation_id>")
@requires(Permission.READ_INVITATIONS)
def show(event_id: str, invitation_id: str) -> ResponseReturnValue:
    form = reply_form(StaffReplyForm, _own(event_id), formdata=None)
    return _show(queries.invitation(event_id, invitation_id), form)


@bp.post("/staff/events/<event_id>/invitations/<invitation_id>/letters")
@requires(Permission.EDIT_INVITATIONS)
def send(event_id: str, invitation_id: str) -> ResponseReturnValue:
    """Send the letter. The PDF is made and stored before the transaction that sends it begins."""
    only_reads()
    now, number = clock.now(), request.form.get("number", 0, type=int)
    found = queries.invitation(event_id, invitation_id)
    if number < 1:
        raise IncompleteError
    letter = blobs.put(letter_files.pdf_of(found, now))
    write_from_here()
    actions.send(queries.invitation(event_id, invitation_id), letter, by=current_person(), now=now, number=number)
    flash(_("The letter is on its way."), "success")
    return redirect(url_for(".show", event_id=event_id, invitation_id=invitation_id), 303)


@bp.get("/staff/events/<event_id>/invitations/<invitation_id>/letters/<int:number>")
@requires(Permission.READ_INVITATIONS)
def letter(event_id: str, invitation_id: str, number: int) -> ResponseReturnValue:
    queries.invitation(event_id, invitation_id)
    found = queries.letter(invitation_id, number)
    return download(blobs.path(found.sha256), f"invitation-{number}.pdf", "application/pdf")


@bp.post("/staff/events/<event_id>/invitations/<invitation_id>/replies")
@requires(Permission.EDIT_INVITATIONS)
def enter_reply(event_id: str, invitation_id: str) -> ResponseReturnValue:
    invitation, form = queries.invitation(event_id, invitation_id), reply_form(StaffReplyForm, _own(event_id))
    if not form.validate_on_submit() or not form.fits():
        return _show(invitation, form), 422
    given = form.given(ReplyChannel(form.channel.data))
    actions.reply(invitation, given, now=clock.now(), by=current_person())
    return redirect(url_for(".show", event_id=event_id, invitation_id=invitation_id), 303)


@bp.post("/staff/events/<event_id>/invitations/<invitation_id>/sightings/<any(came, spoke):kind>")
@requires(Permission.EDIT_INVITATIONS)
def see(event_id: str, invitation_id: str, kind: str) -> ResponseReturnValue:
    invitation = queries.invitation(event_id, invitation_id)
    actions.see(invitation, SightingKind(kind), by=current_person(), now=clock.now())
    return redirect(url_for(".show", event_id=event_id, invitation_id=invitation_id), 303)


def _own(event_id: str) -> list[Field]:
    return guest_fields.of_event(db.session.connection(), event_id)


def _reply_page(invitation: Invitation, token: str, form: ReplyForm) -> str:
    return render_template(
        "invitations/reply.html",
        invitation=invitation,
        event=invitation.event,
        token=token,
        form=form,
        place=invitation.event.place,
        role=words.wished_role(invitation.wished_role),
        phase=event_rules.phase(invitation.event, clock.now()),
        is_open=event_rules.is_open(Road.REPLY, invitation.event, clock.now()),
    )


def _has_seat(event_id: str) -> bool:
    """Whether a yes gets a seat, as things stand now."""
    seats = quota(event_id, QuotaKind.INVITED)
    return seats is not None and not seats.waiting and seats.taken < seats.seats


def _show(invitation: Invitation, form: StaffReplyForm) -> str:
    return render_template(
        "invitations/show.html",
        invitation=invitation,
        event=invitation.event,
        form=form,
        deliveries=queries.deliveries([invitation])[invitation.id],
        role=words.wished_role(invitation.wished_role),
        is_overdue=invitation.reply is None and clock.now() > invitation.reply_by_at,
        has_seat=invitation.reply is not None or _has_seat(invitation.event_id),
    )
