"""What tests of cases begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp import blobs, clock
from eventapp.blobs import NamedFile
from eventapp.cases import actions
from eventapp.cases.actions import CaseFacts
from eventapp.cases.models import Case
from tests.support.factories import HARBOUR_PARK

AT = datetime.fromisoformat("2024-02-05T09:00:00+01:00")
LATER = datetime.fromisoformat("2024-03-05T09:00:00+01:00")


@pytest.fixture
def case(db: SQLAlchemy) -> Case:
    """A draft with a record of its own and nothing planned."""
    opened = actions.open_case(CaseFacts("2019-0000007", HARBOUR_PARK), by=None, now=AT, slug="havnepark")
    actions.plan(opened, {}, by=None)
    db.session.commit()
    return opened


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let it be this moment."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def upload(content: bytes = b"%PDF-1.7 a", name: str = "notat.pdf") -> NamedFile:
    return NamedFile(blobs.put(content), name, "application/pdf")
