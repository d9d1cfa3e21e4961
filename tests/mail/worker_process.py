"""A worker in a process of its own: ``python -m tests.mail.worker_process SETTINGS`` (as JSON)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from eventapp.config import Settings
from eventapp.mail.worker import Worker, stop_on_signal
from tests.mail.givens import make_app


def main(text: str) -> None:
    values = json.loads(text)
    settings = Settings(**{**values, "instance_path": Path(values["instance_path"])})
    worker = Worker(make_app(settings))
    stop_on_signal(worker)
    print("ready", flush=True)
    worker.run()


if __name__ == "__main__":
    main(sys.argv[1])
