"""The event for calendars: one meeting is one entry for one person, whatever roles they have in it (ADR 0060)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from flask_babel import gettext as _

from eventapp.config import settings
from eventapp.formats.display import clock_time
from eventapp.languages import Wording
from eventapp.mail import calendar
from eventapp.web.urls import external_url

REMIND_BEFORE = timedelta(hours=2)


class Shown(Protocol):
    """What a calendar shows of an event: the event itself, or the few columns that the mails read of it."""

    @property
    def id(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> Wording: ...
    @property
    def influence(self) -> Wording: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def doors_open_at(self) -> datetime: ...
    @property
    def calendar_sequence(self) -> int: ...
    @property
    def place(self) -> str: ...
    @property
    def access(self) -> Wording: ...


def entry_id(event_id: str) -> str:
    """The UID of a meeting, in everybody's calendar. It does not hang on the name of the host, which may change."""
    return f"{event_id}@eventapp"


def meeting(event: Shown, *, changed_at: datetime, uid: str = "", steps: int = 0) -> calendar.Meeting:
    """The event as calendars take it, in the language of the one who reads.

    :param uid: of the entry that this person has already; that of the event when there is none.
    :param steps: how often the entry of this person alone has changed: each change must have a higher number.
    """
    url = external_url("events.show", slug=event.slug)
    told = (_("Doors open at %(time)s", time=clock_time(event.doors_open_at)), event.access, event.influence, url)
    return calendar.Meeting(
        uid=uid or entry_id(event.id),
        sequence=event.calendar_sequence + steps,
        changed_at=changed_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        title=str(event.title),
        place=event.place,
        description="\n\n".join(filter(None, map(str, told))),
        url=url,
        organiser_name=settings().site_name,
        organiser_email=settings().mail_default_sender,
        remind_before=REMIND_BEFORE,
    )
