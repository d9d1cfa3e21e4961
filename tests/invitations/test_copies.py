"""Each change of an event and each who holds a copy of it: what is told, and what stands in the calendar afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select, text

from eventapp import clock
from eventapp import db as core
from eventapp.db import db
from eventapp.events import actions as events
from eventapp.events.actions import EventFacts, Place
from eventapp.events.models import Event, QuotaKind
from eventapp.invitations import actions as invitations
from eventapp.invitations import hooks
from eventapp.invitations.models import Invitation, ReplyState
from eventapp.languages import Wording
from eventapp.mail import rendering
from eventapp.mail.models import OutboxMail
from eventapp.mail.queued import QueuedMail
from eventapp.registration import actions as registration
from eventapp.registration import hooks as guests
from eventapp.registration import queries as booked
from eventapp.registration.models import Reason
from eventapp.telling import queries as telling
from eventapp.telling import words
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Person
from eventapp.work.worker import Worker
from tests.invitations.conftest import DRAFT, NO, REPLIED_AT, YES, kinds, send, stand_in
from tests.registration.givens import said, sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.work import do_jobs, take_mails

WEEK = timedelta(days=7)
CHANGES: dict[str, dict[str, Any]] = {
    "title": {"title": Wording("Debat om den nye havn")},
    "time": {"starts_at": STARTS_AT + WEEK, "ends_at": STARTS_AT + WEEK + timedelta(hours=2)},
    "place": {"place": "Rådhuset"},
    "called_off": {},
}
OFFICES = {"silent": None, "yes": YES, "stand-in": stand_in(), "no": NO}
COMING = {"guest", "group", "family", "silent", "yes", "stand-in"}  # who has an entry before
TOLD = COMING | {"waiting"}


@dataclass(frozen=True)
class Entry:
    """What stands in a calendar."""

    sequence: int
    stamp: datetime
    title: str
    starts_at: datetime
    place: str


class Shelf:
    """The calendars of all addresses, as a program keeps them: what is older than what stands there changes nothing."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Entry]] = {}

    def take_in(self, address: str, file: str) -> None:
        whole = icalendar.Calendar.from_ical(file)
        (event,) = whole.walk("VEVENT")
        assert isinstance(event, icalendar.Event)
        assert not whole.errors
        assert not event.errors
        assert str(event["ORGANIZER"]).startswith("mailto:")  # RFC 5546, 3.2
        held, uid = self.entries.setdefault(address, {}), str(event["UID"])
        sequence, stamp = event.decoded("SEQUENCE"), event.decoded("DTSTAMP")
        if uid in held and (sequence, stamp) < (held[uid].sequence, held[uid].stamp):
            return
        if str(whole["METHOD"]) == "CANCEL":
            assert str(event["STATUS"]) == "CANCELLED"
            assert uid not in held or sequence > held[uid].sequence
            held.pop(uid, None)
            return
        start = event.decoded("DTSTART")
        held[uid] = Entry(sequence, stamp, str(event["SUMMARY"]), start, str(event["LOCATION"]))

    def deliver(self) -> set[str]:
        """Write and send what is due; whom that reached, by the first part of the address."""
        db.session.rollback()
        while do_jobs():
            pass
        reached = set()
        while mails := take_mails():
            for mail in mails:
                self._open(mail)
                reached.add(mail.to_address.partition("@")[0])
        return reached

    def _open(self, mail: QueuedMail) -> None:
        files = [one.content.decode() for one in rendering.render(mail).files if one.media_type == "text/calendar"]
        for file in (*files, *([mail.calendar] if mail.calendar else [])):
            self.take_in(mail.to_address.partition("@")[0], file)

    def of(self, who: str) -> list[Entry]:
        return list(self.entries.get(who, {}).values())


