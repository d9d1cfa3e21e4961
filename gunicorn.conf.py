"""How the web server runs: few processes, many threads, because writers wait together for one flush to the disk.

``gunicorn wsgi:app`` reads this file; address and process count can be given on its command line.
"""

import gc
from typing import Any

worker_class = "gthread"
workers = 2
threads = 16
timeout = 60  # seconds until a worker that answers nothing is replaced
graceful_timeout = 20  # seconds given to open requests when it stops
keepalive = 5
control_socket_disable = True


def post_worker_init(_worker: Any) -> None:
    """What was loaded at the start stays: whenever the collector looks at all of it, everybody waits for 0.1 s."""
    gc.collect()
    gc.freeze()
