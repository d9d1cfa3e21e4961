"""What the pages of the record are told, as values."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from eventapp.db import reading
from eventapp.record import queries, store
from eventapp.record.store import Log
from tests.record.conftest import LOG, ORIGIN, Append


@pytest.mark.parametrize(("size", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_a_record_has_as_many_pages_as_it_needs_and_one_when_it_is_empty(now: datetime, size: int, pages: int) -> None:
    assert queries.page_count(Log(LOG, "narkotika", ORIGIN, size, now)) == pages


@pytest.mark.parametrize("left", [timedelta(days=1), None])
def test_an_entry_tells_the_deadline_that_was_in_force_or_that_there_was_none(
    append: Append, log_id: str, now: datetime, left: timedelta | None
) -> None:
    deadline = now + left if left else None
    append(deadline_at=deadline)
    with reading() as conn:
        shown = queries.shown(store.entry(conn, log_id, 0))
    assert (shown.deadline_at, shown.recorded_at, shown.line.received_at) == (deadline, now, now)