@dataclass(frozen=True)
class World:
    """An event with everybody who can hold a copy of it, each with what was sent so far."""

    event_id: str
    shelf: Shelf
    bookings: dict[str, str]
    offices: dict[str, str]

    def event(self) -> Event:
        return db.session.get_one(Event, self.event_id)

    def office(self, name: str) -> Invitation:
        return db.session.get_one(Invitation, self.offices[name])

    def change(self, name: str) -> None:
        """What the organiser's forms do."""
        event = self.event()
        if name == "called_off":
            events.cancel(event, "Salen er lukket.", by=None, now=clock.now())
        else:
            given = dict(CHANGES[name])
            venue = event.layout.venue
            place = Place(given.pop("place", venue.name), venue.address, venue.access)
            facts = {one: getattr(event, one) for one in EventFacts.__dataclass_fields__}
            plan = events.Plan(200, "Plan 3, godkendt 2. maj 2024")
            told = EventFacts(**{**facts, **given})
            events.change(event, told, place, by=None, now=clock.now(), reason="Derfor.", plan=plan)
        db.session.commit()


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)
    with app.app_context():
        event = make_event(seats=7, quotas={QuotaKind.INVITED: 4})
        offices = {name: _invite(event, name) for name in OFFICES}
        db.session.commit()
        shelf = Shelf()
        shelf.deliver()
        for name, given in OFFICES.items():
            if given:
                invitations.reply(db.session.get_one(Invitation, offices[name]), given, now=REPLIED_AT)
                db.session.commit()
        db.session.refresh(event)
        db.session.expunge_all()
        db.session.rollback()
        taken = {
            "guest": sign_up(event, 1, email="guest@example.org"),
            "group": sign_up(event, 2, heads=3, email="group@example.org"),
            "family": sign_up(event, 3, email="family@example.org"),
            "family2": sign_up(event, 4, email="family@example.org"),
            "gone": sign_up(event, 5, email="gone@example.org"),
        }
        _cancel(taken["gone"].registration_id)
        taken["last"] = sign_up(event, 6, email="guest2@example.org")
        taken["waiting"] = sign_up(event, 7, email="waiting@example.org")
        db.session.rollback()
        shelf.deliver()
        yield World(event.id, shelf, {name: one.registration_id for name, one in taken.items()}, offices)


def _invite(event: Event, name: str) -> str:
    draft = replace(DRAFT, office=Wording(f"kontoret {name}"), email=f"{name}@example.org")
    invitation = invitations.invite(event, draft, by=None, now=SIGN_UP_AT - timedelta(days=30))
    db.session.flush()
    send(invitation, SIGN_UP_AT - timedelta(days=30))
    return invitation.id


def _cancel(registration_id: str) -> None:
    reason = Reason.GUEST_CANCELLED
    core.write(lambda conn: registration.cancel(conn, registration_id, reason=reason, now=SIGN_UP_AT))


def test_before_anything_changes_each_who_comes_has_one_entry(world: World) -> None:
    assert {who: len(world.shelf.of(who)) for who in (*COMING, "no", "waiting", "gone")} == {
        **dict.fromkeys(COMING, 1),
        "no": 1,  # declined in the calendar program of the office, where it is shown as that
        "waiting": 0,
        "gone": 0,
    }


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_reaches_everybody_who_holds_a_copy_once(world: World, change: str) -> None:
    world.change(change)
    reached = world.shelf.deliver()
    assert reached == TOLD | {"guest2"}
    for who in COMING:
        entries = world.shelf.of(who)
        if change == "called_off":
            assert entries == [], who
            continue
        (entry,) = entries
        event = world.event()
        assert (entry.title, entry.starts_at, entry.place) == (event.title.official, event.starts_at, event.place), who
    assert world.shelf.of("waiting") == world.shelf.of("gone") == []


@pytest.mark.parametrize("first", ["title", "time", "place"])
def test_changes_follow_one_another_until_it_is_called_off(world: World, first: str) -> None:
    for change in (first, "place", "time", "called_off"):
        world.change(change)
        world.shelf.deliver()
    assert [world.shelf.of(who) for who in COMING] == [[]] * len(COMING)


