"""What the migration to the work room does with rows of the tables of before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Connection, text

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import Sql, as_moment, reading, write
from tests.support.databases import Databases, close

BEFORE, HERE = "3f1c7a90d2be", "a1c5d27e9b30"
AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
MAIL = Sql("""
    INSERT INTO outbox_mail (id, kind, message, to_address, lang, context, secrets, attachments, state, attempts,
                             due_at, leased_by, message_id, answer, queued_at, finished_at)
    VALUES (:id, 'mail', 'registration/confirmed', 'anna@example.org', 'da', '{"a": 1}', '{"code": "X"}', '[]', :state,
            3, :at, :leased_by, '<1@example.org>', '250 OK', :at, :finished_at)
""")
TRY = Sql(
    "INSERT INTO outbox_attempt (id, mail_id, at, outcome, answer) VALUES (:id, :id, :at, 'waiting', '451 later')"
)
TASK = Sql("INSERT INTO worker_task (name, due_at) VALUES (:name, :at)")
BEAT = Sql("INSERT INTO worker_heartbeat (worker, at) VALUES ('host:1:ab', :at)")
STATES = ("waiting", "sending", "sent", "refused", "given_up", "held")


@pytest.fixture
def app(databases: Databases, base_settings: Settings) -> Iterator[Flask]:
    """The tables as they were, with a mail in each state and its try, two tasks, and a worker that was alive."""
    url = databases.empty()
    made = create_app(replace(base_settings, database_url=url), testing=True)
    with made.app_context():
        flask_migrate.upgrade(revision=BEFORE)
        write(fill)
        flask_migrate.upgrade(revision=HERE)
        yield made
    close(made)
    databases.drop(url)


def fill(conn: Connection) -> None:
    for state in STATES:
        held = "host:1:ab" if state == "sending" else None
        ended = None if state in {"waiting", "sending"} else AT
        MAIL(conn, id=state, state=state, at=AT, leased_by=held, finished_at=ended)
        TRY(conn, id=state, at=AT)
    TASK(conn, name="eventapp.record.signing.compare_all", at=AT)
    TASK(conn, name="somebody.elses", at=AT)
    BEAT(conn, at=AT)


def stored(statement: str) -> list[dict[str, Any]]:
    with reading() as conn:
        return [dict(row) for row in conn.execute(text(statement)).mappings()]


def test_mails_keep_everything_and_their_tries(app: Flask) -> None:
    mails = stored("SELECT * FROM outbox_mail")
    assert {one["id"]: one["state"] for one in mails} == dict(zip(STATES, STATES, strict=True))
    for one in mails:
        kept = (one["context"], one["secrets"], one["attempts"], one["message_id"], one["answer"], one["deaths"])
        assert kept == ('{"a": 1}', '{"code": "X"}', 3, "<1@example.org>", "250 OK", 0)
        assert as_moment(one["due_at"]) == AT
    assert len(stored("SELECT * FROM outbox_attempt")) == len(STATES)


def test_a_task_comes_again_when_it_would_have(app: Flask) -> None:
    (job,) = stored("SELECT * FROM job")
    assert (job["kind"], job["every_seconds"], job["lane"]) == ("record.compare_all", 600, "recurring")
    assert (job["state"], as_moment(job["due_at"])) == ("waiting", AT)


def test_signs_of_life_stay_those_of_who_sent_mails(app: Flask) -> None:
    (beat,) = stored("SELECT * FROM worker_heartbeat")
    assert (beat["worker"], beat["lane"], as_moment(beat["at"])) == ("host:1:ab", "mail", AT)


def test_the_way_back_keeps_it_too(app: Flask) -> None:
    flask_migrate.downgrade(revision=BEFORE)
    assert {one["kind"] for one in stored("SELECT * FROM outbox_mail")} == {"mail"}
    assert len(stored("SELECT * FROM outbox_attempt")) == len(STATES)
    (task,) = stored("SELECT * FROM worker_task")
    assert (task["name"], as_moment(task["due_at"])) == ("eventapp.record.signing.compare_all", AT)
    flask_migrate.upgrade(revision=HERE)
    assert len(stored("SELECT * FROM outbox_mail")) == len(STATES)


def test_there_is_no_way_back_once_somebody_asked_for_a_job(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    asked = """INSERT INTO job (id, kind, lane, arguments, state, attempts, due_at, cursor, done, queued_at)
               VALUES ('1', 'a.b', 'jobs', '{}', 'waiting', 0, :at, '', 0, :at)"""
    write(lambda conn: Sql(asked)(conn, at=AT).rowcount)
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision=BEFORE)
    assert "restore a backup" in caplog.text
    assert len(stored("SELECT * FROM job")) == 2
