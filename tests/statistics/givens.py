"""An evening with a bit of everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from eventapp import db as core
from eventapp.checkin.scan_actions import PointedOut
from eventapp.db import db
from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.registration import actions, queries, ticket_rules
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.models import Reason
from eventapp.web.permissions import Person
from tests.checkin.support import open_phone, scanned, undone, walked_in
from tests.registration.givens import given_event
from tests.support.factories import SIGN_UP_AT

CITIZENS, EXPERTS = 12, 3


@dataclass(frozen=True)
class Evening:
    event: Event
    door: Person


def an_evening(extra_name: str = "Gæst") -> Evening:
    """12 citizens and 3 experts sign up for 12 seats; 2 citizens cancel; 8 citizens, 2 experts and 6 walk-ins come.

    So 13 are registered: 12 with a seat and 1 in line. One entry is undone.
    """
    event = given_event(seats=12)
    _add_experts(event)
    citizens = [_sign_up(event, f"{extra_name} {number}", "Borger") for number in range(CITIZENS)]
    experts = [_sign_up(event, f"Fagperson {number}", "Fagperson") for number in range(EXPERTS)]
    for one in citizens[:2]:
        _cancel(one)
    door = open_phone(db.session.get_one(Event, event.id), "Hovedindgang")
    for minute, one in enumerate([*citizens[2:10], *experts[:2]]):
        scanned(_ticket(one.registration_id), door, minute)
    for number in range(6):
        walked_in(door, f"Uanmeldt {number}", 20)
    undone(scanned(_ticket(citizens[10].registration_id), door, 25), door, 26)
    db.session.rollback()
    return Evening(event, door)


def _add_experts(event: Event) -> None:
    db.session.add(Category(event_id=event.id, position=2, label=Wording({"da": "Fagperson", "en": "Professional"})))
    db.session.commit()


def _sign_up(event: Event, name: str, label: str) -> SignedUp:
    with core.reading() as conn:
        brief = queries.brief_by_slug(conn, event.slug)
        assert brief is not None
        offered = queries.choices(conn, event.id)
    choice = next(one for one in offered if str(one.label) == label)
    given = SignUp(f"{core.new_id()}@example.org", (Head(name, choice.id, organisation="=1+1"),))
    return actions.sign_up(brief, offered, given, Sending(core.new_id()), now=SIGN_UP_AT)


def _cancel(outcome: SignedUp) -> None:
    later = SIGN_UP_AT + timedelta(hours=1)
    core.write(lambda conn: actions.cancel(conn, outcome.registration_id, reason=Reason.GUEST_CANCELLED, now=later))


def _ticket(registration_id: str) -> PointedOut:
    with core.reading() as conn:
        head = queries.head(conn, registration_id)
    assert head is not None
    return PointedOut(code_hash=ticket_rules.code_hash(head.code or ""))
