"""Verbs of the work room: ask for a job, stop one, forget those that ended long ago."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from eventapp import audit, clock
from eventapp.audit import Actor
from eventapp.db import Sql, as_moment, new_id, write
from eventapp.work import kinds, rules
from eventapp.work.errors import JobEndedError
from eventapp.work.models import LaneName

IS_ID = re.compile(r"[\w:.+-]{1,64}", re.ASCII)  # an id, a code, a moment: nothing that a person wrote

INSERT = Sql("""
    INSERT INTO job (id, kind, lane, arguments, owner_id, subject_id, dedupe, state, attempts, due_at, cursor, done,
                     queued_at)
    VALUES (:id, :kind, :lane, :arguments, :owner_id, :subject_id, :dedupe, 'waiting', 0, :due_at, '', 0, :now)
    ON CONFLICT (dedupe) DO NOTHING
""")
NOT_BEGUN = Sql("""
    SELECT id, arguments, queued_at FROM job
    WHERE kind = :kind AND subject_id = :subject_id AND state = 'waiting' AND attempts = 0 AND cursor = ''
    ORDER BY queued_at DESC LIMIT 1
""")
UNDER_WAY = Sql("""
    SELECT arguments FROM job WHERE kind = :kind AND subject_id = :subject_id AND state IN ('waiting', 'running')
    ORDER BY queued_at, id LIMIT 1
""")
PUT_OFF = Sql("""
    UPDATE job SET arguments = :arguments, owner_id = :owner_id, due_at = :due_at
    WHERE id = :id AND state = 'waiting' AND attempts = 0
""")
# One statement: between two the job could begin or rest, and neither of them would meet it.
CANCEL = Sql("""
    UPDATE job SET cancel_asked_at = COALESCE(cancel_asked_at, :now),
        state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
        finished_at = CASE state WHEN 'running' THEN NULL ELSE :now END
    WHERE id = :id AND state IN ('waiting', 'running', 'failed') AND every_seconds IS NULL
""")
TRY_AGAIN = Sql("""
    UPDATE job SET state = 'waiting', attempts = 0, deaths = 0, due_at = :now, finished_at = NULL,
        cancel_asked_at = NULL
    WHERE id = :id AND state IN ('waiting', 'failed') AND every_seconds IS NULL
""")
FORGET = Sql("DELETE FROM job WHERE every_seconds IS NULL AND finished_at < :long_ago")


def start(
    conn: Connection,
    kind: str,
    *,
    arguments: Mapping[str, str | int],
    owner: Actor | None,
    subject_id: str | None = None,
    dedupe: str | None = None,
    at: datetime | None = None,
) -> str | None:
    """Let a worker do something once this transaction is kept.

    :param kind: as it was registered.
    :param arguments: ids, codes, moments in ISO form and numbers; the row is kept when what it speaks of is erased.
    :param owner: who sees how far it is, and may stop it.
    :param subject_id: the row that the job is about, such as an event.
    :param dedupe: a second job with the same text here is not written.
    :param at: not before this moment, by the machine's clock.
    :returns: the row's id, or ``None`` when ``dedupe`` was there already.
    :raises ValueError: for an argument that looks like something a person wrote.
    :raises LookupError: for a kind that nobody registered.
    """
    if kinds.find(kind) is None:
        raise LookupError(kind)
    job_id, now = new_id(), clock.system_now()
    written = INSERT(
        conn,
        id=job_id,
        kind=kind,
        lane=LaneName.JOBS.value,
        arguments=_packed(arguments),
        owner_id=owner.id if owner else None,
        subject_id=subject_id,
        dedupe=dedupe,
        due_at=at or now,
        now=now,
    )
    return job_id if written.rowcount else None


def put_off(
    conn: Connection,
    kind: str,
    subject_id: str,
    *,
    arguments: Mapping[str, str | int],
    owner: Actor | None,
    at: datetime,
    longest: timedelta,
) -> bool:
    """Let a job of this kind about this, which has not begun, do this as well, and later; whether there was one.

    :param arguments: added to its own, in place of those of the same name.
    :param at: not before this moment, by the machine's clock; at most ``longest`` after it was asked for first.
    """
    found = NOT_BEGUN(conn, kind=kind, subject_id=subject_id).one_or_none()
    if found is None:
        return False
    packed = _packed({**json.loads(found.arguments), **arguments})
    due_at = min(at, as_moment(found.queued_at) + longest)
    owner_id = owner.id if owner else None
    return bool(PUT_OFF(conn, id=found.id, arguments=packed, owner_id=owner_id, due_at=due_at).rowcount)


def under_way(conn: Connection, kind: str, subject_id: str) -> dict[str, Any] | None:
    """The arguments of the oldest job of this kind about this that has not ended; None when there is none."""
    found = UNDER_WAY(conn, kind=kind, subject_id=subject_id).scalar_one_or_none()
    return None if found is None else dict(json.loads(found))


def _packed(arguments: Mapping[str, str | int]) -> str:
    for value in arguments.values():
        if isinstance(value, str) and not IS_ID.fullmatch(value):
            raise ValueError("Arguments of a job are ids, codes, moments and numbers.")
    return json.dumps(dict(arguments), sort_keys=True)


def cancel(conn: Connection, job_id: str, *, by: Actor, now: datetime) -> None:
    """Stop a job: at once when it waits or has failed, else before its next step. What it has done so far stays.

    :param now: the machine's time.
    :raises JobEndedError: when it has ended, or recurs and so never ends.
    """
    if not CANCEL(conn, id=job_id, now=now).rowcount:
        raise JobEndedError
    audit.insert(conn, by, "work.cancelled", job_id)


def try_again(conn: Connection, job_id: str, *, by: Actor, now: datetime) -> None:
    """Let a job that failed or waits for another try go on at once, with all its tries before it.

    :param now: the machine's time.
    :raises JobEndedError: when it is under way, is done or was stopped.
    """
    if not TRY_AGAIN(conn, id=job_id, now=now).rowcount:
        raise JobEndedError
    audit.insert(conn, by, "work.tried_again", job_id)


def forget_ended() -> int:
    """Delete jobs that ended long ago; how many there were."""
    long_ago = clock.system_now() - rules.KEPT
    return write(lambda conn: int(FORGET(conn, long_ago=long_ago).rowcount))
