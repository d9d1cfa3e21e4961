"""Workers: nothing twice, nothing forgotten, nobody kept waiting."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from eventapp.config import Settings
from eventapp.db import Model, personal, reading, transaction, write
from eventapp.db.personal import Since
from eventapp.mail import lane, outbox
from eventapp.mail.channels import eml_path
from eventapp.mail.lane import MailLane, MailOutcome
from eventapp.mail.models import OutboxMail, State
from eventapp.work import heartbeat
from eventapp.work.models import WorkerHeartbeat
from eventapp.work.worker import Worker
from tests.mail.givens import change, queue, row, sending_to
from tests.support.smtp import SmtpServer
from tests.support.work import processes, take_mails, wait_until

MANY = 200


def states() -> Counter[State]:
    with reading() as conn:
        return Counter(conn.scalars(select(OutboxMail.state)))


def queue_many(count: int = MANY) -> None:
    with transaction() as session:
        for number in range(count):
            to = f"a{number}@example.org"
            outbox.queue(session.connection(), message="test/hello", to=to, context={"name": str(number)})


# --- without SMTP --------------------------------------------------------------------------------------------


def test_without_a_mail_server_mails_become_files(app: Flask, db: SQLAlchemy):
    mail_id = queue(secrets={"link": "https://example.org/t/ABC"})
    assert Worker(app).run_once()["mail"] == 1
    path = eml_path(mail_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"https://example.org/t/ABC" in path.read_bytes()
    assert list(path.parent.iterdir()) == [path]
    assert (row(mail_id).state, row(mail_id).answer) == (State.SENT, "Written to file.")


def test_a_sent_row_holds_no_values_any_more(app: Flask, db: SQLAlchemy):
    mail_id = queue(context={"name": "Anna", "link": "https://example.org/i/XYZ"}, secrets={"code": "S3CRET"})
    Worker(app).run_once()
    sent = row(mail_id)
    columns = personal.declared(Model.metadata.tables["outbox_mail"])
    declared = [column.name for column, one in columns if one.since is Since.SENT]
    assert {"context", "secrets"} <= set(declared)
    assert [name for name in declared if getattr(sent, name)] == []
    assert sent.subject == "Hello Anna"
    assert sent.body is not None
    assert "S3CRET" not in sent.body
    assert "XYZ" not in sent.body


def test_a_mail_for_later_waits(app: Flask, db: SQLAlchemy):
    mail_id = queue(at=datetime.now(UTC) + timedelta(hours=1))
    assert Worker(app).run_once()["mail"] == 0
    change(mail_id, due_at=datetime.now(UTC))
    assert Worker(app).run_once()["mail"] == 1


def test_a_template_that_fails_is_tried_again_later(app: Flask, db: SQLAlchemy):
    mail_id, good = queue(message="test/broken"), queue()
    Worker(app).run_once()
    assert (row(mail_id).state, row(mail_id).answer) == (State.WAITING, "It could not be made: UndefinedError")
    assert row(good).state is State.SENT


def test_the_command_does_what_is_due(app: Flask, db: SQLAlchemy):
    queue()
    result = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert (result.exit_code, result.output.split(", ")[0]) == (0, "mail: 1")
    assert states() == {State.SENT: 1}


# --- rows that are held --------------------------------------------------------------------------------------


def test_a_held_mail_is_not_taken_again(db: SQLAlchemy):
    queue()
    assert len(take_mails()) == 1
    assert take_mails(worker="another:mail") == []


def test_a_mail_keeps_its_number_when_another_worker_takes_it(db: SQLAlchemy):
    mail_id = queue()
    (mine,) = take_mails()
    change(mail_id, state=State.WAITING, leased_by=None)
    (theirs,) = take_mails(worker="another:mail")
    assert (theirs.id, theirs.message_id) == (mine.id, mine.message_id)
    assert row(mail_id).attempts == 2


def test_who_lost_a_mail_changes_nothing(db: SQLAlchemy):
    mail_id = queue()
    now, lane = datetime.now(UTC), MailLane()
    mine = write(lambda conn: lane.take(conn, "mine", now))
    assert mine is not None
    change(mail_id, leased_by="another")
    write(lambda conn: lane.end(conn, "mine", mine, MailOutcome(State.REFUSED, "550 no"), now))
    write(lambda conn: lane.queue.untried(conn, "mine", mine, now))
    assert (row(mail_id).state, row(mail_id).leased_by, row(mail_id).tries) == (State.SENDING, "another", [])


def test_a_mail_is_tried_fifty_times(app: Flask, db: SQLAlchemy):
    mail_id = queue(message="test/broken")
    change(mail_id, attempts=48)
    Worker(app).run_once()
    assert row(mail_id).state is State.WAITING
    change(mail_id, due_at=datetime.now(UTC))
    Worker(app).run_once()
    assert row(mail_id).state is State.GIVEN_UP


@pytest.mark.parametrize(
    "damage",
    [
        {"context": "{broken"},
        {"context": "[]"},
        {"attachments": '"text"'},
        {"secrets": '{"at": {"$moment": "yesterday"}}'},
        {"queued_at": "not a moment"},
    ],
)
@pytest.mark.engines("sqlite")  # where a column may hold anything
def test_a_row_that_cannot_be_read_ends_with_its_reason_and_the_others_are_sent(
    app: Flask, db: SQLAlchemy, damage: dict[str, str]
):
    bad, good = queue("bad@example.org"), queue("good@example.org")
    ((column, value),) = damage.items()
    write(lambda conn: conn.exec_driver_sql(f"UPDATE outbox_mail SET {column} = ? WHERE id = ?", (value, bad)).rowcount)
    assert Worker(app).run_once()["mail"] == 2
    with reading() as conn:
        found = conn.exec_driver_sql("SELECT state, answer FROM outbox_mail WHERE id = ?", (bad,)).one()
    assert found.state == "given_up"
    assert found.answer.startswith("It cannot be read: ")
    assert row(good).state is State.SENT


def test_an_outcome_that_the_database_refuses_does_not_hold_up_the_lane(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
):
    bad, good = queue(), queue()
    outcomes = {bad: MailOutcome(State.SENT, "\0" if db.engine.dialect.name == "postgresql" else cast("str", object()))}
    sending = Worker(app)
    attempt = lane._send
    monkeypatch.setattr(lane, "_send", lambda channel, row: outcomes.get(row.id) or attempt(channel, row))
    with pytest.raises(DBAPIError):
        sending.run_once()
    sending.run_once()
    assert (row(bad).state, row(bad).answer) == (State.WAITING, "What became of it could not be stored")
    assert row(good).state is State.SENT


# --- several workers -----------------------------------------------------------------------------------------


def assert_each_once(server: SmtpServer, count: int) -> None:
    ids = Counter(mail.message["Message-ID"] for mail in server.received)
    assert len(ids) == count
    assert set(ids.values()) == {1}
    assert states() == {State.SENT: count}


def test_four_threads_send_each_mail_once(smtp_app: Flask, smtp_server: SmtpServer):
    queue_many()
    workers = [Worker(smtp_app) for _ in range(4)]
    threads = [threading.Thread(target=one.run_once) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_each_once(smtp_server, MANY)


def test_four_processes_send_each_mail_once_and_stop_cleanly(
    smtp_app: Flask, settings: Settings, smtp_server: SmtpServer
):
    with processes(sending_to(settings, smtp_server), 4) as started:
        queue_many()
        wait_until(lambda: states() == {State.SENT: MANY})
        for one in started:
            one.send_signal(signal.SIGTERM)
        assert [one.wait(60) for one in started] == [0, 0, 0, 0]
    assert_each_once(smtp_server, MANY)
    with reading() as conn:
        assert conn.scalars(select(WorkerHeartbeat.worker)).all() == []


def test_what_a_killed_worker_held_is_sent_by_another(smtp_app: Flask, settings: Settings, smtp_server: SmtpServer):
    with held_up(smtp_server) as held, processes(sending_to(settings, smtp_server), 1) as (victim,):
        queue_many(20)
        assert held.arrived.wait(60)
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        assert states()[State.SENDING] == 1  # a worker holds one mail, so its death costs no other its turn
        with processes(sending_to(settings, smtp_server), 1):
            wait_until(lambda: states() == {State.SENT: 20})
    assert states() == {State.SENT: 20}
    ids = Counter(mail.message["Message-ID"] for mail in smtp_server.received)
    assert len(ids) == 20
    assert sum(ids.values()) <= 21  # the one on the wire may have arrived, and comes again under the same id


@dataclass
class HeldUp:
    """A server that does not answer to the first mail until it is told to."""

    arrived: threading.Event
    go_on: threading.Event


@contextmanager
def held_up(server: SmtpServer) -> Iterator[HeldUp]:
    held, original = HeldUp(threading.Event(), threading.Event()), server.handle_DATA

    async def slow(*arguments: Any) -> str:
        answer = await original(*arguments)
        if not held.arrived.is_set():
            held.arrived.set()
            await asyncio.get_running_loop().run_in_executor(None, held.go_on.wait, 30)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "handle_DATA", slow)
        try:
            yield held
        finally:
            held.go_on.set()


def test_a_new_mail_leaves_at_once(smtp_app: Flask, settings: Settings, smtp_server: SmtpServer):
    with processes(sending_to(settings, smtp_server), 1):
        wait_until(lambda: "mail" in heartbeat.ages())
        waits = []
        for number in range(5):  # the machine may be busy, but not each time
            started = time.monotonic()
            queue(f"soon{number}@example.org")
            smtp_server.wait_for(f"soon{number}@example.org")
            waits.append(time.monotonic() - started)
        assert min(waits) < 2


def test_a_slow_mail_server_keeps_no_writer_waiting(smtp_app: Flask, smtp_server: SmtpServer):
    queue("slow@example.org")
    with held_up(smtp_server) as held:
        sending = threading.Thread(target=Worker(smtp_app).run_once)
        sending.start()
        assert held.arrived.wait(60)
        queue("other@example.org")  # and it is back although that mail is still held up
        held.go_on.set()
        sending.join()


# --- limits by address ---------------------------------------------------------------------------------------


def test_a_thousand_requests_for_one_address_send_three_mails(smtp_app: Flask, smtp_server: SmtpServer):
    with transaction() as session:
        for number in range(1000):
            to = f"victim+{number}@example.org"
            outbox.queue(session.connection(), message="test/hello", to=to, context={"name": "x"}, public=True)
    workers = [threading.Thread(target=Worker(smtp_app).run_once) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(smtp_server.received) == 3
    assert sum(states().values()) == 1000
    with transaction() as session:  # an hour later
        hour_ago = datetime.now(UTC) - timedelta(minutes=61)
        session.execute(update(OutboxMail).where(OutboxMail.admitted_at.is_not(None)).values(admitted_at=hour_ago))
        session.execute(update(OutboxMail).values(due_at=datetime.now(UTC)))
    Worker(smtp_app).run_once()
    assert len(smtp_server.received) == 3
    assert states() == {State.SENT: 3, State.HELD: 997}


def test_a_family_gets_all_its_mails_some_of_them_later(smtp_app: Flask, smtp_server: SmtpServer):
    mails = [queue("family@example.org", public=True) for _ in range(5)]
    Worker(smtp_app).run_once()
    assert [row(one).state for one in mails] == [State.SENT] * 3 + [State.WAITING] * 2
    waiting = row(mails[3])
    assert waiting.attempts == 0
    assert timedelta(minutes=58) < waiting.due_at - datetime.now(UTC) <= timedelta(hours=1)
    for one in mails[:3]:
        change(one, admitted_at=datetime.now(UTC) - timedelta(minutes=61))
    for one in mails[3:]:
        change(one, due_at=datetime.now(UTC))
    Worker(smtp_app).run_once()
    assert states() == {State.SENT: 5}


def test_a_mail_that_was_let_through_is_not_counted_again_when_it_is_tried_again(
    smtp_app: Flask, smtp_server: SmtpServer
):
    smtp_server.script.extend(["451 later"] * 3)
    mails = [queue("anna@example.org", public=True) for _ in range(3)]
    Worker(smtp_app).run_once()
    for one in mails:
        change(one, due_at=datetime.now(UTC))
    Worker(smtp_app).run_once()
    assert states() == {State.SENT: 3}


def test_mails_that_only_staff_can_cause_have_no_limit(smtp_app: Flask, smtp_server: SmtpServer):
    for _ in range(12):
        queue("anna@example.org")
    Worker(smtp_app).run_once()
    assert states() == {State.SENT: 12}


# --- later -------------------------------------------------------------------------------------------------------


def test_values_of_failed_mails_are_forgotten_after_a_month(app: Flask, db: SQLAlchemy):
    old, fresh = queue(secrets={"code": "1"}), queue(secrets={"code": "2"})
    change(old, state=State.REFUSED, finished_at=datetime.now(UTC) - timedelta(days=31))
    change(fresh, state=State.REFUSED, finished_at=datetime.now(UTC) - timedelta(days=29))
    lane.forget_old()
    assert (row(old).context, row(old).secrets) == ({}, None)
    assert row(fresh).secrets == {"code": "2"}


def test_the_outage_of_a_day_loses_nothing(smtp_app: Flask, smtp_server: SmtpServer):
    """Each mail is refused for the time being again and again; in the end all are sent, once."""
    smtp_server.script.extend(["451 4.3.0 later"] * 40 * 11)
    queue_many(40)
    for _ in range(11):  # 24 hours: at 0, at 15 minutes, then each two and a half hours
        Worker(smtp_app).run_once()
        with transaction() as session:
            session.execute(update(OutboxMail).values(due_at=datetime.now(UTC)))
    Worker(smtp_app).run_once()
    assert_each_once(smtp_server, 40)
