"""What a guest meets: the form and its mistakes, the ticket, the place in line, the way out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from eventapp import clock, tokens
from eventapp import db as core
from eventapp.db import db as database
from eventapp.errors import NotFoundError
from eventapp.events.models import Category, Event, QuotaKind
from eventapp.languages import Wording
from eventapp.registration import kept_fields, ticket_rules
from eventapp.registration.models import AccessNeed, RegistrationState, Suspicion
from eventapp.web.lookups import Kept
from eventapp.web.pages import PageCache
from eventapp.web.permissions import Role
from tests.registration.givens import count, given_event, rows
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

ANNA = {"name": "Anna Aagaard", "email": "anna@example.org", "category": "none"}


@pytest.fixture
def event(db) -> Event:
    return open_event()


def open_event(seats: int = 2, **facts: Any) -> Event:
    return given_event(seats=seats, **{"starts_at": clock.now() + timedelta(days=10), **facts})


def path(event: Event) -> str:
    return f"/events/{event.slug}/register"


def send(client: PageClient, event: Event, **fields: str) -> Any:
    """Fill in the form as a person would and send it; boxes and folds are there without script."""
    values = form_values(client.visit(path(event)).forms()[-1]) | ANNA | {"drawn_at": "1"} | fields
    return client.post(path(event), data=values)


def test_signing_up_leads_to_the_ticket(page_client: PageClient, event: Event) -> None:
    answer = send(page_client, event)
    assert answer.status_code == 303
    assert re.fullmatch(r"/t/[A-Z2-7]{26}", answer.location)
    page = page_client.visit(answer.location)
    assert page.heading == "Du er tilmeldt"
    assert "Anna Aagaard" in page.text
    assert "anna@example.org" in page.text
    assert page.root.all("svg", class_="qr")


def test_when_it_cannot_be_stored_the_page_says_so_and_keeps_what_was_typed(
    page_client: PageClient, event: Event, monkeypatch
) -> None:
    def disk_is_full(_job: Any) -> None:
        raise OperationalError("INSERT", {}, OSError("disk full"))

    with monkeypatch.context() as broken:
        broken.setattr(core, "write", disk_is_full)
        answer = send(page_client, event)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Vi har IKKE modtaget din tilmelding" in answer.text
    again = re.search(r'name="key" value="(\w+)"', answer.text)
    assert again
    assert 'value="Anna Aagaard"' in answer.text
    assert send(page_client, event, key=again[1]).status_code == 303
    assert count("registration") == 1


def test_the_ticket_opens_in_capitals_and_in_small_letters(page_client: PageClient, event: Event) -> None:
    address = send(page_client, event).location
    for one in (address.upper(), address.lower()):
        assert "Anna Aagaard" in page_client.visit(one).text


def test_pages_drawn_once_hold_for_each_guest_what_is_hers(app: Flask, page_client: PageClient) -> None:
    """Form and ticket are drawn once for all; token, key, name, address and code are each guest's own."""
    with app.app_context():
        form = path(open_event())
    app.extensions["pages"] = PageCache(seconds=60)
    other = app.test_client()
    assert isinstance(other, PageClient)
    guests = [(page_client, ANNA), (other, {**ANNA, "name": "Bo <b>Aagaard</b>", "email": "bo@example.org"})]
    sent = [{**form_values(client.visit(form).forms()[-1]), **guest} for client, guest in guests]
    assert all(len({one[name] for one in sent}) == 2 for name in ("csrf_token", "key"))
    tickets_of = [client.post(form, data=one).location for (client, _), one in zip(guests, sent, strict=True)]
    for (client, guest), address in zip(guests, tickets_of, strict=True):
        page = client.visit(address)
        links = {str(one.attributes.get("href")) for one in page.root.all("a")}
        assert guest["name"] in page.text
        assert guest["email"] in page.text
        assert ticket_rules.grouped(address.removeprefix("/t/")) in page.text
        assert {f"{address}/cancellation", f"{address}?lang=en"} <= links
        assert not [one for one in links if "/t/" in one and not one.startswith(address)]


