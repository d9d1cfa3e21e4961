"""A mail that is out of date when its turn comes is not sent, and can be seen; the one that says what holds is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import db as core
from eventapp.db import db
from eventapp.events.models import Event
from eventapp.mail.models import OutboxMail
from eventapp.registration import actions
from eventapp.registration.models import Reason
from eventapp.telling import actions as telling
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Role
from eventapp.work.worker import Worker
from tests.registration.givens import given_event, sign_up
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.work import do_jobs


def cancel(registration_id: str) -> None:
    reason = Reason.GUEST_CANCELLED
    core.write(lambda conn: actions.cancel(conn, registration_id, reason=reason, now=SIGN_UP_AT))


def cancelled() -> None:
    cancel(sign_up(given_event()).registration_id)


def one_of_two_cancelled() -> None:
    cancel(sign_up(given_event(), heads=2).registration_ids[1])


def seated_from_the_line() -> None:
    event = given_event(seats=1)
    first = sign_up(event, 1, email="first@example.org")
    sign_up(event, 2)
    cancel(first.registration_id)


def called_off() -> None:
    event = given_event()
    sign_up(event)
    _change(event, Fact.STATE)


def moved_twice() -> None:
    event = given_event()
    sign_up(event)
    _change(event, Fact.TIME)
    _change(event, Fact.TIME)


def _change(event: Event, fact: Fact) -> None:
    stored = db.session.get_one(Event, event.id)
    stored.calendar_sequence += 1
    if fact is Fact.STATE:
        stored.cancelled_at = SIGN_UP_AT
    else:
        stored.ends_at += timedelta(hours=1)
    db.session.flush()
    telling.tell(db.session.connection(), Subject.EVENT, event.id, [fact], by=None, now=SIGN_UP_AT)
    db.session.commit()
    do_jobs()


def states(address: str = "guest1@example.org") -> list[tuple[str, str]]:
    """Message and state of each mail to an address, in the order in which they were queued."""
    wanted = select(OutboxMail).where(OutboxMail.to_address == address).order_by(OutboxMail.queued_at)
    found = [(one.message.partition("/")[2], one.state.value) for one in db.session.scalars(wanted)]
    db.session.rollback()
    return found


@pytest.mark.parametrize(
    ("happened", "address", "right"),
    [
        (cancelled, "guest1@example.org", [("confirmed", "superseded"), ("cancelled", "sent")]),
        (one_of_two_cancelled, "guest1@example.org", [("confirmed", "sent"), ("cancelled", "sent")]),
        (seated_from_the_line, "guest2@example.org", [("waiting", "superseded"), ("promoted", "sent")]),
        (called_off, "guest1@example.org", [("confirmed", "superseded"), ("called_off", "sent")]),
        (
            moved_twice,
            "guest1@example.org",
            [("confirmed", "sent"), ("changed", "superseded"), ("changed", "sent")],
        ),
    ],
)
def test_only_what_holds_is_sent(
    app: Flask, happened: Callable[[], None], address: str, right: list[tuple[str, str]]
) -> None:
    with app.app_context():
        happened()
        Worker(app).run_once()
        assert states(address) == right


def test_what_was_not_sent_says_why_and_holds_nothing_any_more(page_client: PageClient, app: Flask) -> None:
    sign_in(page_client, Role.ADMIN, Role.ORGANISER)
    with app.app_context():
        cancelled()
        Worker(app).run_once()
        mail = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "registration/confirmed")).one()
        assert mail.context == {}
        mail_id = mail.id
    page = page_client.visit(f"/staff/outbox/{mail_id}")
    assert "Mailen var forældet, da det blev dens tur" in page.text
    assert not [one for one in page.root.all("form") if "/attempts" in one.attributes.get("action", "")]
