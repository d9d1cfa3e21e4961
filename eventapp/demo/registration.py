"""Invented sign-ups: names and addresses are made up, and the page says so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from eventapp import clock
from eventapp.db import db, new_id, reading
from eventapp.demo.parts import DemoCase
from eventapp.registration import actions, queries
from eventapp.registration.actions import Head, Sending, SignUp
from eventapp.registration.models import Reason

FIRST = (
    "Anna",
    "Bo",
    "Clara",
    "David",
    "Ægidius",
    "Freja",
    "Gustav",
    "Hanne",
    "Idris",
    "Åse",
    "Karla",
    "Lars",
    "Mai",
    "Nils",
)
LAST = (
    "Aagaard",
    "Bech",
    "la Cour",
    "Müller",
    "Nguyễn",
    "O'Connor",
    "Østergaard",
    "Ægidius",
    "Ågård",
    "Zacho",
    "Sørensen",
)
EARLY, ALL, CANCELLED = 48, 163, 9
COUPLES = 16  # one sign-up of so many brings somebody along
OPENED_AT = clock.wall(date(2023, 8, 28), time(10, 2))
LAST_DAYS_AT = clock.wall(date(2023, 9, 11), time(11))


def load_early(demo: DemoCase) -> None:
    """Those who signed up in the first two weeks."""
    for number in range(EARLY):
        _sign_up(demo, number, OPENED_AT + timedelta(hours=7 * number))


def load_late(demo: DemoCase) -> None:
    """The rest: the hall is full, some wait, and some have cancelled."""
    signed_up = [
        _sign_up(demo, number, LAST_DAYS_AT + timedelta(hours=3 * (number - EARLY))) for number in range(EARLY, ALL)
    ]
    cancelled_at = LAST_DAYS_AT + timedelta(days=15)
    for registration_id in signed_up[:CANCELLED]:
        with db.engine.begin() as conn:
            actions.cancel(conn, registration_id, reason=Reason.GUEST_CANCELLED, now=cancelled_at)


def person(number: int) -> str:
    """An invented name; the same number has the same name."""
    return f"{FIRST[number % len(FIRST)]} {LAST[(number * 7) % len(LAST)]}"


def _sign_up(demo: DemoCase, number: int, at: datetime) -> str:
    with reading() as conn:
        brief, choices = queries.brief_by_id(conn, demo.event_id), queries.choices(conn, demo.event_id)
    choice = choices[number % 5 % len(choices)] if number % 11 else None
    question = "Demodata: Hvad har virket i andre byer?" if number % 9 == 0 else ""
    head = Head(person(number), choice.id if choice else None, question=question)
    company = [Head(person(ALL + number), head.category_id)] if number % COUPLES == 0 else []
    given = SignUp(f"gaest{number}@example.org", (head, *company), wants_follow_up=number % 3 == 0)
    return actions.sign_up(brief, choices, given, Sending(new_id(), notice_version="demo"), now=at).registration_id
