"""The lane of the mails: the rows of the outbox as work, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from eventapp import clock
from eventapp.db import Sql, as_moment, new_id, one_at_a_time, write
from eventapp.db.personal import Since, blanked
from eventapp.mail import answers, delivery, queued, rendering, rules
from eventapp.mail.channels import Channel, open_channel
from eventapp.mail.delivery import RefusedError, TryAgainError
from eventapp.mail.headers import UnsafeHeaderError
from eventapp.mail.models import OutboxMail, State
from eventapp.mail.queued import QueuedMail
from eventapp.mail.rendering import Rendered
from eventapp.mail.rules import Admission
from eventapp.work.lanes import Lane
from eventapp.work.queue import Queue, Taken
from eventapp.work.running import Holder

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# SQL: a worker has no session; a mail ends only while it is still that worker's.
ASKED = Sql("""
    SELECT count(*) FILTER (WHERE queued_at > :day) AS asked,
           count(*) FILTER (WHERE admitted_at > :hour) AS hour,
           count(*) FILTER (WHERE admitted_at > :day) AS day,
           min(admitted_at) FILTER (WHERE admitted_at > :hour) AS oldest
    FROM outbox_mail WHERE limit_key = :limit_key AND (queued_at > :day OR admitted_at > :day)
""")
ADMIT = Sql("UPDATE outbox_mail SET admitted_at = :now WHERE id = :id")
END = Sql("""
    UPDATE outbox_mail
    SET state = :state, leased_by = NULL, finished_at = :now, answer = :answer,
        subject = COALESCE(:subject, subject), body = COALESCE(:kept, body)
    WHERE id = :id AND leased_by = :worker AND state = 'sending'
""")
GONE = blanked(OutboxMail.__tablename__, Since.SENT)
FORGET = Sql(f"UPDATE outbox_mail SET {GONE} WHERE id = :id AND state IN ('sent', 'superseded')")
FORGET_OLD = Sql(f"""
    UPDATE outbox_mail SET {GONE}
    WHERE state IN ('refused', 'given_up', 'held') AND finished_at < :long_ago AND context <> '{{}}'
""")
NOTE = Sql(
    "INSERT INTO outbox_attempt (id, mail_id, at, outcome, answer) VALUES (:id, :mail_id, :now, :outcome, :answer)"
)


@dataclass(frozen=True)
class MailOutcome:
    """What became of one try. ``WAITING`` means: again later. ``answer`` is what the other side said."""

    state: State
    answer: str
    subject: str | None = None
    kept: str | None = None


class MailLane(Lane[MailOutcome]):
    """The outbox. While one mail is on the wire no transaction is open, so nobody waits for a mail server."""

    name = "mail"
    longest = timedelta(seconds=4.5 * delivery.LONGEST_SECONDS)  # a dead line, dialling, greeting, sending
    queue = Queue(
        "outbox_mail",
        taken="sending",
        columns=queued.COLUMNS,
        also="message_id = COALESCE(message_id, '<' || id || '@' || :domain || '>')",
    )

    @contextmanager
    def opened(self, holder: Holder) -> Iterator[Callable[[Taken], MailOutcome]]:
        with open_channel() as channel:
            yield partial(_send, channel)

    def failed(self, answer: str, *, for_good: bool) -> MailOutcome:
        return MailOutcome(State.GIVEN_UP if for_good else State.WAITING, answer)

    def take(self, conn: Connection, worker: str, now: datetime) -> Taken | None:
        """The next mail; ``None`` also when its address may not have it yet, and it was put back."""
        row = self.queue.take(conn, worker, now, domain=rendering.domain())
        return row if row is not None and self._may_go(conn, worker, row, now) else None

    def end(self, conn: Connection, worker: str, row: Taken, outcome: MailOutcome, now: datetime) -> None:
        gap = rules.gap_after(row.attempts)
        if outcome.state is State.WAITING and gap is not None:
            kept = self.queue.again(conn, worker, row, now + gap, outcome.answer)
        else:
            state = State.GIVEN_UP if outcome.state is State.WAITING else outcome.state
            ending = {"state": state.value, "answer": outcome.answer, "subject": outcome.subject, "kept": outcome.kept}
            kept = bool(END(conn, id=row.id, worker=worker, now=now, **ending).rowcount)
        if kept:
            NOTE(conn, id=new_id(), mail_id=row.id, now=now, outcome=outcome.state.value, answer=outcome.answer)
            FORGET(conn, id=row.id)

    def _may_go(self, conn: Connection, worker: str, row: Taken, now: datetime) -> bool:
        limit_key = row.values["limit_key"]
        if limit_key is None or row.values["admitted_at"] is not None:
            return True
        one_at_a_time(conn, limit_key)
        found = ASKED(conn, limit_key=limit_key, hour=now - HOUR, day=now - DAY).mappings().one()
        verdict = rules.admission(
            asked_in_a_day=found["asked"], let_through_in_an_hour=found["hour"], let_through_in_a_day=found["day"]
        )
        if verdict is Admission.NOW:
            ADMIT(conn, id=row.id, now=now)
        elif verdict is Admission.LATER:
            self.queue.untried(conn, worker, row, as_moment(found["oldest"]) + HOUR, answers.WAITS_ITS_TURN)
        else:
            self.end(conn, worker, row, MailOutcome(State.HELD, answers.TOO_MANY), now)
        return verdict is Admission.NOW


def forget_old() -> None:
    """Take the values out of rows that ended badly and that nobody has sent again in all that time."""
    long_ago = clock.system_now() - rules.KEPT_FOR_ANOTHER_TRY
    write(lambda conn: FORGET_OLD(conn, long_ago=long_ago).rowcount)


def _send_any_size(channel: Channel, mail: QueuedMail, rendered: Rendered) -> str:
    """With its files; with links to them, where the other side finds the mail too large."""
    try:
        return channel.send(mail, delivery.pack(mail, rendered))
    except RefusedError as error:
        if not error.is_too_large or not rendering.may_link(mail):
            raise
    return channel.send(mail, delivery.pack(mail, rendering.render(mail, with_links=True)))


def _send(channel: Channel, row: Taken) -> MailOutcome:
    mail = queued.read(row.values)
    if rendering.is_outdated(mail):
        return MailOutcome(State.SUPERSEDED, answers.SUPERSEDED)
    rendered = rendering.render(mail)
    shown = {"subject": rendered.subject, "kept": rendered.kept}
    try:
        return MailOutcome(State.SENT, _send_any_size(channel, mail, rendered), **shown)
    except TryAgainError as error:
        return MailOutcome(State.WAITING, str(error), **shown)
    except UnsafeHeaderError as error:
        return MailOutcome(State.REFUSED, answers.with_detail(answers.UNSAFE, error), **shown)
    except RefusedError as error:
        return MailOutcome(State.REFUSED, str(error), **shown)
