"""The hearing of 6 to 24 November 2023: true dates, invented parties and answers."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import select

from eventapp import clock
from eventapp.cases.models import Case, DocumentKind
from eventapp.db import db, new_id
from eventapp.demo import facts
from eventapp.demo.case import add_document
from eventapp.demo.invented import mark
from eventapp.demo.parts import DemoCase
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions
from eventapp.hearing.models import Hearing, SenderKind

MEMO_AT = clock.wall(date(2023, 11, 3), time(14))
FIRST_ANSWERS_AT = clock.wall(date(2023, 11, 17), time(13, 5))


def load_hearing(demo: DemoCase) -> None:
    """Send the hearing with memo and motion on 6 November 2023 at 17.19, and take in the first answers; commits."""
    case = db.session.get_one(Case, demo.case_id)
    add_document(case, "memo", DocumentKind.MEMO, by=demo.by, now=MEMO_AT)
    plan = actions.Plan(
        slug="afkriminalisering-af-narkotika",
        title=facts.HEARING_TITLE,
        question=facts.QUESTION,
        starts_at=facts.SENT_AT,
        deadline_at=facts.DEADLINE_AT,
    )
    hearing = actions.open_hearing(case, plan, by=demo.by, now=MEMO_AT)
    for document in sorted(case.documents, key=lambda one: one.kind is not DocumentKind.MEMO):
        actions.add_material(hearing, document.versions[0], by=demo.by, now=MEMO_AT)
    mark(
        actions.add_party(hearing, name, f"part{number}@example.org", by=demo.by, now=MEMO_AT)
        for number, name in enumerate(facts.PARTIES, 1)
    )
    db.session.flush()
    actions.send_notices(hearing, by=demo.by, now=facts.SENT_AT)
    db.session.commit()
    for party, text in facts.ANSWERS_BEFORE:
        _answer(demo, party, text, FIRST_ANSWERS_AT)


def load_last_day(demo: DemoCase) -> None:
    """One answer in the last minute, one a second late."""
    for party, at, text in facts.ANSWERS_LAST_DAY:
        _answer(demo, party, text, at)


def _answer(demo: DemoCase, party: int, text: str, at: datetime) -> None:
    hearing_id = db.session.scalars(select(Hearing.id).where(Hearing.case_id == demo.case_id)).one()
    name = facts.PARTIES[party]
    found = next(one for one in queries.parties(hearing_id) if one.name == name)
    sent = answering.SentAnswer(
        hearing_id=hearing_id,
        submission_key=new_id(),
        name="Sekretariatet",
        email=found.email,
        text=text,
        sender_kind=SenderKind.ORGANISATION,
        on_behalf_of=name,
        party_id=found.id,
        received_at=at,
    )
    db.session.rollback()
    answering.receive(sent)
