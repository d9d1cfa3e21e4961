"""The mails of registration: one row each in the outbox, which holds ids and no text.

What a mail says is looked up when it is sent, and its codes are made then; so no code ever stands in the database.
No subject says why somebody comes (LAW-02, LAW-09): the event's own name is all, and whom the mail is about where one
address holds several (ADR 0060).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import Connection

from eventapp import clock, db
from eventapp.events import calendar_files
from eventapp.formats import qr
from eventapp.mail import calendar, outbox, rendering
from eventapp.mail.queued import QueuedMail
from eventapp.registration import queries, ticket_rules
from eventapp.registration.models import RegistrationState
from eventapp.registration.queries import Booked, BookedHead, CalendarEntry, EventBrief
from eventapp.telling import queries as changes
from eventapp.telling import words
from eventapp.web.registry import Telling
from eventapp.web.urls import external_url

CONFIRMED, PROMOTED = "registration/confirmed", "registration/promoted"
WAITING, CANCELLED = "registration/waiting", "registration/cancelled"
CHANGED, CALLED_OFF = "registration/changed", "registration/called_off"
FULL_HOUSE = "registration/full_house"
OWN = frozenset({CONFIRMED, PROMOTED, WAITING})  # what the own page of a guest tells too
CALENDAR = {"name": "event.ics", "media_type": calendar.MEDIA_TYPE, "maker": "registration.calendar"}


class Recipient(Protocol):
    """Whoever gets the mail: the sender of a booking."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def lang(self) -> str: ...


def confirmed(conn: Connection, to: Recipient, positions: Iterable[int], *, public: bool = False) -> None:
    """You have seats; here are your tickets, one for each of the heads at these positions of the booking.

    ``public`` when anybody could have asked for this mail (S45).
    """
    _queue(conn, CONFIRMED, to, public=public, attachments=_tickets(positions))


def promoted(conn: Connection, to: Recipient, positions: Iterable[int]) -> None:
    """Seats came free and they are yours."""
    _queue(conn, PROMOTED, to, attachments=_tickets(positions))


def waiting(conn: Connection, to: Recipient, place: int, *, public: bool = False) -> None:
    """You stand in line; ``place`` is the number at this moment."""
    _queue(conn, WAITING, to, {"place": place}, public=public)


def cancelled(conn: Connection, booked: Booked, gone: Sequence[str], *, had_seat: bool, by_staff: bool) -> None:
    """These heads are cancelled. Who signs somebody up can cancel it at once, and again, so it counts (S45).

    The last seat of an address takes the entry out of its calendar.
    """
    told = {"registration_ids": list(gone), "had_seat": had_seat, "by_staff": by_staff}
    entry = queries.calendar_entry(conn, booked.event_id, booked.email, booked.calendar_uid)
    files = (CALENDAR,) if had_seat and not entry.is_wanted else ()
    _queue(conn, CANCELLED, booked, told, public=not by_staff, attachments=files)


def event_changed(conn: Connection, to: Recipient, brief: EventBrief, telling: Telling, *, has_seat: bool) -> None:
    """Something is another now, or the event is called off; once for each change.

    Who has a seat has an entry in the calendar, which goes along; who waits has none, and gets none.
    """
    message = CALLED_OFF if brief.cancelled_at else CHANGED
    told = {"since": telling.since, "number": telling.number}
    dedupe = f"{message}:{brief.calendar_sequence}:{to.id}"
    _queue(conn, message, to, told, attachments=(CALENDAR,) if has_seat else (), dedupe=dedupe)


def full_house(conn: Connection, event_id: str, email: str, lang: str) -> None:
    """This address holds as many heads as one may: the page could not say so, the mail can."""
    outbox.queue(conn, message=FULL_HOUSE, to=email, lang=lang, context={"event_id": event_id}, public=True)


def _queue(
    conn: Connection,
    message: str,
    to: Recipient,
    context: Mapping[str, Any] | None = None,
    *,
    public: bool = False,
    attachments: tuple[Mapping[str, object], ...] = (),
    dedupe: str | None = None,
) -> None:
    if not to.email:
        return  # signed up by telephone or came to the door: there is nobody to write to
    outbox.queue(
        conn,
        message=message,
        to=to.email,
        lang=to.lang,
        context={"booking_id": to.id, **(context or {})},
        subject_id=to.id,
        public=public,
        attachments=attachments,
        dedupe=dedupe,
    )


def _tickets(positions: Iterable[int]) -> tuple[Mapping[str, object], ...]:
    return (*map(_picture, positions), CALENDAR)


def _picture(position: int) -> Mapping[str, object]:
    return {"name": _file(position), "media_type": "image/png", "maker": "registration.qr", "inline": True}


def _file(position: int) -> str:
    """What the picture of a head's ticket is called in the mail."""
    return "ticket.png" if position == 1 else f"ticket-{position}.png"


# --- when it is sent -----------------------------------------------------------------------------------------


