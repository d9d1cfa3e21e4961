"""One of each kind of head, and what each page's figure says of them: a figure counts what its reader thinks it counts.

What each figure counts, and by which query, stands in ``docs/figures.md``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventapp import clock
from eventapp import db as core
from eventapp.cases.models import Case
from eventapp.checkin.models import Direction
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events.models import Event, QuotaKind
from eventapp.registration import actions, retention_jobs
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.models import Reason
from eventapp.web.pages import Edition, PageCache
from eventapp.web.permissions import Person, Role
from tests.checkin.support import DOORS_OPEN, open_phone, open_shift, scanned, undone, walked_in
from tests.registration.givens import given_event, sign_up
from tests.statistics.givens import _ticket as ticket
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_layout
from tests.support.pages import PageClient
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")

SEATED, WAITING, CAME, INSIDE, EXPECTED = 6, 3, 4, 2, 4


@dataclass(frozen=True)
class Evening:
    event: Event
    door: Person
    code: str
    lone: SignedUp  # waits alone, behind nobody
    pair: SignedUp  # waits with another, behind the lone one
    be_at: Callable[[datetime], None]


@pytest.fixture
def evening(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Evening:
    """Who stands where: see the names. Of the public seats, 5, none is left; of those for the invited 1 of 2."""
    with app.app_context():
        event = given_event(seats=5, quotas={QuotaKind.INVITED: 2}, layout=make_layout(max_persons=6), slug="debat")
        gone = sign_up(event, 9, needs="Tegnsprog")
        core.write(
            lambda conn: actions.cancel(conn, gone.registration_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
        )
        comes, leaves, _stays_away = (sign_up(event, number, needs="Rampe" * (number == 1)) for number in (1, 2, 3))
        group = sign_up(event, 4, heads=2)
        lone, pair = sign_up(event, 5), sign_up(event, 6, heads=2)
        core.write(lambda conn: invited(conn, event))
        kept = database.session.get_one(Event, event.id)
        code = open_shift(kept, "Bagindgang")
        door = open_phone(database.session.get_one(Event, event.id), "Hovedindgang")
        scanned(ticket(comes.registration_id), door, 1)
        scanned(ticket(leaves.registration_id), door, 2)
        scanned(ticket(leaves.registration_id), door, 3, direction=Direction.OUT)
        undone(scanned(ticket(group.registration_ids[1]), door, 4), door, 5)
        walked_in(door, "Uanmeldt", 6)
        walked_in(door, "", 7)
        walked_in(door, "", 8, direction=Direction.OUT)
        database.session.rollback()
    return Evening(event, door, code, lone, pair, lambda now: monkeypatch.setattr(clock, "now", lambda: now))


def invited(conn: Connection, event: Event) -> SignedUp:
    given = SignUp("minister@example.org", (Head("Minister"),))
    return actions.register_invited(conn, event_id=event.id, given=given, sending=Sending(new_id()), now=SIGN_UP_AT)


def figures(page: PageClient) -> dict[str, str]:
    """What the page shows as figures: label -> number, of lists of facts and of the desk's stages."""
    root = page.page.root
    pairs = [(root.all("dt"), root.all("dd"))]
    for name in ("figures", "funnel"):
        pairs += [(root.all("span", class_=f"{name}__label"), root.all("span", class_=f"{name}__value"))]
    return {term.text: value.text for terms, values in pairs for term, value in zip(terms, values, strict=True)}


# --- what everybody reads ----------------------------------------------------------------------------------------


def test_the_event_page_says_that_no_seat_is_left_and_how_many_people_wait(
    page_client: PageClient, evening: Evening
) -> None:
    evening.be_at(SIGN_UP_AT)
    assert f"Ingen ledige pladser, {WAITING} personer venter" in page_client.visit("/events/debat").text
    assert f"Ingen ledige pladser, {WAITING} personer venter" in page_client.visit("/").text


def test_the_thread_says_how_many_of_those_who_signed_up_have_no_seat(
    app: Flask, page_client: PageClient, evening: Evening
) -> None:
    evening.be_at(SIGN_UP_AT)
    with app.app_context():
        slug = database.session.get_one(Case, evening.event.case_id).slug
    assert f"{SEATED + WAITING} tilmeldte, heraf {WAITING} på venteliste" in page_client.visit(f"/cases/{slug}").text
    evening.be_at(STARTS_AT + timedelta(hours=2))  # small figures are told to nobody then
    assert f"{SEATED + WAITING} tilmeldte, heraf <5 på venteliste, <5 mødte" in page_client.visit(f"/cases/{slug}").text


def test_who_waits_reads_her_place_counted_in_people(page_client: PageClient, evening: Evening) -> None:
    evening.be_at(SIGN_UP_AT)
    assert "Du er nummer 1 på ventelisten" in page_client.visit(f"/w/{evening.lone.link_token}").text
    assert "2" in page_client.visit(f"/w/{evening.pair.link_token}").heading


