"""``flask --app wsgi worker``: takes what is due out of the outbox, sends it, and notes what became of it.

Any number may run. While one talks to a mail server it holds no transaction, so nobody waits for it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

import click
import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from eventapp import clock
from eventapp.mail import answers, claims, delivery, heartbeat, rendering, tasks
from eventapp.mail.channels import Channel, open_channel
from eventapp.mail.claims import Claimant, Job, Outcome
from eventapp.mail.delivery import RefusedError, TryAgainError
from eventapp.mail.headers import UnsafeHeaderError
from eventapp.mail.models import State

log = structlog.get_logger("eventapp")

POLL_SECONDS = 0.3
AFTER_FAULT_SECONDS = 5.0
BATCH = 10
LEASE = timedelta(minutes=5)  # the longest that a row waits for another worker when this one is killed
LONGEST = timedelta(seconds=4.5 * delivery.LONGEST_SECONDS)  # of one row: a dead line, dialling, greeting, sending

Handler = Callable[[Job, Channel], Outcome]


def _send_mail(job: Job, channel: Channel) -> Outcome:
    rendered = rendering.render(job)
    shown = {"subject": rendered.subject, "kept": rendered.kept}
    try:
        return Outcome(State.SENT, channel.send(job, delivery.pack(job, rendered)), **shown)
    except TryAgainError as error:
        return Outcome(State.WAITING, str(error), **shown)
    except UnsafeHeaderError as error:
        return Outcome(State.REFUSED, answers.with_detail(answers.UNSAFE, error), **shown)
    except RefusedError as error:
        return Outcome(State.REFUSED, str(error), **shown)


_handlers: dict[str, Handler] = {"mail": _send_mail}


def register_handler(kind: str, do: Callable[[Job], str]) -> None:
    """Let ``do`` carry out the effects queued as ``kind``; it returns what to note.

    It may raise :class:`TryAgainError` or :class:`RefusedError`; anything else counts as a fault and is tried again.
    """
    _handlers[kind] = lambda job, _channel: Outcome(State.SENT, do(job))


class Worker:
    """One worker. ``stopping`` is set from a signal or another thread; the mail being sent is finished first."""

    def __init__(self, app: Flask, *, lease: timedelta = LEASE, batch: int = BATCH) -> None:
        self._app = app
        self._batch = batch
        self.stopping = threading.Event()
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        with app.app_context():
            self._claimant = Claimant(self.name, rendering.domain(), lease)
        self._next_beat = 0.0

    def run(self) -> None:
        """Work until told to stop. A database that is away for a while is waited for."""
        while not self.stopping.is_set():
            try:
                with self._app.app_context():
                    found_work = self._turn()
            except DBAPIError:
                log.exception("worker_waits_for_database")
                self.stopping.wait(AFTER_FAULT_SECONDS)
                continue
            if not found_work:
                self.stopping.wait(POLL_SECONDS)
        with self._app.app_context():
            heartbeat.stop(self.name, clock.system_now())

    def run_once(self) -> int:
        """Do what is due now; returns how many rows were taken."""
        taken = 0
        with self._app.app_context():
            self._tend()
            while found := self._deliver():
                taken += found
        return taken

    def _turn(self) -> bool:
        self._tend()
        return claims.is_any_due(clock.system_now()) and self._deliver() > 0

    def _tend(self) -> None:
        """Say that we live, and do the tasks that recur."""
        now = clock.system_now()
        if time.monotonic() >= self._next_beat:
            heartbeat.beat(self.name, now)
            tasks.add_missing(now)
            self._next_beat = time.monotonic() + heartbeat.BEAT_SECONDS
        tasks.run_due(now)

    def _deliver(self) -> int:
        started = time.monotonic()
        jobs = claims.claim(self._claimant, self._batch)
        with open_channel() as channel:
            for place, job in enumerate(jobs):
                if self.stopping.is_set() or (place and self._is_late(started)):
                    claims.put_back(self._claimant, job)
                else:
                    claims.finish(self._claimant, job, attempt(job, channel))
        return len(jobs)

    def _is_late(self, started: float) -> bool:
        """Whether a row begun now might still be under way when its lease ends and another worker takes it."""
        return time.monotonic() - started > (self._claimant.lease - LONGEST).total_seconds()


def attempt(job: Job, channel: Channel) -> Outcome:
    """Try once. A fault of ours is logged by row and kind, and tried again like a fault of the server."""
    handler = _handlers.get(job.kind)
    if handler is None:
        return Outcome(State.WAITING, answers.with_detail(answers.NO_HANDLER, job.kind))
    try:
        return handler(job, channel)
    except TryAgainError as error:
        return Outcome(State.WAITING, str(error))
    except RefusedError as error:
        return Outcome(State.REFUSED, str(error))
    except Exception as error:
        log.exception("outbox_fault", mail_id=job.id, message=job.message)
        return Outcome(State.WAITING, answers.with_detail(answers.NOT_MADE, type(error).__name__))


def register(app: Flask) -> None:
    @app.cli.command("worker")
    @click.option("--once", is_flag=True, help="Do what is due now, then stop.")
    def run_worker(once: bool) -> None:
        """Deliver mails and run tasks that recur."""
        worker = Worker(app)
        if once:
            click.echo(f"{worker.run_once()} taken out of the outbox.")
            return
        stop_on_signal(worker)
        worker.run()


def stop_on_signal(worker: Worker) -> None:
    """SIGTERM and Ctrl-C let the mail that is being sent end, and give the others back."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
