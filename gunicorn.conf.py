"""How the web server runs: few processes, many threads, because writers wait together for one flush to the disk.

``gunicorn wsgi:app`` reads this file; address and process count can be given on its command line.
"""

import ctypes
import gc
from typing import Any

from flask import Flask

from eventapp.db import db

worker_class = "gthread"
workers = 2
threads = 16
timeout = 60  # seconds until a worker that answers nothing is replaced; no form is counted by it, however slow its line
graceful_timeout = 20  # seconds given to open requests when it stops
keepalive = 5
control_socket_disable = True
preload_app = True  # the product is loaded once, and the workers share in memory what they do not change

# Templates of what comes in rushes. Sixteen threads that meet a new template at once would each compile it.
RUSH = ("components/", "layouts/", "errors/", "events/show.html", "registration/", "hearing/", "checkin/")
M_ARENA_MAX = -8  # of malloc.h
MOST_ARENAS = 2  # threads take turns in Python, so one heap a thread only holds more memory


def when_ready(server: Any) -> None:
    """Make ready what the workers will share, before they are forked.

    No connection may pass over, for two processes would talk on it at once; threads are begun by whoever needs one.
    What is loaded stays: the collector need not look at it (everybody would wait for 0.1 s) nor write to its pages.
    """
    app = server.app.wsgi()
    if isinstance(app, Flask):  # the bench starts a bare function in the same way
        for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(RUSH)):
            app.jinja_env.get_template(name)
        with app.app_context():
            db.engine.dispose()
    gc.collect()
    gc.freeze()
    if limit := getattr(ctypes.CDLL(None), "mallopt", None):  # the GNU C library has it, others need it less
        limit(M_ARENA_MAX, MOST_ARENAS)
