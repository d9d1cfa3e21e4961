"""A guest who agreed to be written to afterwards takes that back, on every page of the own registration (LAW-04)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.contributions import queries as asking
from eventapp.db import db as database
from eventapp.db import end_reading, reading
from eventapp.registration.actions import SignedUp
from eventapp.registration.models import Booking
from tests.registration.givens import given_event, sign_up
from tests.support.factories import STARTS_AT
from tests.support.pages import PageClient

SAID_YES = "Du har sagt ja til, at vi skriver til dig om sagen"


def agreed() -> list[bool]:
    end_reading()
    return list(database.session.scalars(select(Booking.wants_follow_up).order_by(Booking.registered_at, Booking.id)))


def taken_back() -> list[str | None]:
    wanted = select(AuditEntry.subject_id).where(AuditEntry.act == "registration.consent_taken_back")
    return list(database.session.scalars(wanted))


def ticket(outcome: SignedUp, head: int = 0) -> str:
    return f"/t/{outcome.ticket_codes[head]}"


def booking(outcome: SignedUp) -> str:
    return f"/w/{outcome.link_token}"


@pytest.mark.parametrize("days_after", [-7, 30])
@pytest.mark.parametrize("kind", ["ticket", "group", "waiting", "cancelled"])
def test_consent_is_taken_back_on_the_own_page_at_any_time(
    page_client: PageClient, db: object, monkeypatch: pytest.MonkeyPatch, kind: str, days_after: int
) -> None:
    event = given_event(seats=0 if kind == "waiting" else 5)
    outcome = sign_up(event, heads=2 if kind == "group" else 1, wants_follow_up=True)
    own = ticket(outcome) if kind in {"ticket", "cancelled"} else booking(outcome)
    if kind == "cancelled":
        monkeypatch.setattr(clock, "now", lambda: STARTS_AT - timedelta(days=8))
        page_client.submit(f"{own}/cancellation", action="/cancellation")
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT + timedelta(days=days_after))
    page = page_client.visit(own)
    assert SAID_YES in page.text
    (link,) = [one.attributes["href"] for one in page.root.all("a") if one.attributes["href"].endswith("/consent")]
    assert link == f"{own}/consent"
    assert page_client.visit(link).heading == "Skal vi lade være med at skrive til dig bagefter?"
    assert agreed() == [True]  # opening the link changes nothing
    assert page_client.submit(link, action="/consent").heading == "Vi skriver ikke til dig bagefter"
    assert agreed() == [False]
    assert taken_back() == [outcome.booking_id]
    assert SAID_YES not in page_client.visit(own).text
    with reading() as conn:
        assert asking.number_to_be_asked(conn, event.id) == 0


def test_pressing_twice_is_once_and_takes_back_nobody_elses(page_client: PageClient, db: object) -> None:
    event = given_event(seats=5)
    first, second = (sign_up(event, number, wants_follow_up=True) for number in (1, 2))
    form = page_client.visit(f"{ticket(first)}/consent").root.all("input", name="csrf_token")[0].attributes["value"]
    for _ in range(2):
        sent = page_client.post(f"{ticket(first)}/consent", data={"csrf_token": form})
        assert (sent.status_code, sent.location) == (303, f"{ticket(first)}/consent")
    end_reading()
    wanted = select(Booking.id).where(Booking.wants_follow_up.is_(True))
    assert list(database.session.scalars(wanted)) == [second.booking_id]
    assert taken_back() == [first.booking_id]
    assert SAID_YES not in page_client.visit(ticket(first)).text
    assert SAID_YES in page_client.visit(ticket(second)).text


def test_who_never_agreed_is_offered_nothing_and_told_so(page_client: PageClient, db: object) -> None:
    own = ticket(sign_up(given_event(seats=5)))
    page_client.visit(own)
    assert "/consent" not in page_client.response.text
    assert page_client.visit(f"{own}/consent").heading == "Vi skriver ikke til dig bagefter"


def test_whoever_was_brought_along_takes_back_nothing_for_the_sender(page_client: PageClient, db: object) -> None:
    outcome = sign_up(given_event(seats=5), heads=2, wants_follow_up=True)
    brought = ticket(outcome, 1)
    page_client.visit(brought)
    assert "/consent" not in page_client.response.text
    page_client.visit(f"{brought}/consent", status=404)
    assert page_client.post(f"{brought}/consent", data={}).status_code in {400, 404}
    assert agreed() == [True]


def test_a_wrong_code_and_a_post_from_elsewhere_change_nothing(page_client: PageClient, db: object) -> None:
    own = ticket(sign_up(given_event(seats=5), wants_follow_up=True))
    page_client.visit(f"/t/{'A' * 26}/consent", status=404)
    page_client.visit(f"/w/{'a' * 32}/consent", status=404)
    assert page_client.post(f"{own}/consent", headers={"Origin": "https://other.example.org"}).status_code == 403
    assert agreed() == [True]
