"""Dates, times and numbers as people read them, each language in its own way (:data:`eventapp.languages.LANGUAGES`)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import LazyString, gettext

from eventapp.clock import COPENHAGEN
from eventapp.languages import LANGUAGES, Language, current

DASH = "–"
ONE_NIGHT = timedelta(hours=12)


def _here() -> Language:
    """The language of the page, with its ways of writing."""
    return LANGUAGES[current()]


def _local(value: datetime | date) -> datetime | date:
    return value.astimezone(COPENHAGEN) if isinstance(value, datetime) else value


def danish_date(value: datetime | date | None) -> str:
    """28. september 2023 · 28 September 2023"""
    if value is None:
        return DASH
    return format_date(_local(value), _here().day, locale=current())


def long_date(value: datetime | date | None) -> str:
    """torsdag den 28. september 2023 · Thursday 28 September 2023"""
    if value is None:
        return DASH
    return format_date(_local(value), _here().long_day, locale=current())


def clock_time(value: datetime | None) -> str:
    """17.00 · 17:00"""
    return DASH if value is None else value.astimezone(COPENHAGEN).strftime(_here().clock)


def moment(value: datetime | None) -> str:
    """28.09.2023 17.00 · 28/09/2023 17:00, for tables."""
    return DASH if value is None else value.astimezone(COPENHAGEN).strftime(_here().moment)


def moment_seconds(value: datetime) -> str:
    """24.11.2023 kl. 11.58.07, for receipts."""
    return value.astimezone(COPENHAGEN).strftime(_here().moment_seconds)


def long_moment(value: datetime | None) -> str:
    """fredag den 24. november 2023 kl. 12.00 · Friday 24 November 2023 at 12:00"""
    if value is None:
        return DASH
    return f"{long_date(value)}{_here().at}{clock_time(value)}"


def period(start: datetime, end: datetime) -> str:
    """torsdag den 28. september 2023 kl. 17.00-19.00 · Thursday 28 September 2023, 17:00-19:00

    What ends on another day says which, unless it is the same night: a span of half a day or more.
    """
    if is_of_days(start, end):
        return f"{long_moment(start)} – {long_moment(end)}"
    return f"{long_date(start)}{_here().period_at}{clock_time(start)}-{clock_time(end)}"


def is_of_days(start: datetime, end: datetime) -> bool:
    """Whether the end is another day to people, and not the night after the first."""
    return end - start >= ONE_NIGHT and long_date(start) != long_date(end)


def deadline(value: datetime | None) -> str:
    """fredag den 24. november 2023 kl. 12.00 (dansk tid): who must keep it may be elsewhere."""
    return DASH if value is None else gettext("%(moment)s (Danish time)", moment=long_moment(value))


def number(value: int | float | Decimal | None) -> str:
    """1.234,5 · 1,234.5"""
    return DASH if value is None else format_decimal(value, locale=current())


def percent(value: float | None) -> str:
    """72,5 % · 72.5%; ``value`` is a share from 0 to 1."""
    if value is None:
        return DASH
    return f"{format_decimal(round(value * 100, 1), locale=current())}{_here().percent}"


def file_size(size: int) -> str:
    """12 kB, 1,4 MB; ``size`` in bytes."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} kB"
    return f"{format_decimal(round(size / 1_000_000, 1), locale=current())} MB"


def escapable(value: object) -> object:
    """What an expression of a template comes to. A lazy text of Flask-Babel calls itself HTML, and it is not."""
    return str(value) if isinstance(value, LazyString) else value


def register(app: Flask) -> None:
    app.jinja_env.finalize = escapable
    app.jinja_env.filters.update(
        danish_date=danish_date,
        long_date=long_date,
        clock=clock_time,
        moment=moment,
        moment_seconds=moment_seconds,
        long_moment=long_moment,
        deadline=deadline,
        number=number,
        percent=percent,
        filesize=file_size,
    )
    app.jinja_env.filters["period"] = period
