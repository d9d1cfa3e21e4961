"""What a guest sees: the form, the ticket, the place in line, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row
from sqlalchemy.exc import OperationalError

from eventapp import clock, db
from eventapp.config import settings
from eventapp.errors import TooManyError, existing
from eventapp.events import rules as event_rules
from eventapp.events.rules import Road
from eventapp.formats import qr
from eventapp.formats.display import clock_time, number
from eventapp.mail import standing
from eventapp.mail.answers import in_words
from eventapp.registration import actions, forms, messages, notice_words, queries, rules, ticket_rules, words
from eventapp.registration.actions import SignedUp
from eventapp.registration.errors import (
    AlreadyCancelledError,
    EventNotOpenError,
    EventOverError,
    OtherContentError,
    SentBeforeError,
    TicketNotFoundError,
    TooManySeatsError,
)
from eventapp.registration.kept_fields import Found, look_up
from eventapp.registration.models import Reason, RegistrationState
from eventapp.registration.queries import BookedHead, Choice, EventBrief, OwnPage
from eventapp.tokens import token_hash
from eventapp.web import own, pages
from eventapp.web.csrf import from_strangers, protect
from eventapp.web.languages import chosen
from eventapp.web.lookups import Kept
from eventapp.web.outlines import slot
from eventapp.web.pages import kept_outline
from eventapp.web.permissions import public

bp = Blueprint("registration", __name__)


@bp.get("/events/<slug>/register")
@public
def form(slug: str) -> ResponseReturnValue:
    """The form, or when registration opens, or that it is over: all but key and token the same for everybody."""
    blank = forms.blank(clock.system_now())
    outline = kept_outline(("sign-up", slug, chosen()), lambda: _blank_form(slug))
    return outline.fill(key=blank.key, drawn_at=blank.drawn_at)


@bp.post("/events/<slug>/register")
@protect.exempt
@from_strangers
@public
def sign_up(slug: str) -> ResponseReturnValue:
    """Take in a sign-up. In a rush nothing here touches the database but the one write."""
    db.only_reads()
    kept: Kept[Found] = current_app.extensions["kept_briefs"]
    brief, offered, asks = kept.get(slug, look_up)
    sent = forms.read(request.form, asks, lang=chosen(), notice_version=notice_words.CURRENT, now=clock.system_now())
    if not sent.is_valid:  # whether seats are left is asked anew
        return _draw(look_up(slug).brief, offered, sent.form), 422
    fingerprint = sent.sign_up.fingerprint(brief.id)
    try:
        outcome = actions.sign_up(brief, offered, sent.sign_up, sent.sending, now=clock.now())
    except EventNotOpenError:
        return _not_open(look_up(slug).brief, typed=True), 409
    except OtherContentError as error:
        return _draw(brief, offered, forms.with_new_key(sent.form), earlier=own_page_url(error.earlier)), 422
    except SentBeforeError as error:
        return _sent_before(slug, error.earlier, fingerprint)
    except TooManySeatsError:
        return redirect(url_for(".mail_sent", slug=slug), 303)
    except OperationalError:  # a full disk, a database that is away: sent again with the same key it is one sign-up
        return _draw(brief, offered, sent.form, failed=True), 503, {"Retry-After": "30"}
    if outcome.took_last:
        pages.outdate()
    own.remember(fingerprint)
    return redirect(own_page_url(outcome), 303)


def _sent_before(slug: str, earlier: SignedUp, fingerprint: str) -> ResponseReturnValue:
    """The same from the same address: its page where it was sent from, and by mail for everybody else."""
    if own.is_from_here(fingerprint):
        return redirect(own_page_url(earlier), 303)
    db.write(lambda conn: actions.mail_again(conn, earlier.booking_id))
    return redirect(url_for(".mail_sent", slug=slug), 303)


@bp.get("/events/<slug>/register/mail")
@public
def mail_sent(slug: str) -> ResponseReturnValue:
    """What is said where saying more would tell who has signed up."""
    brief = look_up(slug).brief
    return render_template("registration/mail_sent.html", brief=brief)


@bp.get("/t/<code>")
@bp.get("/T/<code>", endpoint="ticket_in_capitals")
@public
def ticket(code: str) -> ResponseReturnValue:
    """The ticket with its QR code, for whoever holds the link."""
    page = _held(_ticket_hash(code), queries.page_by_ticket)
    return _own_page(page, ticket_rules.code_in(code) or code)


@bp.get("/w/<token>")
@public
def waiting(token: str) -> ResponseReturnValue:
    """The booking: the place in line, or the way to the tickets."""
    page = _held(token_hash(token), queries.page_by_link)
    alone = page.heads[0] if len(page.heads) == 1 else None
    if alone and alone.code and alone.is_live:
        return redirect(url_for(".ticket", code=alone.code))
    return _own_page(page, None)


@bp.get("/t/<code>/cancellation")
@public
def confirm_cancelling(code: str) -> ResponseReturnValue:
    """Asks; opening the link changes nothing."""
    page = _held(_ticket_hash(code), queries.page_by_ticket)
    return _ask(page, page.live, url_for(".ticket", code=code), url_for(".cancel", code=code))


@bp.post("/t/<code>/cancellation")
@from_strangers
@public
def cancel(code: str) -> ResponseReturnValue:
    db.only_reads()
    page = _held(_ticket_hash(code), queries.page_by_ticket)
    _cancel(page.heads[0].id)
    return redirect(url_for(".ticket", code=code), 303)


@bp.get("/w/<token>/cancellation")
@public
def confirm_leaving(token: str) -> ResponseReturnValue:
    """Asks about the whole booking; opening the link changes nothing."""
    page = _held(token_hash(token), queries.page_by_link)
    return _ask(page, page.live, url_for(".waiting", token=token), url_for(".leave", token=token))


@bp.post("/w/<token>/cancellation")
@from_strangers
@public
def leave(token: str) -> ResponseReturnValue:
    db.only_reads()
    page, now = _held(token_hash(token), queries.page_by_link), clock.now()
    with suppress(AlreadyCancelledError):  # pressing twice is once
        db.write(lambda conn: actions.cancel_booking(conn, page.id, reason=Reason.GUEST_CANCELLED, now=now))
    return redirect(url_for(".waiting", token=token), 303)


@bp.get("/w/<token>/<int:position>/cancellation")
@public
def confirm_leaving_one(token: str, position: int) -> ResponseReturnValue:
    """Asks about one of the booking; opening the link changes nothing."""
    page = _held(token_hash(token), queries.page_by_link)
    leaving = [one for one in (_head(page, position),) if one.is_live]
    action = url_for(".leave_one", token=token, position=position)
    return _ask(page, leaving, url_for(".waiting", token=token), action)


@bp.post("/w/<token>/<int:position>/cancellation")
@from_strangers
@public
def leave_one(token: str, position: int) -> ResponseReturnValue:
    db.only_reads()
    page = _held(token_hash(token), queries.page_by_link)
    _cancel(_head(page, position).id)
    return redirect(url_for(".waiting", token=token), 303)


@bp.get("/t/<code>/consent")
@public
def consent(code: str) -> ResponseReturnValue:
    """Asks whether we may no longer write afterwards; opening the link changes nothing."""
    page = _sender(_held(_ticket_hash(code), queries.page_by_ticket))
    return _consent(page, url_for(".ticket", code=code), url_for(".take_consent_back", code=code))


@bp.post("/t/<code>/consent")
@from_strangers
@public
def take_consent_back(code: str) -> ResponseReturnValue:
    db.only_reads()
    page = _sender(_held(_ticket_hash(code), queries.page_by_ticket))
    db.write(lambda conn: actions.take_consent_back(conn, page.id))
    return redirect(url_for(".consent", code=code), 303)


@bp.get("/w/<token>/consent")
@public
def consent_of_booking(token: str) -> ResponseReturnValue:
    """The same for those who wait or came in a group."""
    page = _held(token_hash(token), queries.page_by_link)
    return _consent(page, url_for(".waiting", token=token), url_for(".take_consent_of_booking_back", token=token))


@bp.post("/w/<token>/consent")
@from_strangers
@public
def take_consent_of_booking_back(token: str) -> ResponseReturnValue:
    db.only_reads()
    page = _held(token_hash(token), queries.page_by_link)
    db.write(lambda conn: actions.take_consent_back(conn, page.id))
    return redirect(url_for(".consent_of_booking", token=token), 303)


def own_page_url(outcome: SignedUp) -> str:
    """Where a guest sees what came of it: one alone the ticket, a group all of them."""
    if outcome.ticket_code and len(outcome.registration_ids) == 1:
        return url_for("registration.ticket", code=outcome.ticket_code)
    return url_for("registration.waiting", token=outcome.link_token)


# --- parts ---------------------------------------------------------------------------------------------------


def _not_open(brief: EventBrief, *, typed: bool = False) -> str:
    phase = event_rules.phase(brief, clock.now())
    return render_template(
        "registration/not_open.html", brief=brief, phase=phase, heading=words.not_open(phase), typed=typed
    )


def _blank_form(slug: str) -> str:
    brief, offered, asks = look_up(slug)
    if not event_rules.is_open(Road.SIGN_UP, brief, clock.now()):
        return _not_open(brief)
    return _draw(brief, offered, forms.SignUpForm(slot("key"), slot("drawn_at"), asks))


def _draw(
    brief: EventBrief,
    offered: list[Choice],
    form: forms.SignUpForm,
    earlier: str | None = None,
    *,
    failed: bool = False,
) -> str:
    full = {one.id for one in offered if not _free(brief, one)}
    return render_template(
        "registration/form.html",
        brief=brief,
        form=form,
        is_full=len(full) == len(offered) and not _free(brief, None),
        earlier=earlier,
        failed=failed,
        trap=forms.TRAP,
        notice_template=notice_words.template(),
        dpo_contact=settings().dpo_contact,
    )


def _free(brief: EventBrief, choice: Choice | None) -> int:
    seats = brief.seats_for(choice)
    return seats.free if seats else 0


def _ticket_hash(text: str) -> str:
    code = ticket_rules.code_in(text)
    return ticket_rules.code_hash(code) if code else ""


def _held(hashed: str, find: queries.Find) -> OwnPage:
    """What a code opens, by its hash.

    :raises TicketNotFoundError: when it opens nothing.
    :raises TooManyError: instead, when wrong codes have come from this address all the time.
    """
    now, address = clock.system_now(), request.remote_addr or ""
    with db.reading() as conn:
        page = find(conn, hashed)
        if page is not None:  # looked at first: nobody loses a ticket because others guess from the same address
            return page
        if rules.GUESSING.is_on(conn, address, now):
            raise TooManyError
    db.write(lambda conn: rules.GUESSING.miss(conn, address, now))
    raise TicketNotFoundError


def _own_page(page: OwnPage, code: str | None) -> str:
    """What a guest's own page says: drawn once for all guests of an event who stand alone in the same place."""
    now, brief, token = clock.now(), page.brief, ticket_rules.link_token(page.id)
    facts = {
        "template": _template(page, code),
        # only the sender is told where the mail went, not whoever was handed a ticket of the group
        "is_fresh": page.heads[0].position == 1 and rules.is_fresh(page.registered_at, now),
        "can_cancel": rules.can_cancel(ends_at=brief.ends_at, now=now),
        "may_write": page.wants_follow_up and page.heads[0].position == 1,
        "is_open": event_rules.is_open(Road.SIGN_UP, brief, now),
        "had_seat": any(one.ticket_id for one in page.heads),
    }
    mail = _told_by_mail(page)
    facts["mail"] = _worth_saying(mail, is_fresh=bool(facts["is_fresh"]))
    own = {"name": page.heads[0].name, "email": page.email, "place": number(page.place), "consent_url": ""}
    own |= _of_mail(mail)
    if facts["may_write"]:
        own["consent_url"] = url_for(".consent", code=code) if code else url_for(".consent_of_booking", token=token)
    if len(page.heads) > 1:
        own |= {"way_out": url_for(".confirm_leaving", token=token), "link_token": token}
        return _drawn(brief, facts, heads=page.heads, live=len(page.live), **own)
    outline = kept_outline(("own page", page.event_id, chosen(), *facts.values()), lambda: _outlined(brief, facts))
    if code is None:
        return outline.fill(**own, way_out=url_for(".confirm_leaving", token=token))
    drawing = qr.kept_svg(ticket_rules.scanned_address(code), _("QR code of your ticket"))
    way_out = url_for(".confirm_cancelling", code=code)
    return outline.fill(**own, way_out=way_out, qr=drawing, code=ticket_rules.grouped(code))


