"""The event as everybody sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.event import listen, remove

from eventapp import clock
from eventapp.db import db
from eventapp.events import queries, rules, seat_words
from eventapp.events.models import Event, ProgrammeItem, QuotaKind, Theme
from eventapp.events.rules import Phase
from eventapp.languages import Wording
from eventapp.web.pages import PageCache
from eventapp.web.registry import EventPart, registry
from tests.support.factories import DEBATE, STARTS_AT, make_case, make_event
from tests.support.pages import PageClient

SUMMER = datetime.fromisoformat("2023-09-28T17:00:00+02:00")
WINTER = datetime.fromisoformat("2023-11-28T17:00:00+01:00")


@pytest.fixture(autouse=True)
def _at_sign_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A week before the debate."""
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT - timedelta(days=7))


def given_event(app: Flask, **facts: Any) -> str:
    """A published event with a programme, kept; returns its id."""
    with app.app_context():
        event = make_event(make_case(slug="havnepark"), slug="debat", **facts)
        item = ProgrammeItem(
            position=1,
            title=Wording({"da": "Velkomst", "en": "Welcome"}),
            starts_at=event.starts_at,
            ends_at=event.starts_at + timedelta(minutes=10),
            speaker="Ordstyreren",
        )
        event.programme.append(item)
        db.session.commit()
        return event.id


def test_page_says_what_when_where_and_what_to_do(page_client: PageClient, app: Flask) -> None:
    given_event(app, seats=34)
    page = page_client.visit("/events/debat")
    assert page.heading == "Debat om havneparken"
    for told in (
        "tirsdag den 14. maj 2024 kl. 17.00-19.00",
        "Medborgerhuset, Havneby",
        "34 ledige pladser",
        "gratis",
        "Der er elevator.",
        "Dine forslag indgår i sagen.",
        "Ordstyreren",
    ):
        assert told in page.text
    main = [one.attributes["href"] for one in page.root.all("a") if "button-primary" in one.attributes.get("class", "")]
    assert main == ["/events/debat/register"]
    page = page_client.visit("/events/debat?lang=en")
    assert "34 seats left" in page.text
    assert "Welcome" in page.text


@pytest.mark.parametrize(
    ("counters", "said", "button"),
    [
        ({"taken": 49}, "1 ledig plads", "Tilmeld dig"),
        ({"taken": 50}, "Ingen ledige pladser", "Skriv dig på venteliste"),
        ({"taken": 50, "waiting": 2}, "Ingen ledige pladser, 2 personer venter", "Skriv dig på venteliste"),
        ({"taken": 49, "waiting": 1}, "Ingen ledige pladser, 1 person venter", "Skriv dig på venteliste"),
    ],
)
def test_seats_are_told_by_the_counters(
    page_client: PageClient, app: Flask, counters: dict[str, int], said: str, button: str
) -> None:
    event_id = given_event(app, seats=50)
    with app.app_context():
        quota = queries.quota(event_id, QuotaKind.PUBLIC)
        for name, value in counters.items():
            setattr(quota, name, value)
        db.session.commit()
    text = page_client.visit("/events/debat").text
    assert said in text
    assert button in text


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (STARTS_AT - timedelta(days=31), Phase.ANNOUNCED),
        (STARTS_AT - timedelta(days=30), Phase.OPEN),
        (STARTS_AT - timedelta(hours=2, seconds=1), Phase.OPEN),
        (STARTS_AT - timedelta(hours=2), Phase.CLOSED),
        (STARTS_AT, Phase.RUNNING),
        (STARTS_AT + timedelta(hours=2), Phase.HELD),
    ],
)
def test_phase_follows_the_clock(app: Flask, at: datetime, phase: Phase) -> None:
    with app.app_context():
        event = make_event()
        assert rules.phase(event, at) is phase
        event.published_at = None
        assert rules.phase(event, at) is Phase.DRAFT
        event.cancelled_at = at
        assert rules.phase(event, at) is Phase.CANCELLED


def test_closed_event_says_so_and_offers_no_sign_up(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_event(app)
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT - timedelta(minutes=30))
    page = page_client.visit("/events/debat")
    assert "Tilmeldingen er lukket." in page.text
    assert not [one for one in page.root.all("a") if "/register" in one.attributes.get("href", "")]


def test_page_holds_nobody_who_signed_up_and_sets_no_cookie(page_client: PageClient, app: Flask) -> None:
    given_event(app)
    page_client.visit("/events/debat")
    headers = page_client.response.headers
    assert "Set-Cookie" not in headers
    assert "Cookie" not in headers.get("Vary", "")
    assert "csrf_token" not in page_client.response.text


