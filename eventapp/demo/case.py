"""The case and the event of the demo, as they were opened."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from eventapp import blobs, clock, pdf
from eventapp.blobs import NamedFile
from eventapp.cases import actions, list_forms
from eventapp.cases.actions import DocumentFacts
from eventapp.cases.list_forms import LISTS
from eventapp.cases.models import Case, DocumentKind, Stage
from eventapp.config import settings
from eventapp.db import db
from eventapp.demo import facts
from eventapp.demo.facts import both
from eventapp.demo.invented import mark
from eventapp.events import actions as events
from eventapp.events.models import Category, Event, ProgrammeItem, QuotaKind, Theme
from eventapp.languages import OFFICIAL
from eventapp.web.permissions import Person

OPENED_AT = clock.wall(date(2023, 2, 3), time(9))
PUBLISHED_AT = clock.wall(date(2023, 8, 21), time(10))


def load(by: Person) -> None:
    """Open and publish case and event; commits."""
    case = actions.open_case(facts.CASE, by=by, now=OPENED_AT, slug=facts.SLUG)
    _fill_lists(case, by)
    add_document(case, "motion", DocumentKind.MOTION, by=by, now=OPENED_AT)
    actions.plan(case, _planned(), by=by)
    actions.publish(case, by=by, now=OPENED_AT)
    event = events.create(case, facts.EVENT, facts.PLACE, facts.HALL.max_persons, by=by, slug="debat-om-narkotika")
    _fill_event(event)
    db.session.flush()
    events.change_hall(event, facts.HALL, by=by, now=PUBLISHED_AT)
    events.publish(event, by=by, now=PUBLISHED_AT)
    mark([case, event.layout, *event.programme])
    db.session.commit()


def add_document(case: Case, which: str, kind: DocumentKind, *, by: Person, now: datetime) -> None:
    """A document that stands in for the real one and says so."""
    title = {
        "motion": both("Medlemsforslag", "Motion"),
        "memo": both("Notat om mulige spor", "Memo about possible tracks"),
    }[which]
    stored = blobs.put(_stand_in(title.official, now))
    upload = NamedFile(stored, f"{which}-demodata.pdf", "application/pdf")
    described = DocumentFacts(title=title, kind=kind, is_public=True)
    mark([actions.add_document(case, described, upload, by=by, now=now)])


def _stand_in(title: str, now: datetime) -> bytes:
    told = {
        "title": f"{title} (demodata)",
        "sender": settings().site_name,
        "lang": OFFICIAL,
        "paragraphs": [
            "Demodata: Denne fil står i stedet for det rigtige dokument, som ikke følger med.",
            "Den er lavet, så at upload, versioner, fingeraftryk og bilag kan prøves.",
        ],
    }
    return pdf.make("stand-in.typ", told, now)


def _planned() -> dict[Stage, date | None]:
    days: dict[Stage, date | None] = dict.fromkeys(Stage)
    days[Stage.DEBATE], days[Stage.HEARING] = facts.DEBATE_ON, facts.SENT_AT.date()
    return days


def _fill_lists(case: Case, by: Person) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "tasks": [{"text": both(text, english)} for text, english in facts.TASKS],
        "contacts": [
            {"function": both(function, english), "unit": unit, "email": email}
            for function, english, unit, email in facts.CONTACTS
        ],
        "administrations": [
            {"name": both(name, english), "is_lead": is_lead} for name, english, is_lead in facts.ADMINISTRATIONS
        ],
        "decisions": [{"body": both(body, english)} for body, english in facts.BODIES],
    }
    for name, values in rows.items():
        for row in values:
            list_forms.add(case, LISTS[name], row, by=by, now=OPENED_AT)
    case.contacts[0].cover = case.contacts[1]


def _fill_event(event: Event) -> None:
    for usual in list(event.categories):
        event.categories.remove(usual)
        db.session.delete(usual)
    db.session.flush()  # their places are taken by the four groups of the e-mail
    event.categories = [
        Category(position=number, label=both(label, english), quota_kind=QuotaKind.PUBLIC)
        for number, (label, english) in enumerate(facts.CATEGORIES, 1)
    ]
    event.themes = [
        Theme(position=number, title=both(title, english)) for number, (title, english) in enumerate(facts.THEMES, 1)
    ]
    event.programme = [
        ProgrammeItem(
            position=number,
            starts_at=clock.wall(facts.DEBATE_ON, begins),
            ends_at=clock.wall(facts.DEBATE_ON, ends),
            title=both(title, english),
        )
        for number, (begins, ends, title, english) in enumerate(facts.PROGRAMME, 1)
    ]