def test_a_staff_members_page_is_kept_for_nobody(app: Flask, page_client: PageClient, event: Event) -> None:
    """In the demo it has a link more."""
    app.extensions["pages"] = PageCache(seconds=60)
    sign_in(page_client, Role.ORGANISER)
    page_client.visit(path(event))
    assert not app.extensions["pages"]._pages


def test_a_full_event_offers_the_waiting_list_and_says_which_number_one_has(page_client: PageClient, db) -> None:
    event = open_event(seats=0)
    assert page_client.visit(path(event)).heading == "Skriv dig på venteliste"
    send(page_client, event)
    answer = send(page_client, event, name="Bo", email="bo@example.org")
    assert answer.location.startswith("/w/")
    assert page_client.visit(answer.location).heading == "Du er nummer 2 på ventelisten"


def test_mistakes_are_told_on_top_and_at_the_field_and_everything_typed_is_kept(
    page_client: PageClient, event: Event
) -> None:
    typed = {"organisation": "Havnens Venner", "needs": "Teleslynge", "question": "Hvornår?", "follow_up": "1"}
    answer = send(page_client, event, name=" ", email="anna@", category="", **typed)
    page = page_client.page
    assert answer.status_code == 422
    linked = {one.attributes["href"] for one in page.root.all("div", class_="error-summary")[0].all("a")}
    assert linked == {"#name", "#email", "#category"}
    assert {name: form_values(page.forms()[-1]).get(name) for name in typed} == typed
    assert count("registration") == 0


def test_a_form_sent_twice_leads_to_the_same_ticket(page_client: PageClient, event: Event) -> None:
    values = form_values(page_client.visit(path(event)).forms()[-1]) | ANNA
    first, second = (page_client.post(path(event), data=values) for _ in range(2))
    assert first.location == second.location
    assert count("registration") == 1


def test_a_used_key_with_other_content_is_asked_about_and_then_sent_as_something_new(
    page_client: PageClient, event: Event
) -> None:
    values = form_values(page_client.visit(path(event)).forms()[-1]) | ANNA
    first = page_client.post(path(event), data=values).location
    answer = page_client.post(path(event), data={**values, "name": "Bo Aagaard"})
    page = page_client.page
    assert answer.status_code == 422
    again = form_values(page.forms()[-1])
    assert (again["name"], again["email"]) == ("Bo Aagaard", "anna@example.org")
    assert again["key"] != values["key"]
    assert first in {one.attributes.get("href") for one in page.root.all("a")}
    assert page_client.post(path(event), data=again).status_code == 303
    assert sorted(one.name for one in rows(event)) == ["Anna Aagaard", "Bo Aagaard"]


@pytest.mark.parametrize("field", ["name", "organisation", "needs", "question"])
def test_what_looks_like_a_cpr_number_is_asked_about_once(page_client: PageClient, event: Event, field: str) -> None:
    answer = send(page_client, event, **{field: "Jeg er 251248-9996"})
    assert answer.status_code == 422
    assert "Det ligner et CPR-nummer. Fjern det, før du sender." in page_client.page.text
    values = form_values(page_client.page.forms()[-1])
    assert page_client.post(path(event), data={**values, "no_cpr": "1"}).status_code == 303


def test_what_a_guest_needs_is_kept_apart(page_client: PageClient, event: Event) -> None:
    send(page_client, event, needs="Plads til kørestol", show_needs_at_door="1")
    need = database.session.scalars(database.select(AccessNeed)).one()
    assert (need.text, need.show_at_door) == ("Plads til kørestol", True)
    database.session.rollback()


def test_all_optional_boxes_are_empty_and_may_stay_so(page_client: PageClient, event: Event) -> None:
    page = page_client.visit(path(event))
    assert not [one for one in page.root.all("input") if "checked" in one.attributes]
    send(page_client, event)
    row = rows(event)[0]
    assert (row.booking.wants_follow_up, row.question, row.booking.notice_version) == (False, "", "2026-11-25")


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"website": "https://example.org"}, Suspicion.TRAP),
        ({"drawn_at": str(2**33)}, Suspicion.HASTE),
        ({}, Suspicion.NONE),
    ],
)
def test_what_looks_like_a_program_is_marked_and_gets_its_seat(
    page_client: PageClient, event: Event, fields: dict[str, str], mark: Suspicion
) -> None:
    assert send(page_client, event, **fields).status_code == 303
    row = rows(event)[0]
    assert (row.booking.suspicion, row.state) == (mark, RegistrationState.CONFIRMED)


