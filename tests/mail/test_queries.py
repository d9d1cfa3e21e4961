"""What is read of the outbox: whose mails they are, which ones somebody may open, how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.exc import NoResultFound

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import end_reading, reading, write
from eventapp.errors import NotFoundError
from eventapp.mail import actions, lane, outbox, queries, rules
from eventapp.mail.errors import NotToBeSentAgainError
from eventapp.mail.lane import MailLane
from eventapp.mail.models import OutboxAttempt, OutboxMail, State
from eventapp.web.permissions import Grant, Permission, Person, Reach, Role, Scope
from eventapp.web.registry import MailOwner, registry
from eventapp.work.worker import Worker
from tests.invitations.conftest import make_invitation
from tests.mail.givens import change, queue, row
from tests.support.factories import make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
MICROSECOND, MONTH = timedelta(microseconds=1), rules.KEPT_FOR_ANOTHER_TRY
ENDED = [State.SENT, State.REFUSED, State.GIVEN_UP, State.HELD]
EVERYTHING = {"test": (Reach(everything=True),)}
OFFICER = Person("0" * 32, "Anna")


def moved(mail_id: str, state: State, at: datetime = NOON) -> str:
    """Bring a mail into a state."""
    change(
        mail_id,
        state=state,
        finished_at=None if state.is_open else at,
        leased_by="one" if state is State.SENDING else None,
    )
    return mail_id


def ids(shown: ColumnElement[bool], state: State | None = None) -> list[str]:
    end_reading()
    return [one.id for one in queries.mails(shown, state, 1).items]


# --- how it stands -------------------------------------------------------------------------------------------------


def test_an_empty_outbox_stands_at_naught(db: SQLAlchemy) -> None:
    found = queries.standing()
    assert (found.counts, found.oldest_at, found.total) == ({}, None, 0)
    assert set(queries.gauges().values()) == {0}


def test_the_oldest_is_the_oldest_of_those_that_wait(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "system_now", lambda: NOON)
    for hours, state in enumerate((State.WAITING, State.SENDING, *ENDED), 1):
        change(moved(queue(), state), queued_at=NOON - timedelta(hours=hours))
    found = queries.standing()
    assert found.oldest_at == NOON - timedelta(hours=2)
    assert (found.total, found.counts) == (6, dict.fromkeys((State.WAITING, State.SENDING, *ENDED), 1))
    assert queries.gauges() == {
        "outbox_waiting": 2,
        "outbox_oldest_seconds": 7200,
        "outbox_given_up": 1,
        "outbox_refused": 1,
        "outbox_held": 1,
    }


def test_one_counts_and_lists_the_mails_that_one_may_open(db: SQLAlchemy) -> None:
    mine = [moved(queue("anna@example.org"), State.SENT), queue("anna@example.org")]
    queue("bo@example.org")
    shown = OutboxMail.to_address == "anna@example.org"
    assert queries.counts(shown) == {State.SENT: 1, State.WAITING: 1}
    assert set(ids(shown)) == set(mine)
    assert ids(shown, State.SENT) == mine[:1]


def test_the_newest_stands_first(db: SQLAlchemy) -> None:
    first, second, third = (queue() for _ in range(3))
    for minutes, mail_id in enumerate((second, third, first)):
        change(mail_id, queued_at=NOON + timedelta(minutes=minutes))
    assert ids(true()) == [first, third, second]


def test_a_mail_that_is_not_there_is_not_found(db: SQLAlchemy) -> None:
    with pytest.raises(NotFoundError):
        queries.mail("0" * 32)


def test_the_last_failure_is_of_a_mail_that_was_tried_and_waits(db: SQLAlchemy) -> None:
    untried, earlier, later, ended = (queue() for _ in range(4))
    for minutes, mail_id in enumerate((earlier, later, untried, ended)):
        change(mail_id, due_at=NOON + timedelta(minutes=minutes), attempts=0 if mail_id == untried else 2)
    moved(ended, State.GIVEN_UP)
    end_reading()
    found = queries.last_failure(true())
    assert found is not None
    assert found.id == later
    other = queries.last_failure(OutboxMail.id == earlier)
    assert other is not None
    assert other.id == earlier
    assert queries.last_failure(OutboxMail.id == untried) is None


def test_the_last_failure_goes_by_time_whatever_the_ids_and_once_is_enough(db: SQLAlchemy) -> None:
    one, other = queue(), queue()
    for last, first in ((one, other), (other, one)):
        change(last, due_at=NOON + timedelta(minutes=1), attempts=1)
        change(first, due_at=NOON, attempts=1)
        end_reading()
        found = queries.last_failure(true())
        assert found is not None
        assert found.id == last
        db.session.rollback()


def test_mails_of_the_same_moment_stand_in_the_order_of_their_ids(db: SQLAlchemy) -> None:
    """Otherwise a mail could be on two pages of the list, and another one on none."""
    same = [queue() for _ in range(8)]
    for mail_id in same:
        change(mail_id, queued_at=NOON)
    assert ids(true()) == sorted(same)


# --- whose they are ------------------------------------------------------------------------------------------------


@pytest.fixture
def owners(app: Flask) -> dict[str, MailOwner]:
    """Mails of a slice ``thing``, whose subject is an event."""
    found: dict[str, MailOwner] = app.extensions["registry"].mail_owners

    def subjects(reach: Reach) -> Any:
        return select(OutboxMail.subject_id).where(OutboxMail.subject_id.in_(reach.event_ids))

    found["thing"] = MailOwner(Permission.READ_REGISTRATIONS, lambda subject: Scope(event_id=subject), subjects)
    return found


def of_thing(subject_id: str | None = "e" * 32, message: str = "thing/told") -> str:
    return queue(message=message, subject_id=subject_id)


@pytest.mark.usefixtures("owners")
def test_a_mail_belongs_to_what_its_subject_belongs_to(db: SQLAlchemy) -> None:
    assert queries.scope(of_thing()) == Scope(event_id="e" * 32)


@pytest.mark.usefixtures("owners")
def test_a_mail_without_subject_or_owner_belongs_to_no_event(db: SQLAlchemy) -> None:
    mails = (of_thing(None), of_thing(message="stranger/told"), "0" * 32)
    assert {queries.scope(one) for one in mails} == {Scope()}


def test_the_owner_is_the_slice_before_the_stroke(db: SQLAlchemy, owners: dict[str, MailOwner]) -> None:
    assert queries.owner_of("thing/told/again") is owners["thing"]
    assert queries.owner_of("things/told") is None
    assert queries.owner_of("") is None


@pytest.mark.usefixtures("owners")
def test_the_mails_within_reach_are_those_of_slices_that_all_reaches_let_in(db: SQLAlchemy) -> None:
    mine, others, tests = of_thing(), of_thing("f" * 32), queue()
    of_thing(message="things/told")  # another slice, whose name begins alike
    event, all_of, nothing = Reach(event_ids={"e" * 32}), Reach(everything=True), Reach()

    def within(**reaches: Iterable[Reach]) -> set[str]:
        return set(ids(queries.within({name: tuple(needed) for name, needed in reaches.items()})))

    assert within(thing=[all_of]) == {mine, others}
    assert within(thing=[event]) == {mine}
    assert within(thing=[all_of, event]) == {mine}
    assert within(thing=[event, Reach(event_ids={"f" * 32})]) == set()
    assert within(thing=[all_of, nothing]) == set()
    assert within(test=[all_of]) == {tests}
    assert within(thing=[event], test=[all_of]) == {mine, tests}
    assert within() == set()


# --- between the outbox and those that send ------------------------------------------------------------------------


def test_every_slice_that_sends_says_who_may_open_its_mails(app: Flask, db: SQLAlchemy) -> None:
    for name in ("accounts", "contributions", "hearing", "invitations", "registration"):
        assert name in registry().mail_owners, name


@pytest.mark.engines("sqlite")
def test_a_letter_is_opened_by_those_who_read_invitations_to_its_event(app: Flask, page_client: PageClient) -> None:
    with app.app_context():
        invitations = [make_invitation(make_event()) for _ in range(2)]
        mine, other = (one.event_id for one in invitations)
        mails = [one.letters[0].mail_id for one in invitations]
        database.session.commit()
    status: dict[str, list[int]] = {}
    listed: dict[str, list[bool]] = {}
    grants = {
        "organiser": [Grant(Role.ORGANISER)],
        "organiser of one": [Grant(Role.ORGANISER, event_id=mine)],
        "organiser of the other": [Grant(Role.ORGANISER, event_id=other)],
        "officer": [Grant(Role.OFFICER)],  # reads the outbox, and no invitations
        "protocol": [Grant(Role.PROTOCOL)],  # reads invitations, and not the outbox
    }
    for name, given in grants.items():
        whole = [one.role for one in given if one.is_whole]
        sign_in(page_client, *whole, grants=[one for one in given if not one.is_whole])
        status[name] = [page_client.get(f"/staff/outbox/{one}").status_code for one in mails]
        text = page_client.get("/staff/outbox").text
        listed[name] = [f"/staff/outbox/{one}" in text for one in mails]
    assert status == {
        "organiser": [200, 200],
        "organiser of one": [200, 404],
        "organiser of the other": [404, 200],
        "officer": [403, 403],
        "protocol": [403, 403],
    }
    assert {name: [one == 200 for one in found] for name, found in status.items()} == listed  # no link that is shut


# --- once more -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(State))
def test_what_was_sent_is_being_sent_or_is_out_of_date_is_not_sent_again(db: SQLAlchemy, state: State) -> None:
    mail_id = moved(queue(), state)
    may = state not in {State.SENT, State.SENDING, State.SUPERSEDED}
    end_reading()
    assert queries.may_be_sent_again(queries.mail(mail_id), NOON) is may


@pytest.mark.parametrize("state", [State.REFUSED, State.GIVEN_UP, State.HELD])
@pytest.mark.parametrize(("age", "may"), [(MONTH, False), (MONTH - MICROSECOND, True)])
def test_a_failed_mail_can_be_sent_for_a_month(db: SQLAlchemy, state: State, age: timedelta, may: bool) -> None:
    mail_id = moved(queue(), state, NOON - age)
    end_reading()
    assert queries.may_be_sent_again(queries.mail(mail_id), NOON) is may


def again(mail_id: str) -> OutboxMail:
    end_reading()
    actions.try_again(mail_id, by=OFFICER, now=NOON)
    database.session.commit()
    end_reading()
    return row(mail_id)


@pytest.mark.parametrize(("public", "admitted_at"), [(True, NOON), (False, None)])
def test_another_try_is_at_once_has_all_tries_before_it_and_passes_the_limit(
    db: SQLAlchemy, public: bool, admitted_at: datetime | None
) -> None:
    mail_id = queue(public=public)
    change(mail_id, state=State.GIVEN_UP, finished_at=NOON, attempts=50, deaths=3, due_at=NOON + timedelta(days=1))
    found = again(mail_id)
    assert (found.state, found.attempts, found.deaths) == (State.WAITING, 0, 0)
    assert (found.due_at, found.finished_at, found.admitted_at) == (NOON, None, admitted_at)
    entry = database.session.scalars(select(AuditEntry).where(AuditEntry.act == "mail.tried_again")).one()
    assert (entry.by_id, entry.subject_id, entry.facts) == (OFFICER.id, mail_id, {"was": "given_up", "tries": 50})


def test_what_cannot_be_sent_again_is_refused_and_not_logged(db: SQLAlchemy) -> None:
    mail_id = moved(queue(), State.SENT)
    with pytest.raises(NotToBeSentAgainError):
        again(mail_id)
    database.session.rollback()
    assert database.session.scalars(select(AuditEntry.act).where(AuditEntry.act == "mail.tried_again")).all() == []


# --- the limit of an address, at its borders -----------------------------------------------------------------------


def take() -> str | None:
    taken = write(lambda conn: MailLane().take(conn, "one:mail", NOON))
    return taken.id if taken else None


@pytest.mark.parametrize(("age", "goes"), [(lane.HOUR, True), (lane.HOUR - MICROSECOND, False)])
def test_the_fourth_mail_goes_an_hour_after_the_first(db: SQLAlchemy, age: timedelta, goes: bool) -> None:
    for minutes in (0, 10, 20):
        sent = moved(queue("anna@example.org", public=True), State.SENT)
        change(sent, admitted_at=NOON - age + timedelta(minutes=minutes), queued_at=NOON - age)
    fourth = queue("Anna+x@example.org", public=True)
    change(fourth, due_at=NOON, queued_at=NOON)
    assert take() == (fourth if goes else None)
    found = row(fourth)
    assert found.admitted_at == (NOON if goes else None)
    assert found.due_at == (NOON if goes else NOON - age + lane.HOUR)
    assert found.state is (State.SENDING if goes else State.WAITING)


def test_the_mails_of_another_address_count_for_it_alone(db: SQLAlchemy) -> None:
    for _ in range(3):
        change(moved(queue("bo@example.org", public=True), State.SENT), admitted_at=NOON, queued_at=NOON)
    mine = queue("anna@example.org", public=True)
    change(mine, due_at=NOON)
    assert take() == mine


@pytest.mark.parametrize(("age", "goes"), [(lane.DAY, True), (lane.DAY - MICROSECOND, False)])
def test_the_eleventh_mail_goes_a_day_after_the_first(db: SQLAlchemy, age: timedelta, goes: bool) -> None:
    for hours in range(10):
        at = NOON - age + timedelta(hours=hours)
        change(moved(queue("anna@example.org", public=True), State.SENT), admitted_at=at, queued_at=at)
    last = queue("anna@example.org", public=True)
    change(last, due_at=NOON, queued_at=NOON)
    assert take() == (last if goes else None)
    assert row(last).state is (State.SENDING if goes else State.HELD)


# --- forgotten -----------------------------------------------------------------------------------------------------


def test_who_is_erased_loses_every_mail_and_every_try_and_others_none(app: Flask, db: SQLAlchemy) -> None:
    mine, others = queue(subject_id="a" * 32, dedupe="one"), queue(subject_id="b" * 32, dedupe="two")
    Worker(app).run_once()
    write(lambda conn: outbox.forget(conn, "a" * 32))
    with pytest.raises(NoResultFound):
        row(mine)
    with reading() as conn:
        assert conn.scalars(select(OutboxAttempt.mail_id)).all() == [others]
    write(lambda conn: outbox.forget_one(conn, "one"))
    assert row(others).state is State.SENT
    write(lambda conn: outbox.forget_one(conn, "two"))
    with reading() as conn:
        assert conn.scalars(select(OutboxMail.id)).all() == []


@pytest.mark.parametrize("state", [State.REFUSED, State.GIVEN_UP, State.HELD])
def test_the_values_of_a_failed_mail_stay_for_as_long_as_it_can_be_sent(
    db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr(clock, "system_now", lambda: NOON)
    border = NOON - MONTH
    kept, gone = (moved(queue(secrets={"code": "1"}), state, at) for at in (border, border - MICROSECOND))
    waits = queue(secrets={"code": "1"})
    lane.forget_old()
    assert [row(one).secrets for one in (kept, gone, waits)] == [{"code": "1"}, None, {"code": "1"}]
    assert row(gone).context == {}