@pytest.mark.parametrize("change", ["time", "called_off"])
def test_an_entry_of_an_older_letter_moves_and_ends_under_its_own_name(world: World, change: str) -> None:
    """As it was before there was one entry for each person."""
    old = "0a1b@debat.example.org"
    world.office("yes").calendar_uid = old
    db.session.execute(text("UPDATE booking SET calendar_uid = :uid WHERE email = 'yes@example.org'"), {"uid": old})
    db.session.commit()
    (entry,) = world.shelf.entries["yes"].values()
    world.shelf.entries["yes"] = {old: entry}
    world.change(change)
    world.shelf.deliver()
    assert list(world.shelf.entries["yes"]) == ([] if change == "called_off" else [old])


@pytest.mark.parametrize("office", ["yes", "stand-in"])
def test_a_minister_who_cancels_as_guest_does_not_take_part_any_more(world: World, office: str) -> None:
    before = kinds().count("reply")
    registration_id = world.office(office).registration_id
    assert registration_id
    db.session.rollback()
    _cancel(registration_id)
    world.shelf.deliver()
    assert world.shelf.of(office) == []
    reply = world.office(office).reply
    assert reply is not None
    assert reply.state is ReplyState.DECLINED
    assert kinds().count("reply") == before + 1
    step = next(one for one in hooks.steps(world.event().case_id) if one.key.startswith("invitations"))
    assert f"kontoret {office}: deltager ikke" in str(step.note)
    db.session.rollback()
    invitations.reply(world.office(office), YES, now=SIGN_UP_AT)  # and may change its mind
    db.session.commit()
    world.shelf.deliver()
    assert len(world.shelf.of(office)) == 1


@pytest.mark.parametrize(
    ("change", "right"),
    [
        (None, [("letter", "sent")]),
        ("again", [("letter", "superseded"), ("letter", "sent")]),
        ("time", [("letter", "superseded"), ("changed", "sent")]),
        ("called_off", [("letter", "superseded"), ("called_off", "sent")]),
    ],
)
def test_a_letter_that_waited_too_long_gives_way_to_what_holds(
    app: Flask, world: World, change: str | None, right: list[tuple[str, str]]
) -> None:
    late = _invite(world.event(), "late")
    db.session.commit()
    if change == "again":
        send(world_office(late), SIGN_UP_AT)
        db.session.commit()
    elif change:
        world.change(change)
        do_jobs()
    db.session.rollback()
    Worker(app).run_once()
    wanted = select(OutboxMail).where(OutboxMail.subject_id == late).order_by(OutboxMail.queued_at)
    found = db.session.scalars(wanted).all()
    assert [(one.message.partition("/")[2], one.state.value) for one in found] == right
    if change == "time":  # what has not been read yet goes along
        assert [one["name"] for one in found[-1].attachments] == ["invitation.pdf"]


def world_office(invitation_id: str) -> Invitation:
    return db.session.get_one(Invitation, invitation_id)


def test_before_the_organiser_presses_the_page_says_who_gets_it(world: World) -> None:
    with core.transaction() as session:
        conn = session.connection()
        brief = booked.brief_by_id(conn, world.event_id)
        sending, by = registration.Sending("f" * 32), Person("0" * 32, "Anna")
        registration.register_by_staff(conn, brief, [], said(9, email=""), sending, by=by, now=SIGN_UP_AT)
    with core.reading() as conn:
        found = telling.reached(conn, Subject.EVENT, world.event_id, [Fact.TIME], SIGN_UP_AT)
    assert words.reached(found) == (
        "8 personer og 3 inviterede kontorer får en mail. 1 uden e-mail skal have besked på telefon."
    )
    assert {one.tell for one in telling.holders("event", [Fact.PLACE])} == {guests.HOLDERS.tell, hooks.HOLDERS.tell}