def _told_by_mail(page: OwnPage) -> Row[Any] | None:
    """The mail that told the sender what this page tells; nobody else is told where a mail went."""
    if not page.email or page.heads[0].position != 1:
        return None
    with db.reading() as conn:
        sent = standing.deliveries(conn, subjects=[page.id])
    return next((one for one in sent if one.message in messages.OWN), None)


def _worth_saying(mail: Row[Any] | None, *, is_fresh: bool) -> str:
    """How it stands: at first whatever that is, later only when the mail did not come."""
    code = standing.code(mail) if mail else ""
    return code if is_fresh or code not in {"sent", "waiting"} else ""


def _of_mail(mail: Row[Any] | None) -> dict[str, str]:
    if mail is None:
        return {"mail_time": "", "mail_answer": ""}
    return {"mail_time": clock_time(mail.due_at), "mail_answer": in_words(mail.answer)}


def _outlined(brief: EventBrief, facts: Mapping[str, object]) -> str:
    names = ("name", "email", "place", "way_out", "qr", "code", "consent_url", "mail_time", "mail_answer")
    slots = {name: slot(name) for name in names}
    return _drawn(brief, facts, **slots)


def _drawn(brief: EventBrief, facts: Mapping[str, object], **own: object) -> str:
    return render_template(f"registration/{facts['template']}.html", brief=brief, **facts, **own)


