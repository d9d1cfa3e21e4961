"""Kinds of jobs that only tests ask for, and a look at the rows."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from eventapp.db import Sql, db, new_id, reading, transaction, write
from eventapp.web.permissions import Person
from eventapp.work import actions, kinds
from eventapp.work.kinds import Kind
from eventapp.work.models import Job
from eventapp.work.running import Part, Running

OWNER = Person("0" * 32, "Anna")
MARK = Sql("""
    INSERT INTO audit_entry (id, at, act, subject_id, facts) VALUES (:id, CURRENT_TIMESTAMP, 'test.step', :job_id, '{}')
""")


def count_up(job: Running) -> dict[str, int]:
    """``total`` steps, each of which leaves a line in the log, ``pause`` thousandths of a second apart."""

    def count_one(conn: Connection) -> Part | None:
        number = int(job.cursor or 0)
        if number == job.arguments["total"]:
            return None
        MARK(conn, id=new_id(), job_id=job.id)
        return Part(str(number + 1), 1, job.arguments["total"])

    while job.step(count_one):
        time.sleep(job.arguments.get("pause", 0) / 1000)
    return {"steps": job.done}


def fail(_job: Running) -> None:
    raise KeyError("a text of somebody")


def kill(_job: Running) -> None:
    """Take the whole worker along."""
    os.kill(os.getpid(), signal.SIGKILL)


def register_kinds() -> None:
    kinds.register_kind("test.count", Kind(count_up, "Count", outcome=lambda result: f"{result['steps']} steps"))
    kinds.register_kind("test.fail", Kind(fail, "Fail"))
    kinds.register_kind("test.kill", Kind(kill, "Kill"))


def start(kind: str = "test.count", *, owner: Person = OWNER, subject_id: str | None = None, **arguments: Any) -> str:
    """Ask for a job, and keep that."""
    with transaction() as session:
        job_id = actions.start(session.connection(), kind, arguments=arguments, owner=owner, subject_id=subject_id)
    assert job_id is not None
    return job_id


def row(job_id: str) -> Job:
    """The row as it is now."""
    with reading() as conn, Session(conn) as session:
        return session.get_one(Job, job_id)


def change(job_id: str, **values: Any) -> None:
    """Alter a row behind everybody's back."""
    write(lambda conn: conn.execute(db.update(Job).where(Job.id == job_id).values(**values)).rowcount)


def steps(job_id: str) -> int:
    """How many steps left their line."""
    with reading() as conn:
        found = conn.exec_driver_sql(
            f"SELECT count(*) FROM audit_entry WHERE act = 'test.step' AND subject_id = '{job_id}'"
        )
        return int(found.scalar_one())