def test_reader_who_has_the_page_gets_304_until_a_seat_is_taken(page_client: PageClient, app: Flask) -> None:
    event_id = given_event(app)
    tag = {"If-None-Match": page_client.get("/events/debat").headers["ETag"]}
    assert page_client.get("/events/debat", headers=tag).status_code == 304
    with app.app_context():
        quota = queries.quota(event_id, QuotaKind.PUBLIC)
        assert quota is not None
        quota.taken = 1
        db.session.commit()
    assert page_client.get("/events/debat", headers=tag).status_code == 200


def test_compressed_page_keeps_its_tag(client: FlaskClient, app: Flask) -> None:
    given_event(app)
    packed = client.get("/events/debat", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/events/debat", headers=headers).status_code == 304


def test_page_in_the_news_is_drawn_once_a_second(page_client: PageClient, app: Flask) -> None:
    event_id = given_event(app)
    app.extensions["pages"] = PageCache(seconds=60)
    first = page_client.visit("/events/debat").text
    with app.app_context():
        queries.event_by_id(event_id).title = Wording({**DEBATE.texts, "da": "Et andet navn"})
        db.session.commit()
    assert page_client.visit("/events/debat").text == first
    assert page_client.visit("/events/debat?lang=en").heading == "Debate about the harbour park"


def test_page_that_is_not_there_is_not_kept(page_client: PageClient, app: Flask) -> None:
    app.extensions["pages"] = PageCache(seconds=60)
    page_client.visit("/events/debat", status=404)
    given_event(app)
    page_client.visit("/events/debat")


def test_other_slices_put_their_parts_on_the_page(page_client: PageClient, app: Flask) -> None:
    event_id = given_event(app)
    with app.app_context():
        item_id = queries.event_by_id(event_id).programme[0].id
        found = registry()
    found.programme_people.append(lambda _id: {item_id: ["justitsministeren"]})
    part = EventPart("people", 1, "components/demo.html", {})
    found.event_parts.append(lambda _id: [part])
    assert "justitsministeren" in page_client.visit("/events/debat").text


@pytest.mark.parametrize(("starts_at", "offset"), [(SUMMER, 2), (WINTER, 1)])
def test_calendar_file_has_danish_time_in_summer_and_winter(
    page_client: PageClient, app: Flask, starts_at: datetime, offset: int
) -> None:
    given_event(app, starts_at=starts_at)
    response = page_client.get("/events/debat/calendar.ics")
    assert response.mimetype == "text/calendar"
    read = icalendar.Calendar.from_ical(response.text)
    meeting: Any = read.walk("VEVENT")[0]
    assert meeting["DTSTART"].params["TZID"] == "Europe/Copenhagen"
    assert f"{meeting['DTSTART'].dt:%Y-%m-%d %H:%M}" == f"{starts_at:%Y-%m-%d} 17:00"
    assert meeting["DTSTART"].dt.utcoffset() == timedelta(hours=offset)
    assert "19700329T020000" in response.text
    assert str(meeting["URL"]).endswith("/events/debat")


def test_seats_of_an_event_without_public_quota_are_none(app: Flask) -> None:
    with app.app_context():
        assert seat_words.public_seats(Event()).total == 0


def test_thread_and_front_page_know_the_event(page_client: PageClient, app: Flask) -> None:
    given_event(app)
    page = page_client.visit("/cases/havnepark")
    assert "Debat om havneparken" in page.text
    assert [one for one in page.root.all("a") if one.attributes.get("href") == "/events/debat"]
    with app.test_request_context():
        cards = [card for cards in registry().front_cards for card in cards()]
    assert "Debat om havneparken" in [str(one.title) for one in cards]


def test_page_asks_the_database_as_often_for_many_points_as_for_few(client: FlaskClient, app: Flask) -> None:
    event_id = given_event(app)
    few = questions(app, client)
    with app.app_context():
        event = queries.event_by_id(event_id)
        for number in range(2, 30):
            times = {"starts_at": event.starts_at, "ends_at": event.ends_at}
            event.programme.append(ProgrammeItem(position=number, title=Wording(f"Punkt {number}"), **times))
            event.themes.append(Theme(position=number, title=Wording(f"Tema {number}")))
        db.session.commit()
    assert questions(app, client) <= few <= 30


def questions(app: Flask, client: FlaskClient) -> int:
    """How many statements the page needs."""
    asked: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    listen(engine, "before_cursor_execute", note)
    assert client.get("/events/debat").status_code == 200
    remove(engine, "before_cursor_execute", note)
    return len(asked)
