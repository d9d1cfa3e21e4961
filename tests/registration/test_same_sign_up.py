"""The same sign-up from the same address is taken in once, and nobody else is told that it was (ADR 0050)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from eventapp import db as core
from eventapp.db import db as database
from eventapp.events.models import Event
from eventapp.registration import actions
from eventapp.registration.errors import SentBeforeError
from eventapp.registration.models import Reason, RegistrationState
from eventapp.registration.rules import SAME_FOR
from tests.registration.givens import all_at_once, count, given_event, quota_of, sign_up
from tests.registration.test_views import open_event, send
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def event(db: Any) -> Event:
    return open_event()


def stranger(app: Flask) -> PageClient:
    """Another browser."""
    found = app.test_client()
    assert isinstance(found, PageClient)
    return found


def mails() -> int:
    return count("outbox_mail")


def test_in_the_same_browser_it_leads_to_the_ticket(page_client: PageClient, event: Event) -> None:
    first, again = send(page_client, event), send(page_client, event)
    assert (again.status_code, again.location) == (303, first.location)
    assert (count("registration"), mails()) == (1, 1)


def test_anybody_else_gets_the_page_that_tells_nothing_and_the_address_a_mail(
    app: Flask, page_client: PageClient, event: Event
) -> None:
    others = stranger(app)
    send(page_client, event)
    answer = send(others, event)
    assert answer.location.endswith("/register/mail")
    assert (count("registration"), mails()) == (1, 2)


def test_something_else_is_another_sign_up(page_client: PageClient, event: Event) -> None:
    assert send(page_client, event).location != send(page_client, event, name="Bo Aagaard").location
    assert count("registration") == 2


def test_a_sign_up_that_came_twice_took_one_seat() -> None:
    event = given_event()
    first = sign_up(event, 1)
    with pytest.raises(SentBeforeError) as found:
        sign_up(event, 1)
    assert found.value.earlier.ticket_codes == first.ticket_codes
    assert (quota_of(event).taken, count("booking"), mails()) == (1, 1, 1)


def test_at_one_moment_from_several_tabs_it_is_one(app: Flask) -> None:
    event = given_event()
    came_of_it = all_at_once(app, [lambda: sign_up(event, 1)] * 6)
    assert sorted(type(one).__name__ for one in came_of_it) == ["SentBeforeError"] * 5 + ["SignedUp"]
    assert (quota_of(event).taken, count("booking")) == (1, 1)


def test_a_day_later_or_after_cancelling_it_is_a_new_one() -> None:
    event = given_event(starts_at=SIGN_UP_AT + timedelta(days=20))
    first = sign_up(event, 1)
    assert sign_up(event, 1, now=SIGN_UP_AT + SAME_FOR).booking_id != first.booking_id
    other = sign_up(event, 2, heads=2)
    leave = partial(actions.cancel_booking, booking_id=other.booking_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
    core.write(leave)
    assert sign_up(event, 2, heads=2).state is RegistrationState.CONFIRMED


def test_another_event_is_another_sign_up() -> None:
    sign_up(given_event(), 1)
    assert sign_up(given_event(), 1).ticket_code
    assert count("booking") == 2


def test_who_waits_is_told_so_once_more(app: Flask, page_client: PageClient) -> None:
    event = open_event(seats=0)
    others = stranger(app)
    assert "/w/" in send(page_client, event).location
    assert send(others, event).location.endswith("/register/mail")
    database.session.rollback()
    assert (count("registration"), mails()) == (1, 2)
