"""A log to write to, and the page's verifier in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser

from eventapp import record
from eventapp.db import transaction, write
from eventapp.web.registry import registry
from tests.record.page_verifier import PageVerifier
from tests.record.shelf import Shelf, files

LOG = "0123456789abcdef0123456789abcdef"
ORIGIN = "kobenhavn/case/narkotika"

Append = Callable[..., record.Appended]


@pytest.fixture(scope="session")
def page_verifier(browser: Browser) -> Iterator[PageVerifier]:
    verifier = PageVerifier(browser)
    yield verifier
    verifier.page.close()


@pytest.fixture
def shelf() -> Shelf:
    """The slice that keeps the texts of these entries."""
    return Shelf()


@pytest.fixture
def log_id(app: Flask, db: SQLAlchemy, now: datetime, shelf: Shelf) -> str:
    """The log of a case, empty; the shelf's kinds of entries stand in the place of those of the slices."""
    registry().record_kinds.clear()
    registry().record_tables.clear()
    record.declare(app, record.ERASE, record.KEY, *shelf.kinds.values())
    with transaction() as session:
        return record.open_log(session.connection(), LOG, ORIGIN, now)


@pytest.fixture
def append(log_id: str, now: datetime, shelf: Shelf) -> Append:
    """Add an entry and commit it: ``append("some text", ref="…", kind="answer")``."""

    def add(text: str = "Et svar", *, kind: str = "answer", **more: Any) -> record.Appended:
        found: list[record.Appended] = []
        given: dict[str, Any] = {
            "log_id": log_id,
            "then": lambda _conn, appended: found.append(appended),
            "parts": {"text": text, "name": "Anna Andersen"},
            "ref": "a" * 32,
            "received_at": now,
            "at": now,
        }
        given |= more | {"kind": shelf.kinds[kind]}
        write(lambda conn: record.append(conn, **given))
        shelf.texts[found[0].seq] |= files(more.get("attachments", ()))
        return found[0]

    return add
