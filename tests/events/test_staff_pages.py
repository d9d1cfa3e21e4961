"""What an organiser does with an event, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.cases.queries import case_by_id
from eventapp.db import db, reading
from eventapp.events import queries
from eventapp.events.entries import EVENT
from eventapp.events.models import Event, Quota, QuotaKind
from eventapp.record import store
from eventapp.telling.models import Change
from eventapp.web.permissions import Role
from tests.support.factories import SIGN_UP_AT, make_case
from tests.support.html import Page
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

NEW = {
    "title": "Debat om havneparken",
    "starts_at": "2024-10-26T17:00",
    "ends_at": "2024-10-26T19:00",
    "doors_open_at": "2024-10-26T16:30",
    "registration_opens_at": "2024-09-01T10:00",
    "registration_closes_at": "2024-10-26T15:00",
    "venue_name": "Medborgerhuset",
    "max_persons": "200",
}
SETTINGS = {
    "venue_address": "Torvet 1, 9999 Havneby",
    "venue_access": "Der er elevator og teleslynge.",
    "influence": "Dine forslag indgår i sagen.",
    "photo_notice": "Der bliver ikke fotograferet.",
}
HALL = {
    "layout_name": "Stolerækker",
    "plan_reference": "Plan 12, godkendt 3. januar 2024",
    "public": "150",
    "invited": "20",
    "press": "5",
    "crew": "10",
    "reserve_seats": "15",
}


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


@pytest.fixture
def event_id(organiser: PageClient, app: Flask) -> str:
    """A draft that was begun by its form, in a published case."""
    with app.app_context():
        case_id = make_case().id
        db.session.commit()
    organiser.submit(f"/staff/events/new/{case_id}", NEW)
    with app.app_context():
        return db.session.scalars(select(Event.id)).one()


@pytest.fixture
def ready_id(organiser: PageClient, event_id: str) -> str:
    """A draft that lacks nothing."""
    organiser.submit(f"/staff/events/{event_id}/settings", SETTINGS)
    organiser.submit(f"/staff/events/{event_id}/hall", HALL)
    welcome = {"starts": "17:00", "ends": "17:10", "title": "Velkomst"}
    organiser.submit(f"/staff/events/{event_id}/points/new", welcome)
    return event_id


def token_of(page: Page) -> str:
    return page.root.all("input", name="csrf_token")[0].attributes["value"]


def entries(app: Flask, event_id: str) -> list[str]:
    """What the record tells of the event: kinds, in order."""
    with app.app_context():
        case_id = queries.event_by_id(event_id).case_id
        with reading() as conn:
            size = store.log(conn, case_id).size
            return [one.kind for one in store.entries(conn, case_id, 0, size) if one.ref == event_id]


def test_times_are_read_as_danish_wall_time_on_both_sides_of_the_change(
    organiser: PageClient, app: Flask, event_id: str
) -> None:
    with app.app_context():
        event = queries.event_by_id(event_id)
        assert event.starts_at == datetime.fromisoformat("2024-10-26T15:00:00+00:00")
    page = organiser.submit(
        f"/staff/events/{event_id}/settings", {"starts_at": "2024-10-27T17:00", "ends_at": "2024-10-27T19:00"}
    )
    assert 'value="2024-10-27T17:00"' in organiser.response.text
    assert "søndag den 27. oktober 2024 kl. 17.00-19.00" in page.text
    with app.app_context():
        assert queries.event_by_id(event_id).starts_at == datetime.fromisoformat("2024-10-27T16:00:00+00:00")


def test_time_that_the_clock_skips_is_refused(organiser: PageClient, event_id: str) -> None:
    skipped = {"doors_open_at": "2024-03-31T02:30"}
    page = organiser.submit(f"/staff/events/{event_id}/settings", skipped, status=422)
    assert "bliver stillet frem" in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"ends_at": "2024-10-26T17:00"}, "skal slutte, efter at det er begyndt"),
        ({"doors_open_at": "2024-10-26T17:01"}, "Dørene skal åbne"),
        ({"registration_closes_at": "2024-09-01T10:00"}, "skal lukke, efter at den er åbnet"),
    ],
)
def test_times_must_follow_one_another(organiser: PageClient, event_id: str, typed: dict[str, str], said: str) -> None:
    assert said in organiser.submit(f"/staff/events/{event_id}/settings", typed, status=422).text


def test_programme_moves_with_the_event(organiser: PageClient, app: Flask, ready_id: str) -> None:
    later = {"starts_at": "2024-11-05T18:00", "ends_at": "2024-11-05T20:00", "doors_open_at": "2024-11-05T17:30"}
    organiser.submit(f"/staff/events/{ready_id}/settings", {**later, "registration_closes_at": "2024-11-05T15:00"})
    with app.app_context():
        item = queries.event_by_id(ready_id).programme[0]
        assert item.starts_at == datetime.fromisoformat("2024-11-05T18:00:00+01:00")


def test_nothing_is_published_without_the_plan_of_the_hall(organiser: PageClient, app: Flask, ready_id: str) -> None:
    organiser.submit(f"/staff/events/{ready_id}/hall", {"plan_reference": ""})
    page = organiser.visit(f"/staff/events/{ready_id}/publication")
    assert "Ingen må lukkes ind" in page.text
    refused = organiser.post(f"/staff/events/{ready_id}/publication", data={"csrf_token": token_of(page)})
    assert refused.status_code == 409
    assert entries(app, ready_id) == []
    with app.app_context():
        assert queries.event_by_id(ready_id).published_at is None


def test_new_event_says_what_it_needs(organiser: PageClient, event_id: str) -> None:
    text = organiser.visit(f"/staff/events/{event_id}").text
    for missing in ("Salens godkendte plan er angivet", "Der er et program", "Der står, hvordan man kommer ind"):
        assert missing in text


def test_event_is_published_with_an_entry_in_the_record(organiser: PageClient, app: Flask, ready_id: str) -> None:
    organiser.visit("/events/debat-om-havneparken", status=404)
    page = organiser.submit(f"/staff/events/{ready_id}/publication", action="/publication")
    assert "offentliggjort" in page.text
    assert "Debat om havneparken" in organiser.visit("/events/debat-om-havneparken").heading
    assert entries(app, ready_id) == [EVENT.name]


def changes(app: Flask, event_id: str) -> list[tuple[list[str], str]]:
    """Which facts became others, and why, as those hear it who hold a copy."""
    with app.app_context():
        found = db.session.scalars(select(Change).where(Change.subject_id == event_id).order_by(Change.number))
        return [(one.facts, str(one.reason)) for one in found]


def test_changed_time_of_a_published_event_goes_to_record_and_calendars(
    organiser: PageClient, app: Flask, ready_id: str
) -> None:
    organiser.submit(f"/staff/events/{ready_id}/publication", action="/publication")
    organiser.submit(f"/staff/events/{ready_id}/settings", {"influence": "Alt."})
    assert changes(app, ready_id) == []
    moved = {"ends_at": "2024-10-26T20:00", "reason": "Salen er optaget."}
    organiser.submit(f"/staff/events/{ready_id}/settings", moved)
    assert changes(app, ready_id) == [(["time"], "Salen er optaget.")]
    assert len(entries(app, ready_id)) == 3
    with app.app_context():
        event = queries.event_by_id(ready_id)
        assert event.calendar_sequence == 1


def test_seats_and_reserve_never_exceed_the_limit(organiser: PageClient, app: Flask, ready_id: str) -> None:
    page = organiser.submit(f"/staff/events/{ready_id}/hall", {"reserve_seats": "16"}, status=422)
    assert "flere, end salen må rumme" in page.text
    organiser.submit(f"/staff/events/{ready_id}/hall", {"max_persons": "199"}, status=422)
    with app.app_context():
        event = queries.event_by_id(ready_id)
        assert (event.reserve_seats, event.layout.max_persons) == (15, 200)


def test_seats_that_are_taken_cannot_be_taken_away(organiser: PageClient, app: Flask, ready_id: str) -> None:
    with app.app_context():
        quota = queries.quota(ready_id, QuotaKind.PUBLIC)
        assert quota is not None
        quota.taken = 100
        db.session.commit()
    page = organiser.submit(f"/staff/events/{ready_id}/hall", {"public": "99", "press": "1"}, status=422)
    assert "Der er taget flere pladser" in page.text
    with app.app_context():
        seats = {one.kind: one.seats for one in db.session.scalars(select(Quota))}
        assert (seats[QuotaKind.PUBLIC], seats[QuotaKind.PRESS]) == (150, 5)
    organiser.submit(f"/staff/events/{ready_id}/hall", {"public": "100"})


def test_another_place_asks_for_limit_and_plan_of_the_hall_there(
    organiser: PageClient, app: Flask, ready_id: str
) -> None:
    """Nothing of the old hall is filled in; a mistake elsewhere in the form costs nothing of what was typed."""
    settings = f"/staff/events/{ready_id}/settings"
    page = organiser.submit(settings, {"venue_name": "Rådhuset"}, status=422)
    assert "Skriv, hvor mange personer den må rumme" in page.text
    there = choose_form(page, {"max_persons": ""}, "/settings")
    values = form_values(there)
    assert (values["venue_name"], values["max_persons"], values["plan_reference"]) == ("Rådhuset", "", "")
    typed = {**values, "max_persons": "210", "plan_reference": "Plan 7, godkendt 1. maj 2024"}
    answer = organiser.post(settings, data={**typed, "title": ""})
    assert answer.status_code == 422
    assert form_values(choose_form(organiser.page, {"max_persons": ""}, "/settings"))["max_persons"] == "210"
    assert organiser.post(settings, data={**typed, "max_persons": "199"}).status_code == 422  # 200 are shared out
    assert organiser.post(settings, data=typed).status_code == 303
    with app.app_context():
        layout = queries.event_by_id(ready_id).layout
        assert (layout.venue.name, layout.max_persons) == ("Rådhuset", 210)
        assert layout.plan_reference == "Plan 7, godkendt 1. maj 2024"
    assert "max_persons" not in organiser.visit(settings).text


def test_a_published_event_does_not_move_to_a_hall_without_a_plan(organiser: PageClient, ready_id: str) -> None:
    settings = f"/staff/events/{ready_id}/settings"
    page = organiser.submit(settings, {"venue_name": "Rådhuset"}, status=422)
    draft = {**form_values(choose_form(page, {"max_persons": ""}, "/settings")), "max_persons": "210"}
    token = token_of(organiser.visit(f"/staff/events/{ready_id}/publication"))
    assert organiser.post(f"/staff/events/{ready_id}/publication", data={"csrf_token": token}).status_code == 303
    assert organiser.post(settings, data=draft).status_code == 422
    assert "Skriv hvilken" in organiser.page.text
    assert organiser.post(settings, data={**draft, "plan_reference": "Plan 7"}).status_code == 303


def test_a_hall_furnished_in_another_way_asks_for_limit_and_plan(
    organiser: PageClient, app: Flask, ready_id: str
) -> None:
    """Whoever writes the same once more means it: one plan may show both ways."""
    hall = f"/staff/events/{ready_id}/hall"
    page = organiser.submit(hall, {"layout_name": "Runde borde"}, status=422)
    values = form_values(choose_form(page, {"layout_name": ""}, "/hall"))
    assert (values["max_persons"], values["plan_reference"]) == ("", "")
    same = {"max_persons": "200", "plan_reference": HALL["plan_reference"]}
    assert organiser.post(hall, data={**values, **same}).status_code == 303
    with app.app_context():
        assert queries.event_by_id(ready_id).layout.name == "Runde borde"
    organiser.submit(hall, {"layout_name": "Stolerækker", "plan_reference": "Plan 13"})  # said with it


def test_programme_stands_by_time_and_themes_as_they_are_put(organiser: PageClient, app: Flask, ready_id: str) -> None:
    pages = f"/staff/events/{ready_id}"
    organiser.submit(f"{pages}/points/new", {"starts": "18:00", "ends": "18:30", "title": "Debat"})
    organiser.submit(f"{pages}/points/new", {"starts": "17:10", "ends": "18:00", "title": "Oplæg"})
    for title in ("Erfaringer", "Tiltag"):
        organiser.submit(f"{pages}/themes/new", {"title": title})
    with app.app_context():
        event = queries.event_by_id(ready_id)
        assert [str(one.title) for one in event.programme] == ["Velkomst", "Oplæg", "Debat"]
        second = event.themes[1].id
    organiser.submit(f"{pages}/programme", action=f"{second}/place")
    organiser.submit(f"{pages}/themes/{second}", {"title": "Mulige tiltag"})
    with app.app_context():
        assert [str(one.title) for one in queries.event_by_id(ready_id).themes] == ["Mulige tiltag", "Erfaringer"]
    organiser.submit(f"{pages}/themes/{second}", action="/removal")
    with app.app_context():
        assert [str(one.title) for one in queries.event_by_id(ready_id).themes] == ["Erfaringer"]


def test_point_that_takes_no_time_is_refused(organiser: PageClient, event_id: str) -> None:
    item = {"starts": "17:00", "ends": "17:00", "title": "Velkomst"}
    organiser.submit(f"/staff/events/{event_id}/points/new", item, status=422)


def test_event_is_called_off_with_words(
    organiser: PageClient, app: Flask, ready_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)
    organiser.submit(f"/staff/events/{ready_id}/publication", action="/publication")
    organiser.submit(f"/staff/events/{ready_id}/cancellation", {"text": ""}, status=422)
    organiser.submit(f"/staff/events/{ready_id}/cancellation", {"text": "Salen er oversvømmet."})
    page = organiser.visit("/events/debat-om-havneparken")
    assert "Salen er oversvømmet." in page.text
    assert "Tilmeld dig" not in page.text
    assert entries(app, ready_id) == [EVENT.name] * 2
    with app.app_context():
        assert queries.event_by_id(ready_id).calendar_sequence == 1


def test_draft_can_be_seen_by_staff_alone(organiser: PageClient, ready_id: str) -> None:
    assert "Kun ansatte ser dette" in organiser.visit(f"/staff/events/{ready_id}/preview").text
    organiser.visit("/events/debat-om-havneparken/calendar.ics", status=404)


def test_case_lists_its_events(organiser: PageClient, app: Flask, ready_id: str) -> None:
    with app.app_context():
        case = case_by_id(queries.event_by_id(ready_id).case_id)
    page = organiser.visit(f"/staff/cases/{case.id}")
    assert "Arrangement: Debat om havneparken" in page.text
    assert "Nyt arrangement" in page.text


def test_moment_of_registration_opening_is_kept(app: Flask, event_id: str) -> None:
    with app.app_context():
        event = queries.event_by_id(event_id)
        assert event.starts_at - event.registration_opens_at > timedelta(days=55)
