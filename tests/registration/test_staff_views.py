"""The organiser's pages of registration."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import new_id, write
from eventapp.events.models import Event
from eventapp.registration import actions, staff_queries
from eventapp.registration.actions import SignedUp
from eventapp.registration.models import Reason, RegistrationChange, RegistrationState
from eventapp.web.permissions import Role
from tests.registration.givens import count, given_event, quota_of, rows, sign_up
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.work import do_jobs

NAMES = ["Zacho", "Østergaard", "Aagaard", "Andersen", "Åkjær", "Ægidius"]
IN_ORDER = ["Andersen", "Zacho", "Ægidius", "Østergaard", "Aagaard", "Åkjær"]


@pytest.fixture
def event(db) -> Event:
    return given_event(seats=4, starts_at=clock.now() + timedelta(days=9))


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


def add(event: Event, number: int, **given: Any) -> SignedUp:
    return sign_up(event, number, now=clock.now(), **given)


def fill(event: Event) -> None:
    for number, name in enumerate(NAMES):
        add(event, number, name=name)


def path(event: Event, more: str = "") -> str:
    return f"/staff/events/{event.id}/registrations{more}"


def names(page: Page) -> list[str]:
    return [row.all("th")[0].text for row in page.root.all("tbody")[0].all("tr")]


def acts(act: str) -> int:
    found = database.session.scalars(database.select(AuditEntry).where(AuditEntry.act == act)).all()
    database.session.rollback()
    return len(found)


def test_an_empty_list_says_what_will_stand_there(organiser: PageClient, event: Event) -> None:
    assert "Ingen er tilmeldt endnu" in organiser.visit(path(event)).text


def test_names_stand_in_the_order_of_the_danish_alphabet(organiser: PageClient, event: Event) -> None:
    fill(event)
    assert names(organiser.visit(path(event))) == IN_ORDER
    assert names(organiser.visit(path(event, "?sort=time")))[0] == NAMES[-1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "ågaard"}, ["Aagaard"]),
        ({"q": "ostergard"}, ["Østergaard"]),
        ({"q": "guest1@"}, ["Østergaard"]),
        ({"q": "aa"}, ["Andersen", "Ægidius", "Aagaard", "Åkjær"]),
        ({"q": "aa", "state": "waiting"}, ["Ægidius", "Åkjær"]),
        ({"state": "waiting"}, ["Ægidius", "Åkjær"]),
        ({"state": "cancelled"}, []),
        ({"q": "%"}, []),
        ({"category": "none"}, IN_ORDER),
        ({"state": "nonsense", "category": "x"}, IN_ORDER),
    ],
)
def test_the_list_is_searched_and_filtered(
    organiser: PageClient, event: Event, asked: dict[str, str], found: list[str]
) -> None:
    fill(event)
    page = organiser.submit(path(event), asked)
    assert (names(page) if page.root.all("tbody") else []) == found


def test_a_search_stands_in_no_address_and_lasts_over_pages_and_languages(
    organiser: PageClient, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_queries, "PAGE_SIZE", 2)
    fill(event)
    page = organiser.submit(path(event), {"q": "aa", "sort": "time"})
    address = organiser.response.request.full_path
    assert "search=" in address
    assert "=aa" not in address
    assert page.root.all("input", id="q")[0].attributes["value"] == "aa"
    first, onward = names(page), page.root.all("a", rel="next")[0].attributes["href"]
    assert sorted(first + names(organiser.visit(onward))) == sorted(["Andersen", "Ægidius", "Aagaard", "Åkjær"])
    sign_in(organiser, Role.ORGANISER)
    page = organiser.visit(address)
    assert "Side 1 af 3" in page.text, "nobody else's search opens: it is the whole list"
    assert page.root.all("input", id="q")[0].attributes["value"] == ""


def test_a_page_past_the_last_is_the_last(organiser: PageClient, event: Event) -> None:
    fill(event)
    assert names(organiser.visit(path(event, "?page=99"))) == IN_ORDER


def test_long_lists_come_in_pages(organiser: PageClient, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_queries, "PAGE_SIZE", 4)
    fill(event)
    assert names(organiser.visit(path(event))) == IN_ORDER[:4]
    assert names(organiser.visit(path(event, "?page=2"))) == IN_ORDER[4:]


def test_the_same_name_twice_is_pointed_out(organiser: PageClient, event: Event) -> None:
    fill(event)
    add(event, 50, name="Zacho")
    page = organiser.visit(path(event, "?state=doubles"))
    assert names(page) == ["Zacho", "Zacho"]
    overview = organiser.visit(f"/staff/events/{event.id}")
    assert "Nogen har måske tilmeldt sig to gange" in overview.text


def test_guests_without_a_name_are_no_doubles(organiser: PageClient, event: Event) -> None:
    for key in (new_id(), new_id()):
        write(partial(actions.walk_in, event_id=event.id, key=key, now=clock.now()))
    page = organiser.visit(path(event))
    assert len(page.root.all("tbody")[0].all("tr")) == 2
    assert "Mulig dublet" not in page.root.all("tbody")[0].text
    assert not organiser.visit(path(event, "?state=doubles")).root.all("tbody")


def test_cancelling_for_a_guest_gives_the_seat_to_the_first_in_line(organiser: PageClient, event: Event) -> None:
    fill(event)
    first = rows(event, RegistrationState.CONFIRMED)[0]
    page = organiser.submit(path(event, f"/{first.id}/cancellation"), {"reason": "told_staff"})
    assert "1 på ventelisten har fået plads." in page.text
    assert (quota_of(event).taken, quota_of(event).waiting) == (4, 1)
    assert acts("registration.cancelled") == 1
    steps = database.session.scalars(
        database.select(RegistrationChange.reason).where(RegistrationChange.reason == Reason.TOLD_STAFF)
    ).all()
    database.session.rollback()
    assert len(steps) == 1


def test_cancelling_needs_a_reason_from_the_list(organiser: PageClient, event: Event) -> None:
    outcome = add(event, 1)
    target = path(event, f"/{outcome.registration_id}/cancellation")
    organiser.submit(target, {"reason": "walked_in"}, status=422)
    assert rows(event)[0].state is RegistrationState.CONFIRMED


def test_a_guest_who_calls_is_registered_without_an_address(organiser: PageClient, event: Event) -> None:
    page = organiser.submit(path(event, "/new"), {"name": "Bo  la Cour", "needs": "Teleslynge"})
    assert "Bo la Cour" in page.text
    assert "Teleslynge" in page.text
    assert (count("registration"), count("outbox_mail")) == (1, 0)
    assert acts("registration.registered_by_staff") == 1


def test_the_same_form_of_staff_sent_twice_is_one_registration(organiser: PageClient, event: Event) -> None:
    fields = {"key": "a" * 32, "name": "Bo"}
    for _ in range(2):
        organiser.submit(path(event, "/new"), fields)
    assert count("registration") == 1


def test_a_wrong_address_is_told_and_the_rest_is_kept(organiser: PageClient, event: Event) -> None:
    page = organiser.submit(path(event, "/new"), {"name": "Bo", "email": "bo@"}, status=422)
    assert "navn@example.org" in page.text
    assert page.root.all("input", name="name")[0].attributes["value"] == "Bo"


def test_the_ticket_is_sent_once_more(organiser: PageClient, event: Event) -> None:
    outcome = add(event, 1)
    organiser.submit(path(event, f"/{outcome.registration_id}"), action="/mails")
    assert count("outbox_mail") == 2
    assert acts("registration.sent_again") == 1


def test_what_guests_need_is_seen_by_those_who_may_and_that_it_was_read_is_noted(
    page_client: PageClient, event: Event
) -> None:
    outcome = add(event, 1, needs="Tegnsprogstolk")
    sign_in(page_client, Role.ACCESS_OFFICER)
    assert "Tegnsprogstolk" in page_client.visit(path(event, "/access-needs")).text
    assert acts("registration.needs_read") == 1
    assert page_client.get(path(event, f"/{outcome.registration_id}")).status_code == 403


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PROTOCOL, Role.AUDITOR, Role.ADMIN])
def test_others_see_neither_the_list_nor_what_guests_need(page_client: PageClient, event: Event, role: Role) -> None:
    sign_in(page_client, role)
    for address in (path(event), path(event, "/access-needs"), path(event, "/new")):
        assert page_client.get(address).status_code == 403


def test_free_seats_are_given_to_the_line_with_one_button(organiser: PageClient, event: Event) -> None:
    fill(event)
    database.session.execute(database.text("UPDATE quota SET seats = 6"))
    database.session.commit()
    assert "2 pladser er ledige, mens 2 venter" in organiser.visit(f"/staff/events/{event.id}").text
    organiser.submit(path(event), action="/seatings")
    do_jobs()
    assert (quota_of(event).taken, quota_of(event).waiting) == (6, 0)


def test_a_registration_of_another_event_is_not_found(organiser: PageClient, event: Event) -> None:
    other = given_event()
    outcome = add(event, 1)
    organiser.visit(path(other, f"/{outcome.registration_id}"), status=404)


def test_the_desk_and_the_thread_say_how_many_have_signed_up(organiser: PageClient, event: Event) -> None:
    fill(event)
    assert "tilmeldte 6" in organiser.visit(f"/staff/events/{event.id}").text