def test_the_trap_is_skipped_by_keyboard_and_screen_reader(page_client: PageClient, event: Event) -> None:
    (trap,) = page_client.visit(path(event)).root.all("input", name="website")
    assert trap.attributes["tabindex"] == "-1"
    assert any(one.attributes.get("aria-hidden") == "true" for one in trap.ancestors())


@pytest.mark.parametrize(
    ("opens", "closes", "heading"),
    [(1, 5, "Tilmeldingen er ikke åbnet endnu"), (-5, -1, "Tilmeldingen er lukket")],
)
def test_before_and_after_the_page_says_when(
    page_client: PageClient, db, opens: int, closes: int, heading: str
) -> None:
    now = clock.now()
    event = open_event(
        registration_opens_at=now + timedelta(days=opens), registration_closes_at=now + timedelta(days=closes)
    )
    page = page_client.visit(path(event))
    assert page.heading == heading
    assert not [one for one in page.forms() if one.attributes.get("method") == "post"]


def test_what_comes_after_closing_is_refused_loudly(page_client: PageClient, event: Event) -> None:
    values = form_values(page_client.visit(path(event)).forms()[-1]) | ANNA
    stored = database.session.get(Event, event.id)
    assert stored is not None
    stored.registration_closes_at = clock.now() - timedelta(seconds=1)
    database.session.commit()
    assert page_client.post(path(event), data=values).status_code == 409
    assert "Vi har IKKE modtaget din tilmelding" in page_client.page.text
    assert count("registration") == 0


def test_a_draft_has_no_form(page_client: PageClient, db) -> None:
    page_client.visit(path(open_event(published=False)), status=404)


def test_opening_the_cancel_link_changes_nothing_and_pressing_the_button_does(
    page_client: PageClient, event: Event
) -> None:
    ticket = send(page_client, event).location
    assert page_client.visit(f"{ticket}/cancellation").heading == "Vil du melde afbud?"
    assert rows(event)[0].state is RegistrationState.CONFIRMED
    assert page_client.submit(f"{ticket}/cancellation", action="/cancellation").heading == "Du har meldt afbud"
    assert rows(event)[0].state is RegistrationState.CANCELLED
    assert page_client.visit(f"{ticket}/cancellation").heading == "Du har meldt afbud"


@pytest.mark.parametrize("seats", [9, 0])
def test_after_the_event_nobody_cancels_and_a_sentence_says_why(page_client: PageClient, db, seats: int) -> None:
    event = open_event(seats=seats)
    own = send(page_client, event).location
    form = choose_form(page_client.visit(f"{own}/cancellation"), {}, "/cancellation")
    begins_at = clock.now() - timedelta(hours=3)
    database.session.execute(
        update(Event)
        .where(Event.id == event.id)
        .values(starts_at=begins_at, ends_at=begins_at + timedelta(hours=2), doors_open_at=begins_at)
    )
    database.session.commit()
    page_client.visit(own)
    assert "/cancellation" not in page_client.response.text
    for answer in (
        page_client.get(f"{own}/cancellation"),
        page_client.post(form.attributes["action"], data=form_values(form)),
    ):
        assert answer.status_code == 409
        assert "Arrangementet er slut, så der er intet at melde afbud til." in answer.text
    assert rows(event)[0].state is not RegistrationState.CANCELLED


def test_the_first_in_line_gets_the_seat_and_the_own_link_then_leads_to_the_ticket(page_client: PageClient, db) -> None:
    event = open_event(seats=1)
    first = send(page_client, event).location
    second = send(page_client, event, name="Bo", email="bo@example.org").location
    page_client.submit(f"{first}/cancellation", action="/cancellation")
    page = page_client.visit(second)
    assert page.root.all("svg", class_="qr")
    assert page_client.response.request.path.startswith("/t/")


