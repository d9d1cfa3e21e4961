"""A worker in a process of its own: ``python -m tests.support.worker_process GIVEN``, as JSON settings and pace.

``PAUSE_MS``: thousandths of a second that a job rests after each step, so that a test can find it in the middle.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Connection

from eventapp.config import Settings
from eventapp.work.running import Part, Running
from eventapp.work.worker import Pace, Worker, stop_on_signal
from tests.mail.givens import make_app
from tests.work import givens


def resting(seconds: float) -> Callable[[Running, Callable[[Connection], Part | None]], bool]:
    """A step of a job as it is, and a rest after it."""
    step = Running.step

    def step_and_rest(job: Running, do: Callable[[Connection], Part | None]) -> bool:
        was_done = step(job, do)
        time.sleep(seconds)
        return was_done

    return step_and_rest


def main(text: str) -> None:
    given = json.loads(text)
    settings = Settings(**{**given["settings"], "instance_path": Path(given["settings"]["instance_path"])})
    givens.register_kinds()
    worker = Worker(make_app(settings), Pace(**given["pace"]))
    stop_on_signal(worker)
    print("ready", flush=True)
    with patch.object(Running, "step", resting(int(os.environ.get("PAUSE_MS", "0")) / 1000)):
        worker.run()


if __name__ == "__main__":
    main(sys.argv[1])
