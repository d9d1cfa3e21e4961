"""``flask --app wsgi worker``: does what is due, each lane in a thread of its own. Any number of workers may run."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

import click
import structlog
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from eventapp import clock
from eventapp.db import write
from eventapp.work import answers, heartbeat, kinds, rules
from eventapp.work.lanes import Lane
from eventapp.work.queue import Taken, UnreadableError
from eventapp.work.running import StoppingError

log = structlog.get_logger("eventapp")

AFTER_FAULT_SECONDS = 5.0
SECOND_DEATH = timedelta(minutes=15)  # how long a row waits that a second worker died with


@dataclass(frozen=True)
class Pace:
    """How often a worker looks for work and gives a sign of life, and when a silent one counts as dead; seconds."""

    poll: float = 0.3
    beat: float = 5.0
    silence: float = 30.0


class Runner:
    """One lane of one worker: it takes a row, tries it, notes what became of it and takes the next."""

    def __init__(self, lane: Lane[Any], worker: str, stopping: threading.Event) -> None:
        self.lane = lane
        self.name = f"{worker}:{lane.name}"
        self._stopping = stopping
        self._held: Taken | None = None
        self._outcome: Any = None
        self._is_unsure = False  # whether the last transaction was kept: nobody answered when it ended
        self._busy_since: float | None = None

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def is_stuck(self) -> bool:
        """Whether it has been at one thing for longer than that can take."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > self.lane.longest.total_seconds()

    def pulse(self) -> None:
        self._busy_since = time.monotonic()

    def work_off(self) -> int:
        """Do what is due now, or until told to stop; how many rows that were."""
        self._settle()
        done = 0
        while not self.is_stopping and self.lane.queue.is_any_due(clock.system_now()):
            done += self._session()
        return done

    def _session(self) -> int:
        done = 0
        with self.lane.opened(self) as attempt:
            row = self._swap(more=True)
            while row is not None:
                self._outcome = self._try(attempt, row)
                done += 1
                row = self._swap(more=done < self.lane.session and not self.is_stopping)
        return done

    def _try(self, attempt: Callable[[Taken], Any], row: Taken) -> Any:
        """Try once. A fault of ours is logged by row, and the row is tried again like after a fault of others."""
        if row.deaths >= rules.MOST_DEATHS:
            return self.lane.failed(answers.NEVER_ENDED, for_good=True)
        try:
            return attempt(row)
        except StoppingError:
            return None
        except UnreadableError as error:
            return self.lane.failed(answers.with_detail(answers.NOT_READ, error), for_good=True)
        except (Exception, SystemExit) as error:
            log.exception("work_fault", lane=self.lane.name, row=row.id)
            return self.lane.failed(answers.with_detail(answers.NOT_MADE, type(error).__name__), for_good=False)

    def _swap(self, *, more: bool) -> Taken | None:
        """Note what became of the row that we hold, and take the next: one transaction, one flush to the disk."""
        held, outcome, is_unsure = self._held, self._outcome, self._is_unsure

        def job(conn: Connection) -> Taken | None:
            now = clock.system_now()
            if is_unsure:
                self.lane.queue.let_go(conn, self.name, known=held.id if held else "")
            if held is not None and outcome is None:
                self.lane.queue.untried(conn, self.name, held, now)
            elif held is not None:
                self.lane.end(conn, self.name, held, outcome, now)
            return self.lane.take(conn, self.name, now) if more else None

        self._is_unsure = True
        self._held, self._outcome = write(job), None
        self._is_unsure = False
        self._busy_since = None if self._held is None else time.monotonic()
        return self._held

    def _settle(self) -> None:
        """Note what became of a row when that went wrong the last time; a row must not be held for ever."""
        if self._held is None and not self._is_unsure:
            return
        try:
            self._swap(more=False)
        except (OperationalError, InterfaceError):
            raise  # the database is away: what became of the row is known, and is noted later
        except Exception:
            if self._held is None:
                raise
            log.exception("work_outcome_not_kept", lane=self.lane.name, row=self._held.id)
            self._outcome = self.lane.failed(answers.NOT_KEPT, for_good=False)
            self._swap(more=False)


class Worker:
    """One worker. ``stopping`` is set from a signal or another thread; what is being done is finished first."""

    def __init__(self, app: Flask, pace: Pace | None = None) -> None:
        self._app = app
        self._pace = pace or Pace()
        self.stopping = threading.Event()
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._runners = [Runner(lane, self.name, self.stopping) for lane in app.extensions["lanes"]]

    def run(self) -> None:
        """Work until told to stop. A database that is away for a while is waited for."""
        threads = {
            runner.name: threading.Thread(target=self._run, args=(runner,), name=runner.name)
            for runner in self._runners
        }
        self._tend(self._runners)
        for one in threads.values():
            one.start()
        while not self.stopping.wait(self._pace.beat):
            self._tend([one for one in self._runners if threads[one.name].is_alive() and not one.is_stuck])
        for one in threads.values():
            one.join()
        with self._app.app_context():
            heartbeat.stop(runner.name for runner in self._runners)

    def run_once(self) -> Counter[str]:
        """Do what is due now, and what comes of it, in this thread; how many rows that were in each lane."""
        self._tend(self._runners)
        done: Counter[str] = Counter()
        with self._app.app_context():
            while found := Counter({one.lane.name: count for one in self._runners if (count := one.work_off())}):
                done += found
        return done

    def _run(self, runner: Runner) -> None:
        while not self.stopping.is_set():
            try:
                with self._app.app_context():
                    runner.work_off()
            except Exception:
                log.exception("lane_stumbled", lane=runner.lane.name)
                self.stopping.wait(AFTER_FAULT_SECONDS)
            else:
                self.stopping.wait(self._pace.poll)

    def _tend(self, alive: list[Runner]) -> None:
        """Say who lives, give back what dead workers held, and let the tasks that recur have their rows."""
        try:
            with self._app.app_context():
                write(lambda conn: self._say(conn, alive))
        except Exception:  # the lanes go on; without signs of life others take what they hold
            log.exception("worker_gives_no_sign_of_life")

    def _say(self, conn: Connection, alive: list[Runner]) -> None:
        now = clock.system_now()
        for one in alive:
            heartbeat.beat(conn, one.name, one.lane.name, now)
        silent = now - timedelta(seconds=self._pace.silence)
        for one in self._runners:
            one.lane.queue.free(conn, silent=silent, now=now, later=now + SECOND_DEATH)
        kinds.add_recurring(conn, now)


def register(app: Flask) -> None:
    @app.cli.command("worker")
    @click.option("--once", is_flag=True, help="Do what is due now, then stop.")
    def run_worker(once: bool) -> None:
        """Send mails, do jobs, and run tasks that recur."""
        worker = Worker(app)
        if once:
            done = worker.run_once()
            click.echo(", ".join(f"{lane}: {done[lane]}" for lane in sorted(done)) or "Nothing is due.")
            return
        stop_on_signal(worker)
        worker.run()


def stop_on_signal(worker: Worker) -> None:
    """SIGTERM and Ctrl-C let the mail that is being sent end, and a job its step; another worker goes on with it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
