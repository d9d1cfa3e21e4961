"""Dates, times and numbers as people read them (domain.md ch. 11), in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from eventapp.formats import display

pytestmark = pytest.mark.engines("sqlite")
START, END = datetime(2023, 9, 28, 15, 0, tzinfo=UTC), datetime(2023, 9, 28, 17, 0, tzinfo=UTC)
DEADLINE = datetime(2023, 11, 24, 11, 0, tzinfo=UTC)
NEW_YEAR = datetime(2023, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Copenhagen


@pytest.mark.parametrize(
    ("filter_", "values", "danish", "english"),
    [
        (display.danish_date, (START,), "28. september 2023", "28 September 2023"),
        (display.danish_date, (date(2024, 5, 1),), "1. maj 2024", "1 May 2024"),
        (display.danish_date, (NEW_YEAR,), "1. januar 2024", "1 January 2024"),
        (display.long_date, (START,), "torsdag den 28. september 2023", "Thursday 28 September 2023"),
        (display.clock_time, (START,), "17.00", "17:00"),
        (display.clock_time, (DEADLINE,), "12.00", "12:00"),
        (display.moment, (START,), "28.09.2023 17.00", "28/09/2023 17:00"),
        (display.moment_seconds, (DEADLINE,), "24.11.2023 kl. 12.00.00", "24/11/2023 at 12:00:00"),
        (
            display.long_moment,
            (DEADLINE,),
            "fredag den 24. november 2023 kl. 12.00",
            "Friday 24 November 2023 at 12:00",
        ),
        (
            display.period,
            (START, END),
            "torsdag den 28. september 2023 kl. 17.00-19.00",
            "Thursday 28 September 2023, 17:00-19:00",
        ),
        (
            display.period,
            (START, START + timedelta(hours=8)),  # the same night
            "torsdag den 28. september 2023 kl. 17.00-01.00",
            "Thursday 28 September 2023, 17:00-01:00",
        ),
        (
            display.period,
            (START, START + timedelta(days=1, hours=2)),
            "torsdag den 28. september 2023 kl. 17.00 – fredag den 29. september 2023 kl. 19.00",
            "Thursday 28 September 2023 at 17:00 – Friday 29 September 2023 at 19:00",
        ),
        (display.number, (1234567,), "1.234.567", "1,234,567"),
        (display.number, (Decimal("1234.5"),), "1.234,5", "1,234.5"),
        (display.percent, (0.725,), "72,5 %", "72.5%"),
        (display.percent, (1.0,), "100 %", "100%"),
        (display.file_size, (999,), "999 B", "999 B"),
        (display.file_size, (12_400,), "12 kB", "12 kB"),
        (display.file_size, (1_440_000,), "1,4 MB", "1.4 MB"),
    ],
)
def test_it_is_written_as_people_read_it(
    app: Flask, filter_: Callable[..., str], values: tuple[Any, ...], danish: str, english: str
) -> None:
    with app.test_request_context("/?lang=da"):
        assert filter_(*values) == danish
    with app.test_request_context("/?lang=en"):
        assert filter_(*values) == english


@pytest.mark.parametrize(
    "filter_",
    [
        display.danish_date,
        display.long_date,
        display.clock_time,
        display.moment,
        display.long_moment,
        display.number,
        display.percent,
    ],
)
def test_what_is_not_known_is_a_dash(app: Flask, filter_: Callable[[None], str]) -> None:
    with app.test_request_context("/"):
        assert filter_(None) == "–"


def test_templates_have_every_filter(app: Flask) -> None:
    names = {
        "danish_date",
        "long_date",
        "clock",
        "moment",
        "moment_seconds",
        "long_moment",
        "period",
        "number",
        "percent",
        "filesize",
    }
    assert names <= set(app.jinja_env.filters)
