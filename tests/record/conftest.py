"""A log to write to, and the page's verifier in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser

from eventapp import record
from eventapp.db import transaction, write
from eventapp.web.registry import registry
from tests.record.page_verifier import PageVerifier

LOG = "0123456789abcdef0123456789abcdef"
ORIGIN = "kobenhavn/case/narkotika"

Append = Callable[..., record.Appended]


@pytest.fixture(scope="session")
def page_verifier(browser: Browser) -> Iterator[PageVerifier]:
    verifier = PageVerifier(browser)
    yield verifier
    verifier.page.close()


@pytest.fixture
def log_id(db: SQLAlchemy, now: datetime) -> str:
    """The log of a case, empty."""
    registry().record_content.clear()  # no slice keeps any text of these entries
    with transaction() as session:
        return record.open_log(session.connection(), LOG, ORIGIN, now)


@pytest.fixture
def append(log_id: str, now: datetime) -> Append:
    """Add an entry and commit it: ``append("some text", ref="…", kind="answer")``."""

    def add(text: str = "Et svar", **more: Any) -> record.Appended:
        given: dict[str, Any] = {
            "log_id": log_id,
            "kind": "answer",
            "parts": {"text": text, "name": "Anna Andersen"},
            "ref": "a" * 32,
            "received_at": now,
            "at": now,
        }
        return write(lambda conn: record.append(conn, **(given | more)))

    return add
