"""Calendar files, read back by a parser and by a small reader of the time zone block that shares nothing with ours."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from eventapp.mail.calendar import Attendee, Meeting, cancel, event_file, request

STARTS_AT = datetime(2023, 9, 28, 15, 0, tzinfo=UTC)
MEETING = Meeting(
    uid="debat-1@example.org",
    sequence=2,
    changed_at=datetime(2023, 9, 1, 8, 30, tzinfo=UTC),
    starts_at=STARTS_AT,
    ends_at=STARTS_AT + timedelta(hours=2),
    title="Debat om afkriminalisering af narkotika",
    place="Festsalen, Københavns Rådhus",
    description="Dørene åbner 16.30.\nTag billetten med.",
    url="https://debat.example.org/events/narkotika",
    organiser_name="Københavns Kommune",
    organiser_email="debat@example.org",
)
GUEST = Attendee("Justitsministeren", "minister@example.org")
NASTY = [
    "a\r\nATTENDEE:mailto:x@example.org",
    "a\nBEGIN:VEVENT",
    "semi;colon:and,comma",
    'quote " and \\ back',
    "\x00\x07\x1b",
    "END:VCALENDAR\r\n",
    ";CN=x:mailto:y@example.org",
    "æøå – “”",
    "x" * 500,
]


def parsed(text: str) -> tuple[Calendar, Event]:
    """The calendar and its one event, without any complaint of the parser."""
    whole = Calendar.from_ical(text)
    (event,) = whole.walk("VEVENT")
    assert isinstance(event, Event)
    assert not whole.errors
    assert not event.errors
    return whole, event


def test_event_file_holds_time_place_and_text():
    whole, event = parsed(event_file(MEETING))
    assert whole["METHOD"] == "PUBLISH"
    assert event["UID"] == MEETING.uid
    assert event["SEQUENCE"] == 2
    assert event.decoded("dtstamp") == MEETING.changed_at
    assert event.decoded("dtstart") == MEETING.starts_at
    assert event.decoded("dtend") == MEETING.ends_at
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (MEETING.title, MEETING.place)
    assert str(event["DESCRIPTION"]) == MEETING.description
    assert str(event["URL"]) == MEETING.url


def test_times_are_wall_times_of_copenhagen():
    assert "DTSTART;TZID=Europe/Copenhagen:20230928T170000\r\n" in event_file(MEETING)


def test_request_asks_the_guest_for_an_answer():
    whole, event = parsed(request(MEETING, GUEST))
    assert (whole["METHOD"], event["STATUS"]) == ("REQUEST", "CONFIRMED")
    attendee = event["ATTENDEE"]
    assert str(attendee) == "mailto:minister@example.org"
    assert (attendee.params["RSVP"], attendee.params["PARTSTAT"]) == ("TRUE", "NEEDS-ACTION")
    assert attendee.params["CN"] == "Justitsministeren"
    assert str(event["ORGANIZER"]) == "mailto:debat@example.org"
    assert event["ORGANIZER"].params["CN"] == "Københavns Kommune"


def test_cancellation_has_the_same_uid_and_a_higher_sequence():
    whole, event = parsed(cancel(replace(MEETING, sequence=3), GUEST))
    assert (whole["METHOD"], event["STATUS"], event["UID"], event["SEQUENCE"]) == (
        "CANCEL",
        "CANCELLED",
        MEETING.uid,
        3,
    )


def test_the_same_meeting_gives_the_same_file():
    assert request(MEETING, GUEST) == request(MEETING, GUEST)


def test_what_is_empty_is_left_out():
    text = event_file(replace(MEETING, place="", description="", url="", organiser_email=""))
    assert not re.search("LOCATION|DESCRIPTION|URL|ORGANIZER", text)


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("field", ["title", "place", "description", "url", "organiser_name"])
def test_no_text_becomes_a_line_of_its_own(field: str, value: str):
    _, plain = parsed(request(MEETING, GUEST))
    changed: dict[str, Any] = {field: value}
    whole, event = parsed(request(replace(MEETING, **changed), Attendee(value, "minister@example.org")))
    assert set(event) <= set(plain)  # a field that held nothing but control signs is left out
    assert len(whole.subcomponents) == 2
    assert str(event["ATTENDEE"]) == "mailto:minister@example.org"


@pytest.mark.parametrize("value", [one for one in NASTY if one.isprintable()])
def test_ordinary_signs_come_through_unchanged(value: str):
    _, event = parsed(event_file(replace(MEETING, title=value)))
    assert str(event["SUMMARY"]) == value


def test_a_space_that_does_not_break_is_a_space():
    _, event = parsed(
        request(replace(MEETING, description="kl.\u00a017, 0\u202fkr.", organiser_name="Havneby\u00a0Kommune"), GUEST)
    )
    assert str(event["DESCRIPTION"]) == "kl. 17, 0 kr."
    assert event["ORGANIZER"].params["CN"] == "Havneby Kommune"


def test_lines_are_folded_and_end_with_crlf():
    raw = request(replace(MEETING, description="æøå " * 200), GUEST).encode()
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in raw.removesuffix(b"\r\n").split(b"\r\n"))


# --- the time zone block, read as RFC 5545 says ----------------------------------------------------------------


def last_sunday(year: int, month: int) -> date:
    day = date(year, month + 1, 1) - timedelta(days=1)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def offset_by_block(text: str, moment: datetime) -> timedelta:
    """Offset at a moment: that of the change which happened last. A change is at wall time DTSTART, by TZOFFSETFROM."""
    changes = []
    for part in re.findall(r"BEGIN:(?:DAYLIGHT|STANDARD)\r\n(.*?)END:", text, re.DOTALL):
        lines = dict(line.split(":", 1) for line in part.strip().split("\r\n"))
        rule = dict(one.split("=") for one in lines["RRULE"].split(";"))
        assert (rule["FREQ"], rule["BYDAY"]) == ("YEARLY", "-1SU")
        at = datetime.fromisoformat(lines["DTSTART"]).time()
        before, after = (timedelta(hours=int(lines[name]) // 100) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
        for year in (moment.year - 1, moment.year):
            wall = datetime.combine(last_sunday(year, int(rule["BYMONTH"])), at, UTC)
            changes.append((wall - before, after))
    return max(change for change in changes if change[0] <= moment)[1]


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2030])
@pytest.mark.parametrize("month", [3, 10])
@pytest.mark.parametrize("minutes", [-90, -61, -60, -1, 0, 1, 59, 60, 90])
def test_the_block_is_right_on_both_sides_of_each_change(year: int, month: int, minutes: int):
    change = datetime.combine(last_sunday(year, month), datetime.min.time(), UTC) + timedelta(hours=1)
    moment = change + timedelta(minutes=minutes)
    right = moment.astimezone(ZoneInfo("Europe/Copenhagen")).utcoffset()
    assert offset_by_block(event_file(MEETING), moment) == right


@pytest.mark.parametrize("month", [1, 3, 6, 10, 12])
def test_a_meeting_at_any_time_of_year_is_read_back_as_the_same_moment(month: int):
    starts_at = datetime(2024, month, 28, 16, 30, tzinfo=UTC)
    _, event = parsed(event_file(replace(MEETING, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))))
    assert event.decoded("dtstart") == starts_at


@pytest.mark.parametrize("minutes", range(0, 180, 15))
def test_an_end_in_the_hour_that_comes_twice_is_read_back_as_the_moment_meant(minutes: int):
    start = datetime(2026, 10, 24, 20, tzinfo=UTC)
    end = datetime(2026, 10, 24, 23, 45, tzinfo=UTC) + timedelta(minutes=minutes)
    text = event_file(replace(MEETING, starts_at=start, ends_at=end))
    line = next(one for one in text.splitlines() if one.startswith("DTEND"))
    zone = UTC if line.endswith("Z") else ZoneInfo("Europe/Copenhagen")
    written = datetime.strptime(line.rpartition(":")[2].rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone, fold=0)
    assert written.astimezone(UTC) == end  # RFC 5545, 3.3.5: a local time that comes twice is its first occurrence