def test_after_the_last_seat_went_no_page_says_that_one_is_left(app: Flask, page_client: PageClient) -> None:
    """Pages are kept for a second; here for a minute."""
    app.extensions["pages"] = PageCache(seconds=60)
    with app.app_context():
        given_event(seats=1, slug="sidste")
    visit = page_client.visit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: SIGN_UP_AT)
        assert "1 ledig plads" in visit("/events/sidste").text
        sent = {"name": "Anna", "email": "anna@example.org", "category": visit_category(page_client)}
        page_client.submit("/events/sidste/register", sent)
        assert "Ingen ledige pladser" in visit("/events/sidste").text
        assert visit("/events/sidste/register").heading == "Skriv dig på venteliste"


def visit_category(client: PageClient) -> str:
    boxes = client.visit("/events/sidste/register").root.all("input", name="category")
    return str(boxes[0].attributes["value"])


def test_another_edition_is_one_for_every_process() -> None:
    edition = Edition()
    before = edition.now
    child = os.fork()
    if child == 0:
        edition.change()
        os._exit(0)
    os.waitpid(child, 0)
    assert edition.now != before


# --- what staff read ---------------------------------------------------------------------------------------------


def test_the_list_of_guests_counts_seats_line_and_those_who_cancelled(
    page_client: PageClient, evening: Evening
) -> None:
    sign_in(page_client, Role.ORGANISER)
    page = page_client.visit(f"/staff/events/{evening.event.id}/registrations")
    shown = figures(page_client)
    assert (shown["bekræftede"], shown["på venteliste"]) == (str(SEATED), str(WAITING))
    assert f"5 af 5 pladser, {WAITING} på venteliste" in page.text
    assert "1 af 2 pladser" in page.text
    assert "12 tilmeldinger" in page.text  # with the one who cancelled and the two who walked in
    for state, number, first in (
        ("walk_in", 2, "Uden navn"),
        ("confirmed", SEATED, "Gæst 1"),
        ("cancelled", 1, "Gæst 9"),
    ):
        found = page_client.visit(f"/staff/events/{evening.event.id}/registrations?state={state}")
        lines = found.root.all("tbody")[0].all("tr")
        assert (len(lines), lines[0].all("th")[0].text) == (number, first), state


def test_the_desk_tells_the_stages_from_signed_up_to_came(page_client: PageClient, evening: Evening) -> None:
    sign_in(page_client, Role.ORGANISER)
    text = page_client.visit(f"/staff/events/{evening.event.id}").text
    shown = figures(page_client)
    wanted = {"tilmeldte": SEATED + WAITING, "bekræftede": SEATED, "mødte op": CAME}
    assert {label: int(shown[label]) for label in wanted} == wanted
    assert f"heraf {WAITING} på venteliste" in text


def test_statistics_count_what_they_say(page_client: PageClient, evening: Evening) -> None:
    evening.be_at(STARTS_AT + timedelta(hours=2))
    sign_in(page_client, Role.ORGANISER)
    page = page_client.visit(f"/staff/events/{evening.event.id}/statistics")
    lines = page.root.all("table")[-1].all("tbody")[0].all("tr")
    cells = {line.all("th")[0].text: [cell.text for cell in line.all("td")] for line in lines}
    # signed up, with a seat, waiting, cancelled, came, did not come, walk-ins
    assert cells["Alle"][:7] == ["9", "6", "3", "1", "4", "4", "2"]
    lead = page.root.all("p", class_="font-lead")[0].text
    assert lead.startswith(f"9 tilmeldte, heraf {WAITING} på venteliste, {CAME} mødte")


def test_the_figure_of_needs_stays_when_the_texts_are_deleted(
    app: Flask, page_client: PageClient, evening: Evening
) -> None:
    """Who cancelled needs nothing, before as after."""
    sign_in(page_client, Role.ORGANISER)
    address = f"/staff/events/{evening.event.id}/statistics"

    def shown() -> str:
        page_client.visit(address)
        return figures(page_client)["Gæster, der har bedt om hjælp til at deltage"]

    assert shown() == "1"
    with app.app_context():
        later = STARTS_AT + timedelta(days=30)
        assert core.write(lambda conn: retention_jobs.forget_needs(conn, now=later)) == 2
    assert shown() == "1"


# --- the door ----------------------------------------------------------------------------------------------------


def test_the_door_tells_free_places_and_whose_they_are(app: Flask, page_client: PageClient, evening: Evening) -> None:
    evening.be_at(DOORS_OPEN + timedelta(minutes=10))
    page_client.submit("/door/shift", {"code": evening.code, "device_name": "Bagtelefon"})
    page = page_client.visit("/door/")
    assert figures(page_client) == {"I salen nu": str(INSIDE), "Maks.": "6", "Ledige": "4"}
    warning = f"Alle ledige pladser er lovet væk: {EXPECTED} gæster med billet er ikke kommet endnu."
    assert page.text.count(warning) == 2  # below the figures, and where a guest without a ticket is let in
    told = page_client.get(f"/api/v1/events/{evening.event.id}/occupancy")
    assert told.json == {
        "inside": INSIDE,
        "limit": 6,
        "free": 4,
        "level": "open",
        "level_text": "",
        "expected": EXPECTED,
        "promised": True,
        "expected_text": warning,
    }
