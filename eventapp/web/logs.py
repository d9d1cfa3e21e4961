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
from flask import Flask, Response, g, request

log = structlog.get_logger("eventapp")


def configure() -> None:
    """Write JSON lines to standard error; values cannot break out of their line."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)


def _finish(response: Response) -> Response:
    if request.endpoint != "static":
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
    error = fault[1]
    frames = traceback.extract_tb(fault[2])
    log.error(
        "fault",
        id=g.get("request_id"),
        route=request.url_rule.rule if request.url_rule else None,
        kinds=[type(one).__name__ for one in _chain(error)],
        at=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )


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
