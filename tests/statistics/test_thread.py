"""What everybody reads of a debate that was held, on the page of its case: from the door to the public thread."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp import clock
from eventapp.cases import queries as cases
from eventapp.cases import thread_hooks
from eventapp.db import db as database
from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.statistics import hooks
from eventapp.web.registry import ThreadStep
from tests.checkin.support import make_guest, open_phone, scanned
from tests.support.factories import STARTS_AT, make_case, make_event

pytestmark = pytest.mark.engines("sqlite")

ENDS_AT = STARTS_AT + timedelta(hours=2)
TICK = timedelta(microseconds=1)


def given_evening(db: SQLAlchemy, *, citizens: int = 6, press: int = 0, **facts: Any) -> Event:
    """So many sign up and come; five citizens more sign up and do not."""
    event = make_event(facts.pop("case", None) or make_case(slug="havnepark"), **facts)
    second = Category(event_id=event.id, position=2, label=Wording({"da": "Presse", "en": "Press"}))
    db.session.add(second)
    db.session.flush()
    groups = [(event.categories[0].id, citizens), (second.id, press)]
    door = open_phone(event, "Hovedindgang")
    for category_id, number in groups:
        for _number in range(number):
            scanned(make_guest(db, event.id, category_id=category_id).ticket, door)
    for _number in range(5):
        make_guest(db, event.id, category_id=groups[0][0])
    return db.session.get_one(Event, event.id)


def told(
    app: Flask, monkeypatch: pytest.MonkeyPatch, case_id: str, now: datetime, lang: str = "da"
) -> list[ThreadStep]:
    monkeypatch.setattr(clock, "now", lambda: now)
    with app.test_request_context(), force_locale(lang):
        return hooks.steps(case_id)


def test_figures_stand_on_the_step_of_the_event_from_its_end(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = given_evening(db)
    assert told(app, monkeypatch, event.case_id, ENDS_AT - TICK) == []
    (step,) = told(app, monkeypatch, event.case_id, ENDS_AT)
    assert (step.key, step.figure, step.note) == (f"debate:{event.id}", "11 tilmeldte, 6 mødte", "Borger: 6")
    (english,) = told(app, monkeypatch, event.case_id, ENDS_AT, "en")
    assert (english.figure, english.note) == ("11 registered, 6 came", "Citizen: 6")


@pytest.mark.parametrize("facts", [{"published": False}, {"cancelled_at": STARTS_AT}])
def test_draft_and_what_was_called_off_tell_no_figures(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    event = make_event(**facts)
    assert told(app, monkeypatch, event.case_id, ENDS_AT) == []


def test_small_groups_are_told_to_nobody_nor_what_would_give_them_away(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = given_evening(db, citizens=8, press=2)
    (step,) = told(app, monkeypatch, event.case_id, ENDS_AT)
    assert (step.figure, step.note) == ("15 tilmeldte, 10 mødte", "Presse: &lt;5")


def test_group_of_which_nobody_came_is_left_out(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    event = given_evening(db, citizens=0, press=7)
    (step,) = told(app, monkeypatch, event.case_id, ENDS_AT)
    assert step.note == "Presse: 7"


def test_each_debate_of_a_case_has_its_own_figures(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    first = given_evening(db)
    second = given_evening(db, citizens=5, case=first.case, starts_at=STARTS_AT + timedelta(days=1))
    make_event()
    db.session.commit()
    steps = told(app, monkeypatch, first.case_id, ENDS_AT + timedelta(days=1))
    assert {one.key: one.figure for one in steps} == {
        f"debate:{first.id}": "11 tilmeldte, 6 mødte",
        f"debate:{second.id}": "10 tilmeldte, 5 mødte",
    }


def test_thread_of_the_case_shows_event_and_figures_as_one_step(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the list of ``create_app``: the event tells title and link, statistics add what it came to."""
    event = given_evening(db)
    monkeypatch.setattr(clock, "now", lambda: ENDS_AT)
    with app.test_request_context("/?lang=da"):
        thread = thread_hooks.steps(cases.case_by_id(event.case_id))
        (debate,) = [one for one in thread if one.key == f"debate:{event.id}"]
        assert (str(debate.title), debate.url) == ("Debat om havneparken", f"/events/{event.slug}")
        assert (debate.figure, debate.note) == ("11 tilmeldte, 6 mødte", "Borger: 6")
    with app.test_client() as reader:
        page = reader.get("/cases/havnepark").text
    database.session.rollback()
    assert "11 tilmeldte, 6 mødte" in page