def _template(page: OwnPage, code: str | None) -> str:
    if page.state is RegistrationState.CANCELLED:
        return "cancelled"
    if page.state is RegistrationState.WAITING:
        return "waiting"
    return "ticket" if code else "tickets"


def _head(page: OwnPage, position: int) -> BookedHead:
    """
    :raises NotFoundError: when the booking has no such head.
    """
    return existing(next((one for one in page.heads if one.position == position), None))


def _sender(page: OwnPage) -> OwnPage:
    """
    :raises TicketNotFoundError: for the ticket of somebody who was brought along, whose consent it is not.
    """
    if page.heads[0].position != 1:
        raise TicketNotFoundError
    return page


def _consent(page: OwnPage, back: str, action: str) -> ResponseReturnValue:
    return render_template("registration/consent.html", page=page, brief=page.brief, back=back, action=action)


def _ask(page: OwnPage, leaving: list[BookedHead], back: str, action: str) -> ResponseReturnValue:
    """
    :raises EventOverError: when it is too late to ask.
    """
    if not leaving:
        return redirect(back)
    if not rules.can_cancel(ends_at=page.brief.ends_at, now=clock.now()):
        raise EventOverError
    return render_template(
        "registration/cancel.html", page=page, brief=page.brief, leaving=leaving, back=back, action=action
    )


def _cancel(registration_id: str) -> None:
    now = clock.now()
    with suppress(AlreadyCancelledError):  # pressing twice is once
        db.write(lambda conn: actions.cancel(conn, registration_id, reason=Reason.GUEST_CANCELLED, now=now))
