"""Calendar files (RFC 5545) and invitations by mail (RFC 5546): pure functions from a meeting to text.

The time zone block is the canonical one. What the library would write says that summer time begins an hour too late.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from eventapp.clock import COPENHAGEN

if TYPE_CHECKING:  # loaded by who writes a calendar file: it takes 5 MB in each process
    from icalendar import Alarm, Event, vCalAddress

PRODUCT = "-//Eventapp//Eventapp//DA"
MEDIA_TYPE = "text/calendar"
ZONE = (
    b"BEGIN:VTIMEZONE\r\n"
    b"TZID:Europe/Copenhagen\r\n"
    b"BEGIN:DAYLIGHT\r\n"
    b"TZOFFSETFROM:+0100\r\n"
    b"TZOFFSETTO:+0200\r\n"
    b"TZNAME:CEST\r\n"
    b"DTSTART:19700329T020000\r\n"
    b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
    b"END:DAYLIGHT\r\n"
    b"BEGIN:STANDARD\r\n"
    b"TZOFFSETFROM:+0200\r\n"
    b"TZOFFSETTO:+0100\r\n"
    b"TZNAME:CET\r\n"
    b"DTSTART:19701025T030000\r\n"
    b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
    b"END:STANDARD\r\n"
    b"END:VTIMEZONE\r\n"
)


@dataclass(frozen=True)
class Meeting:
    """What a calendar shows. ``uid`` never changes; ``sequence`` is raised with every change.

    ``changed_at`` becomes DTSTAMP, ``starts_at`` and ``ends_at`` are shown as Copenhagen time; all are aware.
    ``organiser_email`` is required where a calendar object travels (RFC 5546, 3.2). ``remind_before`` sets an alarm in
    the file of one who comes; an invitation leaves that to the invited.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str = ""
    description: str = ""
    url: str = ""
    organiser_name: str = ""
    organiser_email: str = ""
    remind_before: timedelta | None = None


@dataclass(frozen=True)
class Attendee:
    """Who is asked to come, by the name and address of the letter."""

    name: str
    email: str


def event_file(meeting: Meeting) -> str:
    """A file to put into one's calendar; asks for no reply."""
    event = _event(meeting, "CONFIRMED")
    if meeting.remind_before:
        event.add_component(_alarm(meeting, meeting.remind_before))
    return _text("PUBLISH", event)


def request(meeting: Meeting, guest: Attendee) -> str:
    """An invitation that a mail program answers with yes, no or perhaps. Goes with ``calendar_method="REQUEST"``."""
    event = _event(meeting, "CONFIRMED")
    event.add(
        "attendee", _address(guest.name, guest.email, ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="TRUE")
    )
    return _text("REQUEST", event)


def cancel(meeting: Meeting, guest: Attendee | None = None) -> str:
    """Takes a meeting out of a guest's calendar; ``sequence`` must be above that of what was sent before."""
    event = _event(meeting, "CANCELLED")
    if guest:
        event.add("attendee", _address(guest.name, guest.email, ROLE="REQ-PARTICIPANT"))
    return _text("CANCEL", event)


def _event(meeting: Meeting, status: str) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.changed_at.astimezone(UTC))
    event.add("dtstart", _on_the_wall(meeting.starts_at))
    event.add("dtend", _on_the_wall(meeting.ends_at))
    event.add("summary", _plain(meeting.title))
    event.add("status", status)
    url = "".join(_plain(meeting.url).split())
    for name, value in (("location", meeting.place), ("description", meeting.description), ("url", url)):
        if value:
            event.add(name, _plain(value))
    if meeting.organiser_email:
        event.add("organizer", _address(meeting.organiser_name, meeting.organiser_email))
    return event


def _alarm(meeting: Meeting, before: timedelta) -> Alarm:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _plain(meeting.title))
    alarm.add("trigger", -before)
    return alarm


def method_of(text: bytes | str) -> str:
    """What a calendar object asks of a calendar: its METHOD, which a mail says in its header too (RFC 6047, 2.4)."""
    content = text if isinstance(text, bytes) else text.encode()
    named = [line for line in content.splitlines() if line.startswith(b"METHOD:")]
    return named[0].removeprefix(b"METHOD:").decode().strip() if named else "PUBLISH"


def _on_the_wall(moment: datetime) -> datetime:
    """In Danish time, but for the hour that comes twice: a calendar reads its first occurrence (RFC 5545, 3.3.5)."""
    local = moment.astimezone(COPENHAGEN)
    return moment.astimezone(UTC) if local.fold else local


def _address(name: str, email: str, **parameters: str) -> vCalAddress:
    from icalendar import vCalAddress, vText

    address = vCalAddress(f"mailto:{email}")
    address.params.update({key: vText(value) for key, value in parameters.items()})
    if name:
        # A quotation mark cannot stand in a parameter, nor can a line break (RFC 5545, 3.1).
        address.params["CN"] = vText(" ".join(_plain(name).replace('"', "'").split()))
    return address


def _plain(text: str) -> str:
    """Without the signs that no calendar may hold; line breaks of a description stay, and every space is one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    spaced = (" " if unicodedata.category(sign) == "Zs" else sign for sign in lines)
    return "".join(sign for sign in spaced if sign in "\n\t" or sign.isprintable())


def _text(method: str, event: Event) -> str:
    from icalendar import Calendar, Timezone

    whole = Calendar()
    whole.add("prodid", PRODUCT)
    whole.add("version", "2.0")
    whole.add("method", method)
    whole.add_component(Timezone.from_ical(ZONE))
    whole.add_component(event)
    text: str = whole.to_ical().decode()
    return text