def read(values: dict[str, Any]) -> dict[str, Any]:
    """What the templates need of a booking; its codes are kept out of what staff can read later.

    ``tickets``: one mapping of name, file, url and code for each head that comes; ``files``: address of the ticket that
    each picture shows; ``headline``: the event, and whom the mail is about where its address has several to tell apart.
    """
    with db.reading() as conn:
        booked = queries.booked(conn, values["booking_id"])
        assert booked is not None
        brief = queries.brief_by_id(conn, booked.event_id)
        entry = queries.calendar_entry(conn, booked.event_id, booked.email, booked.calendar_uid)
        changed = changes.since(conn, brief.id, values["since"]) if "since" in values else None
    page_url = external_url("registration.waiting", token=ticket_rules.link_token(booked.id))
    gone = values.get("registration_ids", ())
    whose = _whose(booked, gone)
    shown = [_shown(one) for one in booked.live or booked.heads if one.code]
    return {
        "name": booked.heads[0].name,
        "headline": f"{brief.title} ({whose})" if whose and entry.bookings > 1 else brief.title,
        "booked": booked,
        "entry": entry,
        "changed": words.facts(changed.facts) if changed and changed.facts else "",
        "reasons": changed.reasons if changed else (),
        **_about(brief),
        "heads": len(booked.live),
        "gone": [one.name for one in booked.heads if one.id in gone],
        "staying": [one.name for one in booked.live],
        "tickets": shown,
        "files": {_file(one.position): ticket_rules.address(one.code) for one in booked.heads if one.code},
        "secrets": {"page_url": page_url, **_secrets(shown)},
    }


def _whose(booked: Booked, gone: Sequence[str]) -> str:
    """The first of those whom a mail is about, and how many others."""
    names = [one.name for one in booked.heads if one.id in gone] or [one.name for one in booked.live or booked.heads]
    named = [one for one in names if one]
    others = len(names) - 1
    if not named:
        return ""
    return _("%(name)s and %(others)s more", name=named[0], others=others) if others else named[0]


def _shown(head: BookedHead) -> dict[str, str]:
    code = head.code or ""
    url = ticket_rules.address(code)
    return {"name": head.name, "file": _file(head.position), "url": url, "code": ticket_rules.grouped(code)}


def _secrets(shown: Iterable[dict[str, str]]) -> dict[str, str]:
    return {f"{what}:{one['file']}": one[what] for one in shown for what in ("url", "code")}


def read_event(values: dict[str, Any]) -> dict[str, Any]:
    """What the templates need of an event where no booking is spoken of."""
    with db.reading() as conn:
        brief = queries.brief_by_id(conn, values["event_id"])
    return _about(brief)


def _about(brief: EventBrief) -> dict[str, Any]:
    return {"brief": brief, "title": brief.title, "event_url": _event_url(brief)}


def _event_url(brief: EventBrief) -> str:
    return external_url("events.show", slug=brief.slug)


def is_outdated(conn: Connection, mail: QueuedMail) -> bool:
    """Whether it says what is not so any more: another mail was queued when that happened.

    A ticket that was given back or belongs to an event that is called off, a place in line that became a seat, a change
    that was followed by another.
    """
    booked = queries.booked(conn, mail.context["booking_id"])
    if booked is None or (not booked.live and mail.message != CANCELLED):
        return True
    if mail.message in {CANCELLED, CALLED_OFF}:
        return False
    if queries.brief_by_id(conn, booked.event_id).cancelled_at:
        return True
    if mail.message == CHANGED:
        return rendering.has_later(conn, mail, CHANGED)
    wanted = RegistrationState.WAITING if mail.message == WAITING else RegistrationState.CONFIRMED
    return booked.state is not wanted


def qr_image(values: dict[str, Any]) -> bytes:
    """The QR code as PNG of the ticket that the file is of."""
    return qr.png(values["files"][values["file"]].upper())


def calendar_file(values: dict[str, Any]) -> bytes:
    """The event for the guest's own calendar, or what takes it out again, as things stand when the mail is sent.

    It holds no code: calendars are shared more freely than mails.
    """
    brief: EventBrief = values["brief"]
    booked: Booked = values["booked"]
    entry: CalendarEntry = values["entry"]
    meeting = calendar_files.meeting(brief, changed_at=clock.system_now(), uid=booked.calendar_uid, steps=entry.steps)
    write = calendar.event_file if entry.is_wanted and not brief.cancelled_at else calendar.cancel
    return write(meeting).encode()


def register(_app: Flask) -> None:
    """Let the worker know how to write these mails."""
    for message in (CONFIRMED, PROMOTED, WAITING, CANCELLED, CHANGED, CALLED_OFF):
        rendering.register_reader(message, read)
        rendering.register_check(message, is_outdated)
    rendering.register_reader(FULL_HOUSE, read_event)
    rendering.register_maker("registration.qr", qr_image)
    rendering.register_maker("registration.calendar", calendar_file)
