"""What the hearing shows on others' pages: the public thread, the front page, the officer's page of the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask, g

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.db import db
from eventapp.hearing import hooks, queries
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.models import Hearing
from eventapp.hearing.page_queries import around
from eventapp.hearing.rules import HearingState
from eventapp.web.permissions import Person, Role
from eventapp.web.registry import StepState, ThreadStep
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.hearing.test_answering import receive, sent_to
from tests.support.factories import make_case
from tests.support.pages import PageClient
from tests.support.staff import sign_in

OFFICER = Person("officer-1", "Sagsbehandler", frozenset({Role.OFFICER}))
OPEN_AT = DEADLINE_AT - timedelta(days=1)
A_MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    """Hooks are called while a page is drawn; that of a post, so that a test may write too."""
    with app.test_request_context(method="POST"):
        yield


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def step(hearing: Hearing) -> ThreadStep:
    (found,) = hooks.steps(hearing.case_id)
    return found


# --- the public thread ---------------------------------------------------------------------------------------


def test_a_case_without_a_hearing_gets_no_step() -> None:
    case = make_case()
    db.session.commit()
    assert hooks.steps(case.id) == []


def test_the_public_is_told_nothing_of_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = make_hearing(sent=False)
    at(monkeypatch, SENT_AT)
    assert hooks.steps(hearing.case_id) == []


@pytest.mark.parametrize(
    ("moment", "state", "has_begun"),
    [
        (SENT_AT - A_MICROSECOND, StepState.PLANNED, False),
        (SENT_AT, StepState.NEXT, True),
        (DEADLINE_AT, StepState.NEXT, True),
        (DEADLINE_AT + A_MICROSECOND, StepState.DONE, True),
    ],
)
def test_a_step_follows_the_clock_to_the_instant(
    monkeypatch: pytest.MonkeyPatch, moment: datetime, state: StepState, has_begun: bool
) -> None:
    hearing = make_hearing()
    at(monkeypatch, moment)
    found = step(hearing)
    assert (found.state, found.url, bool(found.figure)) == (state, "/hearings/havneparken", has_begun)


def test_a_closed_hearing_is_done_before_its_deadline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = make_hearing()
    calling.close(hearing, by=OFFICER, now=OPEN_AT)
    db.session.commit()
    at(monkeypatch, OPEN_AT)
    assert step(hearing).state is StepState.DONE
    assert step(hearing).url == "/hearings/havneparken"


def test_a_step_says_how_many_answered_of_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = make_hearing()
    at(monkeypatch, OPEN_AT)
    assert step(hearing).figure == "0 høringssvar, 0 af 2 parter"
    hearing_id, party_id = hearing.id, queries.parties(hearing.id)[0].id
    db.session.commit()
    receive(sent_to(hearing_id, party_id=party_id))
    assert step(hearing).figure == "1 høringssvar, 1 af 2 parter"
    db.session.commit()
    receive(sent_to(hearing_id))
    found = step(hearing)
    assert found.figure == "2 høringssvar, 1 af 2 parter"
    assert (found.key, found.refs, found.at) == (f"hearing:{hearing.id}", (hearing.id,), SENT_AT)


def test_each_hearing_of_a_case_has_a_step_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case()
    ids = {make_hearing(case, slug=slug).id for slug in ("en", "to")}
    make_hearing(make_case(), slug="skolen")
    at(monkeypatch, OPEN_AT)
    assert {one.refs[0] for one in hooks.steps(case.id)} == ids


# --- the front page ------------------------------------------------------------------------------------------


def test_the_front_page_shows_hearings_that_can_be_answered_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    make_hearing(make_case(), slug="udkast", sent=False)
    closed = make_hearing(make_case(), slug="afsluttet")
    calling.close(closed, by=OFFICER, now=OPEN_AT)
    db.session.commit()
    make_hearing(make_case(), slug="snart")
    make_hearing(make_case(), slug="senere", deadline_at=DEADLINE_AT + timedelta(days=1))
    shown = {
        SENT_AT - A_MICROSECOND: ["snart", "senere"],
        SENT_AT: ["snart", "senere"],
        DEADLINE_AT: ["snart", "senere"],
        DEADLINE_AT + A_MICROSECOND: ["senere"],
        DEADLINE_AT + timedelta(days=2): [],
    }
    for moment, slugs in shown.items():
        at(monkeypatch, moment)
        assert [one.url for one in hooks.cards()] == [f"/hearings/{slug}" for slug in slugs], moment


def test_a_card_says_until_when_and_stands_by_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    make_hearing()
    at(monkeypatch, OPEN_AT)
    (card,) = hooks.cards()
    assert card.at == DEADLINE_AT
    at(monkeypatch, SENT_AT - A_MICROSECOND)
    (before,) = hooks.cards()
    assert before.state == "Begynder onsdag den 15. maj 2024 kl. 09.00"
    assert "fredag den 14. juni 2024 kl. 12.00" in card.state
    assert str(card.title) == "Høring om havneparken"


def test_front_page_and_thread_are_wired_to_the_hearing(
    page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case(slug="havnesagen")
    make_hearing(case)
    at(monkeypatch, OPEN_AT)
    assert "/hearings/havneparken" in links(page_client, "/")
    assert "/hearings/havneparken" in links(page_client, "/cases/havnesagen")


def links(page_client: PageClient, address: str) -> set[str]:
    return {one.attributes.get("href", "") for one in page_client.visit(address).root.all("a")}


# --- the officer's page --------------------------------------------------------------------------------------


def test_the_case_links_to_what_one_may_open_and_to_nothing_else(app_case: Case) -> None:
    hearing_id = make_hearing(app_case).id
    own = {f"/staff/hearings/{hearing_id}", f"/staff/hearings/new/{app_case.id}", f"/staff/cases/{app_case.id}/record"}
    reading = {f"/staff/hearings/{hearing_id}"}
    for role, expected in (
        (Role.OFFICER, own),
        (Role.APPROVER, reading | {f"/staff/cases/{app_case.id}/record"}),
        (Role.AUDITOR, reading),
        (Role.ORGANISER, set()),
        (Role.ADMIN, set()),
    ):
        g.person = Person("somebody", "Nogen", frozenset({role}))
        assert {url for _, url in hooks.case_links(app_case.id)} == expected, role


def test_nobody_who_is_not_signed_in_sees_a_link(app_case: Case) -> None:
    make_hearing(app_case)
    g.person = None
    assert hooks.case_links(app_case.id) == []


def test_the_officers_page_of_the_case_is_wired_to_the_hearing(page_client: PageClient, app_case: Case) -> None:
    case_id, hearing_id = app_case.id, make_hearing(app_case).id
    db.session.rollback()
    sign_in(page_client, Role.OFFICER)
    assert f"/staff/hearings/{hearing_id}" in links(page_client, f"/staff/cases/{case_id}")


# --- how long is left ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "days", "hours", "minutes"),
    [
        (timedelta(days=29, hours=2, minutes=59, seconds=59), 29, 2, 59),
        (timedelta(days=1), 1, 0, 0),
        (timedelta(hours=23, minutes=59, seconds=59), 0, 23, 59),
        (timedelta(minutes=1), 0, 0, 1),
        (timedelta(seconds=59), 0, 0, 0),
        (timedelta(0), 0, 0, 0),
    ],
)
def test_what_is_left_is_rounded_down(
    monkeypatch: pytest.MonkeyPatch, left: timedelta, days: int, hours: int, minutes: int
) -> None:
    hearing = make_hearing()
    at(monkeypatch, DEADLINE_AT - left)
    shown = around(hearing)
    assert (shown["days_left"], shown["hours_left"], shown["minutes_left"]) == (days, hours, minutes)
    assert (shown["now"], shown["state"]) == (DEADLINE_AT - left, HearingState.OPEN)


def test_over_the_end_of_summer_time_hours_are_those_that_really_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """From Saturday noon to Sunday noon the clock is put back: 25 hours are left, not 24."""
    deadline = datetime.fromisoformat("2024-10-27T12:00:00+01:00")
    hearing = make_hearing(deadline_at=deadline)
    at(monkeypatch, datetime.fromisoformat("2024-10-26T12:00:00+02:00"))
    shown = around(hearing)
    assert (shown["days_left"], shown["hours_left"], shown["minutes_left"]) == (1, 1, 0)


def test_a_contact_is_away_by_the_days_of_copenhagen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just after midnight in Copenhagen it is still the day before in UTC."""
    hearing = make_hearing()
    from_midnight = datetime.fromisoformat("2024-06-10T00:00:00+02:00")
    away, stays = hearing.case.contacts[0], "afdelingen@example.org"
    hearing.case.contacts.append(type(away)(position=2, function=away.function, email=stays))
    away.away_from_on = from_midnight.date()
    db.session.commit()
    for moment, asked in (
        (from_midnight - timedelta(seconds=1), ["sag@example.org", stays]),
        (from_midnight, [stays]),
    ):
        at(monkeypatch, moment)
        assert [one.email for one in around(hearing)["contacts"]] == asked
