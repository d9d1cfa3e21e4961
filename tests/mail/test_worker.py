"""Workers: nothing twice, nothing forgotten, nobody kept waiting."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, update

from eventapp.config import Settings
from eventapp.db import reading, transaction
from eventapp.mail import claims, heartbeat, outbox, tasks, worker
from eventapp.mail.channels import Channel, eml_path
from eventapp.mail.claims import Claimant, Outcome
from eventapp.mail.delivery import RefusedError, TryAgainError
from eventapp.mail.models import OutboxMail, State, WorkerHeartbeat
from eventapp.mail.worker import Worker
from tests.mail.givens import change, queue, row, sending_to
from tests.support.smtp import SmtpServer

MANY = 200
MINE = Claimant("mine", "example.org", timedelta(minutes=5))
OTHERS = replace(MINE, worker="another")


def states() -> Counter[State]:
    with reading() as conn:
        return Counter(conn.scalars(select(OutboxMail.state)))


def queue_many(count: int = MANY) -> None:
    with transaction() as session:
        for number in range(count):
            to = f"a{number}@example.org"
            outbox.queue(session, message="test/hello", to=to, context={"name": str(number)})


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.05)


# --- without SMTP --------------------------------------------------------------------------------------------


def test_without_a_mail_server_mails_become_files(app: Flask, db: SQLAlchemy):
    mail_id = queue(secrets={"link": "https://example.org/t/ABC"})
    assert Worker(app).run_once() == 1
    path = eml_path(mail_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"https://example.org/t/ABC" in path.read_bytes()
    assert list(path.parent.iterdir()) == [path]
    assert (row(mail_id).state, row(mail_id).answer) == (State.SENT, "Written to file.")


def test_a_sent_row_holds_no_values_any_more(app: Flask, db: SQLAlchemy):
    mail_id = queue(context={"name": "Anna", "link": "https://example.org/i/XYZ"}, secrets={"code": "S3CRET"})
    Worker(app).run_once()
    sent = row(mail_id)
    assert (sent.context, sent.secrets) == ({}, None)
    assert sent.subject == "Hello Anna"
    assert sent.body is not None
    assert "S3CRET" not in sent.body
    assert "XYZ" not in sent.body


def test_a_mail_for_later_waits(app: Flask, db: SQLAlchemy):
    mail_id = queue(at=datetime.now(UTC) + timedelta(hours=1))
    assert Worker(app).run_once() == 0
    change(mail_id, due_at=datetime.now(UTC))
    assert Worker(app).run_once() == 1


def test_a_template_that_fails_is_tried_again_later(app: Flask, db: SQLAlchemy):
    mail_id, good = queue(message="test/broken"), queue()
    Worker(app).run_once()
    assert (row(mail_id).state, row(mail_id).answer) == (State.WAITING, "It could not be made: UndefinedError")
    assert row(good).state is State.SENT


def test_the_command_does_what_is_due(app: Flask, db: SQLAlchemy):
    queue()
    result = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert (result.exit_code, result.output) == (0, "1 taken out of the outbox.\n")
    assert states() == {State.SENT: 1}


# --- other effects -------------------------------------------------------------------------------------------


@pytest.fixture
def effect(db: SQLAlchemy) -> str:
    with transaction() as session:
        effect_id = outbox.queue_effect(session, kind="journal", context={"case": "7"})
    assert effect_id
    return effect_id


def test_an_effect_is_done_by_its_handler(app: Flask, effect: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker, "_handlers", dict(worker._handlers))
    worker.register_handler("journal", lambda job: f"filed {job.context['case']}")
    Worker(app).run_once()
    assert (row(effect).state, row(effect).answer) == (State.SENT, "filed 7")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TryAgainError("closed"), State.WAITING),
        (RefusedError("no such case"), State.REFUSED),
        (KeyError(), State.WAITING),
    ],
)
def test_an_effect_may_fail(app: Flask, effect: str, monkeypatch: pytest.MonkeyPatch, error: Exception, state: State):
    def fail(_job: claims.Job) -> str:
        raise error

    monkeypatch.setattr(worker, "_handlers", dict(worker._handlers))
    worker.register_handler("journal", fail)
    Worker(app).run_once()
    assert row(effect).state is state


def test_an_effect_without_handler_waits(app: Flask, effect: str):
    Worker(app).run_once()
    assert row(effect).state is State.WAITING


# --- leases --------------------------------------------------------------------------------------------------


def test_a_taken_row_is_not_taken_again(db: SQLAlchemy):
    queue()
    assert len(claims.claim(MINE, 10)) == 1
    assert claims.claim(OTHERS, 10) == []


def test_a_row_whose_lease_is_over_is_taken_by_another(db: SQLAlchemy):
    mail_id = queue()
    (mine,) = claims.claim(MINE, 10)
    change(mail_id, due_at=datetime.now(UTC))
    (theirs,) = claims.claim(OTHERS, 10)
    assert (theirs.id, theirs.message_id, theirs.attempts) == (mine.id, mine.message_id, 2)


def test_who_lost_the_lease_changes_nothing(db: SQLAlchemy):
    mail_id = queue()
    (job,) = claims.claim(MINE, 10)
    change(mail_id, due_at=datetime.now(UTC))
    claims.claim(OTHERS, 10)
    claims.finish(MINE, job, Outcome(State.REFUSED, "550 no"))
    claims.put_back(MINE, job)
    assert (row(mail_id).state, row(mail_id).leased_by, row(mail_id).tries) == (State.SENDING, "another", [])


def test_a_row_that_stops_every_worker_is_given_up(db: SQLAlchemy):
    mail_id = queue()
    change(mail_id, attempts=50)
    assert claims.claim(MINE, 10) == []
    assert row(mail_id).state is State.GIVEN_UP


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_begun(
    smtp_app: Flask, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
):
    queue_many(5)
    stopping = Worker(smtp_app)
    first = worker.attempt

    def stop_after_one(job: claims.Job, channel: Channel) -> Outcome:
        stopping.stopping.set()
        return first(job, channel)

    monkeypatch.setattr(worker, "attempt", stop_after_one)
    stopping._deliver()
    assert states() == {State.SENT: 1, State.WAITING: 4}
    with reading() as conn:
        assert set(conn.scalars(select(OutboxMail.attempts).where(OutboxMail.state == State.WAITING))) == {0}


def test_no_row_is_begun_when_the_lease_might_end_meanwhile(smtp_app: Flask, smtp_server: SmtpServer):
    queue_many(5)
    Worker(smtp_app, lease=worker.LONGEST)._deliver()
    assert states() == {State.SENT: 1, State.WAITING: 4}


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


@contextmanager
def processes(settings: Settings, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    text = json.dumps({**asdict(settings), "instance_path": str(settings.instance_path)})
    command = [sys.executable, "-m", "tests.mail.worker_process", text]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()
            assert one.stdout is not None
            one.stdout.close()


def test_four_processes_send_each_mail_once_and_stop_cleanly(
    smtp_app: Flask, settings: Settings, smtp_server: SmtpServer
):
    with processes(sending_to(settings, smtp_server), 4) as started:
        queue_many()
        wait_until(lambda: states() == {State.SENT: MANY})
        for one in started:
            one.send_signal(signal.SIGTERM)
        assert [one.wait(20) for one in started] == [0, 0, 0, 0]
    assert_each_once(smtp_server, MANY)
    with reading() as conn:
        assert conn.scalars(select(WorkerHeartbeat.worker)).all() == []


def test_what_a_killed_worker_held_is_sent_by_another(smtp_app: Flask, settings: Settings, smtp_server: SmtpServer):
    with held_up(smtp_server) as arrived, processes(sending_to(settings, smtp_server), 1) as (victim,):
        queue_many(20)
        assert arrived.wait(20)
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
    assert states()[State.SENDING] == worker.BATCH
    with transaction() as session:  # five minutes pass
        session.execute(update(OutboxMail).where(OutboxMail.state == State.SENDING).values(due_at=datetime.now(UTC)))
    Worker(smtp_app).run_once()
    assert states() == {State.SENT: 20}
    ids = Counter(mail.message["Message-ID"] for mail in smtp_server.received)
    assert len(ids) == 20
    assert sum(ids.values()) <= 21  # the one on the wire may have arrived, and comes again under the same id


@contextmanager
def held_up(server: SmtpServer) -> Iterator[threading.Event]:
    """The server is slow to answer to the first mail; the event is set when that has arrived."""
    arrived, original = threading.Event(), server.handle_DATA

    async def slow(*arguments: Any) -> str:
        answer = await original(*arguments)
        if not arrived.is_set():
            arrived.set()
            await asyncio.sleep(3)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "handle_DATA", slow)
        yield arrived


def test_a_new_mail_leaves_at_once(smtp_app: Flask, settings: Settings, smtp_server: SmtpServer):
    with processes(sending_to(settings, smtp_server), 1):
        time.sleep(1)
        started = time.monotonic()
        queue("soon@example.org")
        smtp_server.wait_for("soon@example.org")
        assert time.monotonic() - started < 2


def test_a_slow_mail_server_keeps_no_writer_waiting(smtp_app: Flask, smtp_server: SmtpServer):
    queue("slow@example.org")
    with held_up(smtp_server) as arrived:
        sending = threading.Thread(target=Worker(smtp_app).run_once)
        sending.start()
        assert arrived.wait(20)
        started = time.monotonic()
        queue("other@example.org")
        assert time.monotonic() - started < 1
        sending.join()


# --- limits by address ---------------------------------------------------------------------------------------


def test_a_thousand_requests_for_one_address_send_three_mails(smtp_app: Flask, smtp_server: SmtpServer):
    with transaction() as session:
        for number in range(1000):
            to = f"victim+{number}@example.org"
            outbox.queue(session, message="test/hello", to=to, context={"name": "x"}, public=True)
    workers = [threading.Thread(target=Worker(smtp_app, batch=50).run_once) for _ in range(4)]
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


# --- tasks and signs of life ---------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that ran; two are registered, of which one fails."""
    ran: list[str] = []

    def failing() -> None:
        ran.append("failing")
        raise LookupError

    monkeypatch.setattr(tasks, "_tasks", {})
    tasks.every(60, failing, "a")
    tasks.every(60, lambda: ran.append("good"), "b")
    return ran


