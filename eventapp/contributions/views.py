"""The pages of contributions: the form, the receipt, the organiser's list."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from eventapp import clock
from eventapp.contributions import actions, queries, words
from eventapp.contributions.actions import SentContribution
from eventapp.contributions.entries import CONTRIBUTION
from eventapp.contributions.errors import OtherContributionError
from eventapp.contributions.forms import ContributionForm
from eventapp.contributions.models import Contribution
from eventapp.db import db, new_id, reading
from eventapp.events import rules as event_rules
from eventapp.events.models import Event
from eventapp.events.queries import event_by_id, published_event
from eventapp.events.rules import Road
from eventapp.filling.hooks import has_own_key
from eventapp.record import store
from eventapp.web import own
from eventapp.web.csrf import from_strangers
from eventapp.web.permissions import Permission, current_person, public, requires

bp = Blueprint("contributions", __name__)


@bp.get("/events/<slug>/contribute")
@public
def form(slug: str) -> ResponseReturnValue:
    return _form(published_event(slug), _fresh_form(), "")


@bp.get("/events/<slug>/contribute/<token>")
@public
def link_form(slug: str, token: str) -> ResponseReturnValue:
    """The same form, reached by the link of somebody who came; opening it changes nothing."""
    event = published_event(slug)
    return _form(event, _fresh_form(), token if queries.is_link(event.id, token) else "")


@bp.post("/events/<slug>/contribute", defaults={"token": ""})
@bp.post("/events/<slug>/contribute/<token>")
@from_strangers
@has_own_key
@public
def contribute(slug: str, token: str) -> ResponseReturnValue:
    event, filled = published_event(slug), ContributionForm()
    filled.offer(event.themes)
    if not filled.validate_on_submit() or not filled.fits():
        return _form(event, filled, token), 422
    sent = filled.sent(was_present=queries.is_link(event.id, token))
    try:
        contribution = _from_here(event, sent) or actions.contribute(event, sent, now=clock.now())
    except OtherContributionError as refusal:
        filled.text.errors = [str(refusal)]
        filled.submission_key.data = new_id()
        return _form(event, filled, token), 422
    own.remember(_mark(event, sent))
    return redirect(url_for(".receipt", token=actions.receipt_token(contribution.id)), 303)


def _from_here(event: Event, sent: SentContribution) -> Contribution | None:
    """The same input that this browser has sent already. From elsewhere it is another's, for it names no address."""
    return queries.same_contribution(event.id, sent.content_hash()) if own.is_from_here(_mark(event, sent)) else None


def _mark(event: Event, sent: SentContribution) -> str:
    return f"{event.id} {sent.content_hash()}"


@bp.get("/contributions/<token>")
@public
def receipt(token: str) -> ResponseReturnValue:
    found = queries.contribution_with_receipt(token)
    with reading() as conn:
        seq = store.number_of(conn, found.event.case_id, CONTRIBUTION.name, found.id)
    return render_template("contributions/receipt.html", contribution=found, event=found.event, seq=seq)


@bp.get("/staff/events/<event_id>/contributions")
@requires(Permission.READ_CONTRIBUTIONS)
def index(event_id: str) -> ResponseReturnValue:
    event = event_by_id(event_id)
    with reading() as conn:
        numbers = store.numbers(conn, event.case_id, CONTRIBUTION.name)
    return render_template(
        "contributions/index.html",
        words=words,
        numbers=numbers,
        event=event,
        contributions=queries.contributions(event_id),
        links_sent=queries.links_sent(event_id),
        waiting=queries.number_to_be_asked(db.session.connection(), event_id),
        can_ask=event_rules.is_open(Road.ASK, event, clock.now()),
    )


@bp.post("/staff/events/<event_id>/follow-ups")
@requires(Permission.EDIT_EVENTS)
def ask(event_id: str) -> ResponseReturnValue:
    asked = actions.ask_those_who_came(event_by_id(event_id), by=current_person(), now=clock.now())
    words = ngettext("The link is on its way to %(num)s person.", "The link is on its way to %(num)s people.", asked)
    flash(words, "success")
    return redirect(url_for(".index", event_id=event_id), 303)


def _fresh_form() -> ContributionForm:
    return ContributionForm(submission_key=new_id())


def _form(event: Event, filled: ContributionForm, token: str) -> str:
    filled.offer(event.themes)
    return render_template(
        "contributions/form.html", event=event, form=filled, token=token, phase=event_rules.phase(event, clock.now())
    )