def test_whoever_leaves_the_line_lets_the_others_move_up(page_client: PageClient, db) -> None:
    event = open_event(seats=0)
    first = send(page_client, event).location
    second = send(page_client, event, name="Bo", email="bo@example.org").location
    page_client.submit(f"{first}/cancellation", action="/cancellation")
    assert page_client.page.heading == "Du står ikke længere på ventelisten"  # nobody who waits sends regrets
    assert page_client.visit(second).heading == "Du er nummer 1 på ventelisten"


def test_a_household_may_share_an_address_but_a_sixth_is_told_by_mail_alone(page_client: PageClient, db) -> None:
    event = open_event(seats=20)
    for number in range(5):
        assert send(page_client, event, name=f"Barn {number}").location.startswith("/t/")
    answer = send(page_client, event, name="Barn 6", email="ANNA@example.org")
    assert page_client.visit(answer.location).heading == "Se i din indbakke"
    assert (count("registration"), count("outbox_mail")) == (5, 6)


def test_a_stale_page_keeps_what_was_typed(page_client: PageClient, event: Event) -> None:
    answer = send(page_client, event, csrf_token="wrong", question="Hvornår?")
    assert answer.status_code == 422
    values = form_values(page_client.page.forms()[-1])
    assert values["question"] == "Hvornår?"
    assert page_client.post(path(event), data=values).status_code == 303


def test_a_post_from_another_site_is_refused(page_client: PageClient, event: Event) -> None:
    values = form_values(page_client.visit(path(event)).forms()[-1]) | ANNA
    answer = page_client.post(path(event), data=values, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert count("registration") == 0


def test_what_a_guest_comes_as_decides_whose_seats_are_taken(page_client: PageClient, db) -> None:
    event = open_event(seats=0, quotas={QuotaKind.PRESS: 1})
    press = Category(
        event_id=event.id, position=2, label=Wording({"da": "Presse", "en": "Press"}), quota_kind=QuotaKind.PRESS
    )
    database.session.add(press)
    database.session.commit()
    category_id = press.id
    database.session.rollback()
    assert send(page_client, event, category=category_id).location.startswith("/t/")
    assert send(page_client, event, name="Bo").location.startswith("/w/")


def test_guessing_codes_is_slowed_and_signing_up_from_there_is_not(page_client: PageClient, event: Event) -> None:
    answers = [page_client.get(f"/t/{ticket_rules.grouped('A' * 26)}").status_code for _ in range(20)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert answers.count(404) == 15
    assert page_client.get("/w/unknown").status_code == 429
    assert send(page_client, event).status_code == 303


def test_unknown_links_say_so_and_nothing_else(page_client: PageClient, event: Event) -> None:
    for address in ("/t/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/w/unknown", "/t/%00", "/t/../etc"):
        page_client.visit(address, status=404)


def test_no_code_and_no_personal_link_stands_in_the_database(page_client: PageClient, event: Event, app: Flask) -> None:
    code = send(page_client, event).location.removeprefix("/t/")
    row = rows(event)[0]
    with app.app_context():
        link = ticket_rules.link_token(row.booking_id)
        assert row.booking.link_hash == tokens.token_hash(link)
    dump = " ".join(str(one) for one in _everything())
    assert code not in dump
    assert link not in dump


def _everything() -> list[Any]:
    tables = database.metadata.sorted_tables
    found = [tuple(row) for table in tables for row in database.session.execute(table.select())]
    database.session.rollback()
    return found


def test_in_a_rush_the_event_is_looked_up_once_a_second(app: Flask, event: Event) -> None:
    looks: list[str] = []

    def counted(slug: str) -> kept_fields.Found:
        looks.append(slug)
        return kept_fields.look_up(slug)

    briefs, fresh = Kept[kept_fields.Found](), Kept[kept_fields.Found](0)
    with app.app_context():
        found = [briefs.get(event.slug, counted) for _ in range(5)]
        assert fresh.get(event.slug, counted) == found[0]
        assert fresh.get(event.slug, counted) == found[0]
        with pytest.raises(NotFoundError):
            briefs.get("nothing", counted)
    assert looks == [event.slug] * 3 + ["nothing"]
