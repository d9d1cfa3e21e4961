"""What tests of statistics share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def danish(app: Flask) -> Iterator[None]:
    """A request in Danish, for what takes its words from the catalogue."""
    with app.test_request_context("/?lang=da"):
        yield
