"""Loading the demo, part by part, up to a stage; and taking it all away again."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from eventapp import clock
from eventapp.accounts import admin_actions
from eventapp.accounts.models import Staff
from eventapp.cases.models import Case
from eventapp.db import Model, db
from eventapp.demo import case, checkin, contributions, facts, hearing, invitations, registration, stages
from eventapp.demo.invented import mark
from eventapp.demo.models import DemoState, Stage
from eventapp.demo.parts import DemoCase, Part
from eventapp.errors import DomainError
from eventapp.events.models import Event
from eventapp.hearing.models import Answer, Hearing
from eventapp.mail.models import OutboxMail
from eventapp.registration.models import Booking
from eventapp.web.permissions import Grant, Person, Role

PARTS = (
    Part(Stage.REGISTRATION, "invitations", invitations.load_letters),
    Part(Stage.REGISTRATION, "doors", checkin.load_doors),
    Part(Stage.REGISTRATION, "early sign-ups", registration.load_early),
    Part(Stage.DOOR, "late sign-ups", registration.load_late),
    Part(Stage.AFTER, "the evening", checkin.load_evening),
    Part(Stage.HEARING, "contributions", contributions.load),
    Part(Stage.HEARING, "hearing", hearing.load_hearing),
    Part(Stage.CLOSED, "answers of the last day", hearing.load_last_day),
)


class NotEmptyError(DomainError):
    """The demo goes into an empty database only, so that nobody's data is mixed with invented ones."""

    code = "not_empty"
    message = _l("This database holds a case already. The demo goes into an empty one.")


class BackwardsError(DomainError):
    """The demo clock goes forward; back to the beginning is ``make demo-reset``."""

    code = "demo_backwards"
    message = _l("The demo moves forward only. To begin again, stop the server and run: make demo-reset")


def load(stage: Stage) -> None:
    """Load the demo case into an empty database and put it at ``stage``.

    :raises NotEmptyError: when there is a case.
    """
    if db.session.scalar(select(Case.id).limit(1)):
        raise NotEmptyError
    _make_staff()
    stages.show(Stage.REGISTRATION)
    db.session.commit()
    stages.forget()
    case.load(_organiser())
    _load_parts(None, Stage.REGISTRATION)
    stages.forget()
    if stage is not Stage.REGISTRATION:
        advance(stage)


def advance(stage: Stage) -> None:
    """Move the demo forward: load what happened in between, and set the clock.

    :raises BackwardsError: when it stands there or later already.
    """
    now_at = stages.current()
    db.session.rollback()
    if now_at is None or stages.ORDER.index(stage) <= stages.ORDER.index(now_at):
        raise BackwardsError
    _load_parts(now_at, stage)
    stages.show(stage)
    db.session.commit()
    stages.forget()


def reset() -> None:
    """Take away everything in the database, if it is a demo's; files and mails stay on the disk.

    :raises NotEmptyError: when the database is not one that the demo was loaded into.
    """
    if stages.current() is None and db.session.scalar(select(Case.id).limit(1)):
        raise NotEmptyError
    db.session.rollback()
    Model.metadata.drop_all(db.engine)
    Model.metadata.create_all(db.engine)


def _load_parts(reached: Stage | None, stage: Stage) -> None:
    first = 0 if reached is None else stages.ORDER.index(reached) + 1
    due = stages.ORDER[first : stages.ORDER.index(stage) + 1]
    demo = _demo_case()
    for part in PARTS:
        if part.stage in due:
            before = clock.system_now()
            part.load(demo)
            _forget_mails(demo, before)


def _forget_mails(demo: DemoCase, since: datetime) -> None:
    """Mails of an invented past are not sent to anybody, save the letters that the demo is about.

    Only those of the demo's own guests and answers: there may be other cases beside it.
    """
    guests = select(Booking.id).where(Booking.event_id == demo.event_id)
    answers = select(Answer.id).join(Hearing, Answer.hearing_id == Hearing.id).where(Hearing.case_id == demo.case_id)
    past = delete(OutboxMail).where(OutboxMail.queued_at >= since, OutboxMail.state == "waiting")
    for subjects in (guests, answers):
        db.session.execute(past.where(OutboxMail.subject_id.in_(subjects)))
    db.session.commit()


def _demo_case() -> DemoCase:
    case_id = db.session.scalars(select(Case.id).where(Case.slug == facts.SLUG)).one()
    event_id = db.session.scalars(select(Event.id).where(Event.case_id == case_id)).one()
    organiser = _organiser()
    db.session.rollback()
    return DemoCase(case_id, event_id, organiser)


def _organiser() -> Person:
    staff = db.session.scalars(select(Staff).where(Staff.email == facts.STAFF[0][0])).one()
    return Person(staff.id, staff.name, frozenset({Role.ORGANISER}))


def _make_staff() -> None:
    now = clock.system_now()
    for number, (email, name, role) in enumerate(facts.STAFF):
        at = now + timedelta(microseconds=number)  # their order is that of the list
        grants, session = [Grant(role)], db.session()
        mark([admin_actions.create(session, email=email, name=name, grants=grants, by=None, now=at, link_only=True)])


def state() -> DemoState | None:
    """Where the demo stands; ``None`` where it was not loaded."""
    return db.session.get(DemoState, 1)
