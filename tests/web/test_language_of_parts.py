"""What is not in the language of the page says so, wherever it stands (WCAG 3.1.2): one mark goes through all pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column, select, update
from sqlalchemy.orm import InstrumentedAttribute

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.contributions import actions as contributing
from eventapp.contributions.models import Contribution
from eventapp.db import Model, OfficialText, Words, db, reading
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.events.models import Event
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.models import Answer, DeadlineChange, Hearing
from eventapp.invitations import actions as inviting
from eventapp.invitations.models import Invitation
from eventapp.languages import OFFICIAL, Wording
from eventapp.mail.queued import COLUMNS, read
from eventapp.mail.rendering import render
from eventapp.registration import ticket_rules
from eventapp.registration.asking_actions import Question, ask
from eventapp.registration.models import Booking, Ticket
from eventapp.web.fields import FieldKind
from eventapp.web.permissions import Grant, Role
from tests.checkin.support import ORGANISER
from tests.support.html import Element, Page
from tests.support.staff import sign_in
from tests.support.walk import pages

pytestmark = pytest.mark.engines("sqlite")

ENGLISH = "en"
MARK = re.compile(r"Mærke [a-z_]+\.[a-z_]+")
SAID = ("value", "alt", "title", "placeholder", "aria-label", "content")  # attributes that are read aloud
WITHOUT_PARTS = {"title", "script"}  # the title of a tab is one text; no part of it can be marked


def written() -> list[Column[Wording]]:
    """Every column that holds what the authority wrote."""
    return [
        column
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Words | OfficialText)
    ]


def mark_everything() -> None:
    """Put a mark into every text of the authority, in Danish and in no other language."""
    for column in written():
        words = Wording(f"Mærke {column.table.name}.{column.name}")
        db.session.execute(update(column.table).values({column.name: words}))
    db.session.commit()


def add_what_the_demo_lacks() -> None:
    """A question of the organiser's own, and a deadline that was moved."""
    event, hearing = db.session.scalars(select(Event)).one(), db.session.scalars(select(Hearing)).first()
    ask(event, Question(Wording("x"), Wording("x"), FieldKind.CHOICE, choices=("x", "y")), by=ORGANISER)
    if hearing:
        earlier = hearing.deadline_at - timedelta(days=1)
        moved = {"old_at": earlier, "new_at": hearing.deadline_at, "reason": Wording("x"), "told": 0, "at": earlier}
        db.session.add(DeadlineChange(hearing_id=hearing.id, by_id=ORGANISER.id, **moved))
    db.session.commit()


@pytest.fixture(params=[Stage.REGISTRATION, Stage.CLOSED])
def marked(app: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The demo while guests sign up, and at its end."""
    with app.app_context():
        load.load(request.param)
        add_what_the_demo_lacks()
        mark_everything()
    yield app
    clock.follow(timedelta)


def personal_pages() -> list[str]:
    """Addresses that stand in mails and on tickets alone."""
    bookings = [f"/w/{ticket_rules.link_token(one)}" for one in _some(Booking.id)]
    tickets = [f"/t/{ticket_rules.code(one.id, one.version)}" for one in db.session.scalars(select(Ticket).limit(2))]
    replies = [f"/i/{inviting.link_token(one)}" for one in _some(Invitation.id)]
    answers = [f"/receipts/{answering.receipt_token(one)}" for one in _some(Answer.id)]
    given = [f"/contributions/{contributing.receipt_token(one)}" for one in _some(Contribution.id)]
    return [*bookings, *tickets, *replies, *answers, *given]


def _some(column: InstrumentedAttribute[str]) -> list[str]:
    return list(db.session.scalars(select(column).limit(2)))


def language_of(element: Element) -> str:
    """The language that a reader is told for what stands in an element."""
    around = (element, *element.ancestors())
    return next((one.attributes["lang"] for one in around if "lang" in one.attributes), "")


def unmarked(page: Page) -> Iterator[str]:
    """Marks that would be read aloud in the wrong language, and the element they stand in."""
    for one in page.root.walk():
        yield from (f"an element inside {name} of <{one.tag}>" for name, text in one.attributes.items() if "<" in text)
        said = [*one.pieces, *(one.attributes.get(name, "") for name in SAID)]
        if one.tag not in WITHOUT_PARTS and language_of(one) != OFFICIAL:
            yield from (f"{mark} in <{one.tag}>" for mark in MARK.findall(" ".join(said)))


def faults(app: Flask, client: FlaskClient, starts: list[str]) -> tuple[set[str], set[str]]:
    """Faults, and the marks that were met."""
    found, seen = set(), set()
    for path, page in pages(app, client, starts, lang=ENGLISH):
        assert page.root.all("html")[0].attributes["lang"] == ENGLISH, path
        seen |= set(MARK.findall(page.root.text))
        found |= {f"{path}: {fault}" for fault in unmarked(page)}
    return found, seen


def test_danish_texts_on_english_pages_of_everybody_say_that_they_are_danish(marked: Flask) -> None:
    with marked.app_context():
        starts = ["/", *personal_pages()]
    found, seen = faults(marked, marked.test_client(), starts)
    assert not found, "\n".join(sorted(found))
    assert {"Mærke case.title", "Mærke event.title", "Mærke invitation.purpose"} <= seen


def test_danish_texts_on_english_pages_of_staff_say_that_they_are_danish(marked: Flask) -> None:
    client = marked.test_client()
    with marked.app_context():
        case_id, event_id = (db.session.scalars(select(one)).one() for one in (Case.id, Event.id))
    some = [Grant(Role.CHAIR, case_id=case_id), Grant(Role.ORGANISER, event_id=event_id)]
    sign_in(client, *(set(Role) - {Role.DOOR}), grants=some)
    found, seen = faults(marked, client, ["/staff/"])
    assert not found, "\n".join(sorted(found))
    assert {"Mærke category.label", "Mærke event_field.label", "Mærke document.title"} <= seen


def test_why_an_event_was_called_off_says_that_it_is_danish(marked: Flask) -> None:
    with marked.app_context():
        event = db.session.scalars(select(Event)).one()
        event.cancelled_at, address = event.starts_at - timedelta(days=1), f"/events/{event.slug}"
        db.session.commit()
    page = Page(marked.test_client().get(f"{address}?lang={ENGLISH}").text)
    assert "Mærke event.cancel_text" in page.text
    assert list(unmarked(page)) == []


def with_marks(value: Any) -> Any:
    """Values of a mail with a mark in each text of the authority."""
    if isinstance(value, Wording):
        return Wording("Mærke mail.words")
    if isinstance(value, dict):
        return {name: with_marks(one) for name, one in value.items()}
    return [with_marks(one) for one in value] if isinstance(value, list) else value


def test_danish_texts_in_english_mails_say_that_they_are_danish(marked: Flask) -> None:
    with marked.app_context(), reading() as conn:
        rows = conn.exec_driver_sql(f"SELECT id, {COLUMNS} FROM outbox_mail ORDER BY id").mappings().all()
    found, seen = set(), set()
    with marked.app_context():
        for row in {one["message"]: one for one in rows}.values():
            mail = read(dict(row))
            mail = replace(mail, lang=ENGLISH, context=with_marks(mail.context))
            page = Page(render(mail, with_files=False).html)
            found |= {f"{mail.message}: {fault}" for fault in unmarked(page)}
            seen |= set(MARK.findall(page.text))
    assert not found, "\n".join(sorted(found))
    assert "Mærke mail.words" in seen
