"""One JSON line a request: the route, never the address that was asked for, so no secret and no name gets in.

A fault is logged by its kind and its place in the code. Its message is left out: databases and parsers like to quote
what they were given, and that may be somebody's name.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
import traceback
from types import TracebackType

import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.typing import EventDict

log = structlog.get_logger("eventapp")


def configure() -> None:
    """Write JSON lines to standard error; values cannot break out of their line."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_message,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _without_message(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Of a fault that is logged along with something (``log.exception``) no more than of any other."""
    fault = line.pop("exc_info", None)
    error = fault if isinstance(fault, BaseException) else sys.exc_info()[1] if fault else None
    return {**line, **_told(error, error.__traceback__)} if error else line


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)


def _finish(response: Response) -> Response:
    if request.endpoint != "static" and "returned" not in g:  # a page drawn within another request is none
        log.info(
            "request",
            id=g.get("request_id"),
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
    return response


Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_fault(fault: Fault) -> None:
    """What went wrong and where; in place of Flask's own line, which tells the address that was asked for."""
    route = request.url_rule.rule if has_request_context() and request.url_rule else None
    log.error("fault", id=g.get("request_id") if g else None, route=route, **_told(fault[1], fault[2]))


def _told(error: BaseException | None, came_by: TracebackType | None) -> dict[str, list[str]]:
    """The kinds of an error and of what it came from, and the way through the code to it."""
    frames = traceback.extract_tb(came_by)
    return {
        "kinds": [type(one).__name__ for one in _chain(error)],
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error and what it came from, outermost first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def register(app: Flask) -> None:
    app.__dict__["log_exception"] = log_fault
    app.before_request(_start)
    app.after_request(_finish)
