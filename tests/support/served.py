"""An application in this process at an address that a browser can open: one server a session, whoever it serves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server


class Served:
    """Asks the application that is served just now; the one before is out of reach, as if its server were gone."""

    def __init__(self) -> None:
        self._app: Flask | None = None
        self.address = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if self._app is None:
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return self._app(environ, start_response)

    @contextmanager
    def serving(self, app: Flask) -> Iterator[str]:
        """Serve this application here; its address."""
        assert self._app is None, "One application at a time."
        self._app = app
        try:
            yield self.address
        finally:
            self._app = None


@contextmanager
def running() -> Iterator[Served]:
    served = Served()
    server = make_server("127.0.0.1", 0, served, threaded=True)
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