def test_tasks_run_once_each_time_however_many_workers_there_are(app: Flask, db: SQLAlchemy, calls: list[str]):
    for _ in range(3):
        Worker(app).run_once()
    assert calls == ["failing", "good"]
    tasks.run_due(datetime.now(UTC) + timedelta(seconds=61))
    assert calls == ["failing", "good"] * 2


def test_values_of_failed_mails_are_forgotten_after_a_month(app: Flask, db: SQLAlchemy):
    old, fresh = queue(secrets={"code": "1"}), queue(secrets={"code": "2"})
    change(old, state=State.REFUSED, finished_at=datetime.now(UTC) - timedelta(days=31))
    change(fresh, state=State.REFUSED, finished_at=datetime.now(UTC) - timedelta(days=29))
    claims.forget_old()
    assert (row(old).context, row(old).secrets) == ({}, None)
    assert row(fresh).secrets == {"code": "2"}


def test_readiness_tells_whether_a_worker_lives(app: Flask, db: SQLAlchemy):
    assert "no worker" in str(heartbeat.fault())
    heartbeat.beat("one", datetime.now(UTC) - timedelta(seconds=90))
    assert "90 seconds ago" in str(heartbeat.fault())
    Worker(app).run_once()
    assert heartbeat.fault() is None


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
