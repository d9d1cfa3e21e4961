"""The kinds of jobs that only tests ask for are known during these tests."""

from __future__ import annotations

import pytest

from eventapp.work import kinds
from tests.work import givens


@pytest.fixture(autouse=True)
def known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    monkeypatch.setattr(kinds, "_recurring", dict(kinds._recurring))
    givens.register_kinds()
