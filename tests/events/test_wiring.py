"""From what an organiser does with an event to what its guests get, all the way: who is told, and who is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import clock
from eventapp import db as core
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events import actions, list_forms
from eventapp.events.actions import EventFacts, Hall, Place, Plan
from eventapp.events.errors import HallTooSmallError, InUseError, SeatsTakenError
from eventapp.events.list_forms import LISTS
from eventapp.events.models import Category, Event, ProgrammeItem, Quota, QuotaKind
from eventapp.languages import Wording
from eventapp.mail.models import OutboxMail
from eventapp.registration import actions as registration
from eventapp.registration import queries as guests
from eventapp.registration.actions import Head, Sending, SignUp
from eventapp.registration.models import Reason, RegistrationState
from eventapp.web.permissions import Person, Role
from eventapp.work.models import Job
from tests.registration.givens import given_event, quota_of, rows, sign_up
from tests.support.factories import SIGN_UP_AT
from tests.support.staff import make_staff
from tests.support.work import do_jobs

BY = Person("0" * 32, "Anna")
CHANGED, CALLED_OFF, PROMOTED = "registration/changed", "registration/called_off", "registration/promoted"


@pytest.fixture(autouse=True)
def _at(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)


def stored(event: Event) -> Event:
    return database.session.get_one(Event, event.id)


def change(event: Event, place: Mapping[str, Any] | None = None, **facts: Any) -> None:
    """What the form of the settings does."""
    found = stored(event)
    told = {name: getattr(found, name) for name in EventFacts.__dataclass_fields__} | facts
    where = {name: getattr(found.layout.venue, name) for name in Place.__dataclass_fields__} | dict(place or {})
    plan = Plan(found.layout.max_persons, "Plan 12")
    actions.change(found, EventFacts(**told), Place(**where), by=BY, now=SIGN_UP_AT, plan=plan)
    database.session.commit()


def call_off(event: Event) -> None:
    actions.cancel(stored(event), "Salen er oversvømmet.", by=BY, now=SIGN_UP_AT)
    database.session.commit()


def share_out(event: Event, number: int, **more: Any) -> None:
    hall = Hall("Stolerækker", 200, "Plan 12", 0, {QuotaKind.PUBLIC: number})
    actions.change_hall(stored(event), replace(hall, **more), by=BY, now=SIGN_UP_AT)
    database.session.commit()


def mails(message: str) -> dict[str, str]:
    """Address -> language, of the mails of this kind."""
    do_jobs()
    with core.reading() as conn:
        found = select(OutboxMail.to_address, OutboxMail.lang).where(OutboxMail.message == message)
        return {row.to_address: row.lang for row in conn.execute(found)}


def jobs() -> int:
    with core.reading() as conn:
        return len(conn.execute(select(Job.id).where(Job.subject_id.is_not(None))).all())


def seated(event: Event) -> list[str]:
    return sorted(one.name for one in rows(event, RegistrationState.CONFIRMED))


# --- moved and called off ----------------------------------------------------------------------------------------


def crowd() -> Event:
    """One with a seat, one in line, one who cancelled, one who reads English; and a guest of another event."""
    event = given_event(seats=3)
    sign_up(event, 1)
    gone = sign_up(event, 2)
    core.write(
        lambda conn: registration.cancel(conn, gone.registration_ids[0], reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
    )
    with core.reading() as conn:
        brief, offered = guests.brief_by_slug(conn, event.slug), guests.choices(conn, event.id)
    assert brief is not None
    given = SignUp("guest3@example.org", (Head("Guest 3"),))
    registration.sign_up(brief, offered, given, Sending(new_id(), lang="en"), now=SIGN_UP_AT)
    sign_up(event, 4)
    sign_up(event, 5)
    sign_up(given_event(), 6)
    return event


@pytest.mark.parametrize(("act", "message"), [("move", CHANGED), ("call off", CALLED_OFF)])
def test_all_who_want_to_come_are_told_in_their_language_and_nobody_else(act: str, message: str) -> None:
    event = crowd()
    assert [one.name for one in rows(event, RegistrationState.WAITING)] == ["Gæst 5"]
    if act == "move":
        change(event, ends_at=event.ends_at + timedelta(hours=1))
    else:
        call_off(event)
    told = {f"guest{number}@example.org": "en" if number == 3 else "da" for number in (1, 3, 4, 5)}
    assert mails(message) == told
    assert {one.owner_id for one in database.session.scalars(select(Job).where(Job.subject_id == event.id))} == {BY.id}


@pytest.mark.parametrize(
    "facts",
    [
        {"influence": Wording("Alt er åbent.")},
        {"registration_closes_at": SIGN_UP_AT + timedelta(days=1)},
        {"photo_notice": Wording("Der bliver fotograferet.")},
    ],
)
def test_words_and_the_time_to_sign_up_trouble_nobody_who_has_signed_up(facts: dict[str, Any]) -> None:
    event = given_event()
    sign_up(event)
    change(event, **facts)
    assert (jobs(), mails(CHANGED)) == (0, {})


def test_move_of_a_draft_is_no_news_to_anybody() -> None:
    event = given_event(published=False)
    change(event, {"name": "Rådhuset"}, ends_at=event.ends_at + timedelta(hours=1))
    assert jobs() == 0


def test_move_that_is_undone_before_the_mails_go_is_told_once() -> None:
    event = given_event()
    sign_up(event)
    ends_at: datetime = event.ends_at
    change(event, ends_at=ends_at + timedelta(hours=1))
    change(event, ends_at=ends_at)
    assert list(mails(CHANGED)) == ["guest1@example.org"]
    with core.reading() as conn:
        assert len(conn.execute(select(OutboxMail.id).where(OutboxMail.message == CHANGED)).all()) == 1


def test_guests_of_a_moved_event_that_is_then_called_off_hear_only_that() -> None:
    event = given_event()
    sign_up(event)
    change(event, ends_at=event.ends_at + timedelta(hours=1))
    call_off(event)
    assert (list(mails(CALLED_OFF)), mails(CHANGED)) == (["guest1@example.org"], {})


# --- seats -------------------------------------------------------------------------------------------------------


def test_added_seats_go_to_those_in_line_in_their_order_and_only_so_many() -> None:
    event = given_event(seats=1)
    for number in range(1, 6):
        sign_up(event, number)
    share_out(event, 3)
    assert sorted(mails(PROMOTED)) == ["guest2@example.org", "guest3@example.org"]
    assert seated(event) == ["Gæst 1", "Gæst 2", "Gæst 3"]
    assert (quota_of(event).taken, quota_of(event).waiting) == (3, 2)


def test_group_moves_up_whole_when_the_added_seats_hold_it() -> None:
    event = given_event(seats=3)
    sign_up(event, 1)
    sign_up(event, 2, heads=3)
    share_out(event, 3)
    assert (mails(PROMOTED), quota_of(event).waiting) == ({}, 3)
    share_out(event, 4)
    assert list(mails(PROMOTED)) == ["guest2@example.org"]
    assert (quota_of(event).taken, quota_of(event).waiting) == (4, 0)


def test_seats_for_others_move_nobody_of_the_public_up() -> None:
    event = given_event(seats=1, quotas={QuotaKind.PRESS: 0})
    for number in (1, 2):
        sign_up(event, number)
    share_out(event, 1, seats={QuotaKind.PRESS: 9})
    assert (jobs(), mails(PROMOTED), seated(event)) == (0, {}, ["Gæst 1"])


@pytest.mark.parametrize(
    ("more", "refusal"),
    [({"max_persons": 9, "reserve_seats": 8}, HallTooSmallError), ({"seats": {QuotaKind.PUBLIC: 0}}, SeatsTakenError)],
)
def test_refused_hall_moves_nobody_and_writes_nothing(more: dict[str, Any], refusal: type[Exception]) -> None:
    event = given_event(seats=1)
    for number in (1, 2):
        sign_up(event, number)
    with pytest.raises(refusal):
        share_out(event, 2, **more)
    database.session.rollback()
    assert (jobs(), seated(event), quota_of(event).seats) == (0, ["Gæst 1"], 1)
    assert stored(event).version == 1
    acts = database.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == event.id)).all()
    assert "events.hall_changed" not in acts


def test_quota_that_an_event_lacked_is_there_once_it_has_seats() -> None:
    event = given_event(seats=1)
    share_out(event, 1, seats={QuotaKind.CREW: 5})
    assert quota_of(event, QuotaKind.CREW).seats == 5
    share_out(event, 1, seats={QuotaKind.CREW: 2})
    assert quota_of(event, QuotaKind.CREW).seats == 2
    found = database.session.scalars(select(Quota).where(Quota.event_id == event.id)).all()
    assert sorted(one.kind for one in found) == [QuotaKind.CREW, QuotaKind.PUBLIC]


# --- lists -------------------------------------------------------------------------------------------------------


def test_guest_takes_a_seat_among_those_that_the_answer_belongs_to() -> None:
    event = given_event(seats=1, quotas={QuotaKind.PRESS: 1})
    by = make_staff(Role.ORGANISER)
    values = {"label": Wording("Presse"), "quota_kind": QuotaKind.PRESS}
    list_forms.add(stored(event), LISTS["categories"], values, by=by)
    database.session.commit()
    press = database.session.scalars(select(Category.id).where(Category.quota_kind == QuotaKind.PRESS)).one()
    database.session.rollback()
    sign_up(event, 1, category_id=press)
    sign_up(event, 2)
    assert (quota_of(event, QuotaKind.PRESS).taken, quota_of(event).taken) == (1, 1)
    assert seated(event) == ["Gæst 1", "Gæst 2"]


def test_answer_that_a_guest_has_given_stays_and_one_that_nobody_gave_goes() -> None:
    event = given_event()
    by, kind = make_staff(Role.ORGANISER), LISTS["categories"]
    list_forms.add(stored(event), kind, {"label": Wording("Presse"), "quota_kind": QuotaKind.PUBLIC}, by=by)
    database.session.commit()
    used, unused = [one.id for one in stored(event).categories]
    database.session.rollback()
    sign_up(event, category_id=used)
    with pytest.raises(InUseError):
        list_forms.remove(stored(event), kind, used, by=by)
    assert [one.id for one in stored(event).categories] == [used, unused]
    version = stored(event).version
    list_forms.remove(stored(event), kind, unused, by=by)
    database.session.commit()
    assert [one.id for one in stored(event).categories] == [used]
    assert stored(event).version == version + 1


def test_points_stand_by_time_then_by_end_however_they_are_typed_in() -> None:
    event, by = given_event(), make_staff(Role.ORGANISER)
    kind, begins = LISTS["points"], event.starts_at

    def point(name: str, starts: int, ends: int) -> dict[str, Any]:
        times = {"starts_at": begins + timedelta(minutes=starts), "ends_at": begins + timedelta(minutes=ends)}
        return {"title": Wording(name), "speaker": "", **times}

    for values in (point("c", 20, 30), point("b", 10, 30), point("a", 10, 20)):
        list_forms.add(stored(event), kind, values, by=by)
    assert titles(event) == ["a", "b", "c"]
    last = stored(event).programme[2]
    list_forms.change(stored(event), kind, last.id, point("c", 0, 5), by=by)
    assert titles(event) == ["c", "a", "b"]
    line = database.session.scalars(select(AuditEntry).where(AuditEntry.act == "events.row_changed")).one()
    assert line.facts == {"list": "points", "fields": ["ends_at", "starts_at"]}
    assert (line.subject_id, line.by_id) == (last.id, by.id)


def titles(event: Event) -> list[str]:
    database.session.commit()
    database.session.expire_all()
    found: list[ProgrammeItem] = stored(event).programme
    assert [one.position for one in found] == list(range(1, len(found) + 1))
    return [str(one.title) for one in found]
