"""Work for tests: do what is due, look at mails as a worker takes them, run workers in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from flask import Flask, current_app

from eventapp.clock import system_now
from eventapp.config import Settings
from eventapp.db import write
from eventapp.mail import queued
from eventapp.mail.lane import MailLane
from eventapp.mail.queued import QueuedMail
from eventapp.work.lanes import JobLane
from eventapp.work.models import LaneName
from eventapp.work.worker import Pace, Runner

QUICK = Pace(poll=0.05, beat=0.2, silence=1.5)


def take_mails(most: int = 50, worker: str = "test:mail") -> list[QueuedMail]:
    """Mails that may go now, oldest first; from here on this worker holds them."""
    lane, taken = MailLane(), []
    while len(taken) < most and lane.queue.is_any_due(system_now()):
        if row := write(lambda conn: lane.take(conn, worker, system_now())):
            taken.append(queued.read(row.values))
    return taken


def do_jobs(app: Flask | None = None) -> int:
    """Do the jobs that are due, and nothing else; how many there were. ``app`` outside an application context."""
    runner = Runner(JobLane(LaneName.JOBS), "test", threading.Event())
    with (app or current_app).app_context():
        return runner.work_off()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.02)


@contextmanager
def processes(settings: Settings, count: int, pace: Pace = QUICK) -> Iterator[list[subprocess.Popen[str]]]:
    """So many workers at work, each in a process of its own; what is left of them at the end is killed."""
    given = {"settings": {**asdict(settings), "instance_path": str(settings.instance_path)}, "pace": asdict(pace)}
    command = [sys.executable, "-m", "tests.support.worker_process", json.dumps(given)]
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
