"""Reads of the outbox, for the staff page and for the gauges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import defer

from eventapp.clock import system_now
from eventapp.db import Sql, as_moment, db, reading
from eventapp.errors import existing
from eventapp.mail import rules
from eventapp.mail.models import OutboxMail, State
from eventapp.web.permissions import Reach, Scope
from eventapp.web.registry import MailOwner, registry

PER_PAGE = 50
SHORT = [defer(one) for one in (OutboxMail.context, OutboxMail.secrets, OutboxMail.attachments)]
# SQL: counted for the gauges beside requests, on a connection for reading.
COUNTS = Sql("SELECT state, count(*) AS times, min(queued_at) AS oldest FROM outbox_mail GROUP BY state ORDER BY state")


@dataclass(frozen=True)
class Standing:
    """How the outbox stands: rows by state, and since when the oldest one waits."""

    counts: dict[State, int]
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def mail(mail_id: str) -> OutboxMail:
    """
    :raises NotFoundError: when there is none with this id.
    """
    return existing(db.session.get(OutboxMail, mail_id, options=SHORT))


def mails(shown: ColumnElement[bool], state: State | None, page: int) -> Pagination:
    """A page of the outbox, newest first.

    :param shown: which mails the one who asks may open.
    """
    chosen = select(OutboxMail).options(*SHORT).where(shown).order_by(OutboxMail.queued_at.desc(), OutboxMail.id)
    if state:
        chosen = chosen.where(OutboxMail.state == state)
    return db.paginate(chosen, page=page, per_page=PER_PAGE, max_per_page=PER_PAGE)


def counts(shown: ColumnElement[bool]) -> dict[State, int]:
    """How many of the mails that one may open are in each state."""
    number = func.count().label("number")
    rows = db.session.execute(select(OutboxMail.state, number).where(shown).group_by(OutboxMail.state))
    return {row.state: row.number for row in rows}


def scope(mail_id: str) -> Scope:
    """What a mail belongs to: what its subject belongs to, which the slice that sent it knows."""
    with reading() as conn:
        row = conn.execute(select(OutboxMail.message, OutboxMail.subject_id).where(OutboxMail.id == mail_id)).first()
    owner = owner_of(row.message) if row else None
    return owner.scope(row.subject_id) if row and owner and row.subject_id else Scope()


def owner_of(message: str) -> MailOwner | None:
    return registry().mail_owners.get(message.partition("/")[0])


def within(reaches: Mapping[str, Collection[Reach]]) -> ColumnElement[bool]:
    """Which mails are within reach.

    :param reaches: first part of a mail's message -> what must all reach the mail's subject.
    """
    some = {name: needed for name, needed in reaches.items() if not any(one.is_empty for one in needed)}
    return or_(false(), *(_of_owner(name, needed) for name, needed in some.items()))


def _of_owner(name: str, needed: Collection[Reach]) -> ColumnElement[bool]:
    subjects = registry().mail_owners[name].subjects
    limits = [OutboxMail.subject_id.in_(subjects(one)) for one in needed if not one.everything]
    return and_(OutboxMail.message.startswith(f"{name}/", autoescape=True), *limits)


def last_failure(shown: ColumnElement[bool]) -> OutboxMail | None:
    """The row that was tried last of those that wait."""
    tried = select(OutboxMail).options(*SHORT).where(shown, OutboxMail.state == State.WAITING, OutboxMail.attempts > 0)
    return db.session.scalar(tried.order_by(OutboxMail.due_at.desc(), OutboxMail.id).limit(1))


def standing() -> Standing:
    """Read on a connection of its own, for any page and for the gauges."""
    with reading() as conn:
        rows = [(State(row.state), int(row.times), as_moment(row.oldest)) for row in COUNTS(conn)]
    counts = {state: times for state, times, _ in rows}
    waiting = [oldest for state, _, oldest in rows if state.is_open]
    return Standing(counts, min(waiting, default=None))


def gauges() -> dict[str, float]:
    """What the outbox says to a monitoring system; ages in seconds."""
    now, found = system_now(), standing()
    return {
        "outbox_waiting": found.counts.get(State.WAITING, 0) + found.counts.get(State.SENDING, 0),
        "outbox_oldest_seconds": (now - found.oldest_at).total_seconds() if found.oldest_at else 0,
        "outbox_given_up": found.counts.get(State.GIVEN_UP, 0),
        "outbox_refused": found.counts.get(State.REFUSED, 0),
        "outbox_held": found.counts.get(State.HELD, 0),
    }


def may_be_sent_again(found: OutboxMail, now: datetime) -> bool:
    """Whether staff can have it tried now: it waits, or ended badly not too long ago."""
    if found.state is State.WAITING:
        return True
    failed = found.state in {State.REFUSED, State.GIVEN_UP, State.HELD}
    return failed and found.finished_at is not None and found.finished_at > now - rules.KEPT_FOR_ANOTHER_TRY
