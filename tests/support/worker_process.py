"""A worker in a process of its own: ``python -m tests.support.worker_process GIVEN``, as JSON settings and pace."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from eventapp.config import Settings
from eventapp.work.worker import Pace, Worker, stop_on_signal
from tests.mail.givens import make_app
from tests.work import givens


def main(text: str) -> None:
    given = json.loads(text)
    settings = Settings(**{**given["settings"], "instance_path": Path(given["settings"]["instance_path"])})
    givens.register_kinds()
    worker = Worker(make_app(settings), Pace(**given["pace"]))
    stop_on_signal(worker)
    print("ready", flush=True)
    worker.run()


if __name__ == "__main__":
    main(sys.argv[1])
