"""Dates, times and numbers as people read them: Danish by domain.md ch. 11, English beside it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale

from eventapp.clock import COPENHAGEN

DASH = "–"


def language() -> str:
    """The language of the page: "da" or "en"."""
    locale = get_locale()
    return locale.language if locale else "da"


def _local(value: datetime | date) -> datetime | date:
    return value.astimezone(COPENHAGEN) if isinstance(value, datetime) else value


def danish_date(value: datetime | date | None) -> str:
    """28. september 2023 · 28 September 2023"""
    if value is None:
        return DASH
    return format_date(_local(value), "d. MMMM y" if language() == "da" else "d MMMM y", locale=language())


def long_date(value: datetime | date | None) -> str:
    """torsdag den 28. september 2023 · Thursday 28 September 2023"""
    if value is None:
        return DASH
    pattern = "EEEE 'den' d. MMMM y" if language() == "da" else "EEEE d MMMM y"
    return format_date(_local(value), pattern, locale=language())


def clock_time(value: datetime | None) -> str:
    """17.00 · 17:00"""
    return DASH if value is None else value.astimezone(COPENHAGEN).strftime("%H.%M" if language() == "da" else "%H:%M")


def moment(value: datetime | None) -> str:
    """28.09.2023 17.00 · 28/09/2023 17:00, for tables."""
    if value is None:
        return DASH
    local = value.astimezone(COPENHAGEN)
    return local.strftime("%d.%m.%Y %H.%M" if language() == "da" else "%d/%m/%Y %H:%M")


def moment_seconds(value: datetime) -> str:
    """24.11.2023 kl. 11.58.07, for receipts."""
    local = value.astimezone(COPENHAGEN)
    return local.strftime("%d.%m.%Y kl. %H.%M.%S" if language() == "da" else "%d/%m/%Y at %H:%M:%S")


def long_moment(value: datetime | None) -> str:
    """fredag den 24. november 2023 kl. 12.00 · Friday 24 November 2023 at 12:00"""
    if value is None:
        return DASH
    return f"{long_date(value)} {'kl.' if language() == 'da' else 'at'} {clock_time(value)}"


def period(start: datetime, end: datetime) -> str:
    """torsdag den 28. september 2023 kl. 17.00-19.00 · Thursday 28 September 2023, 17:00-19:00"""
    joint = " kl. " if language() == "da" else ", "
    return f"{long_date(start)}{joint}{clock_time(start)}-{clock_time(end)}"


def number(value: int | float | Decimal | None) -> str:
    """1.234,5 · 1,234.5"""
    return DASH if value is None else format_decimal(value, locale=language())


def percent(value: float | None) -> str:
    """72,5 % · 72.5%; ``value`` is a share from 0 to 1."""
    if value is None:
        return DASH
    return f"{format_decimal(round(value * 100, 1), locale=language())}{' %' if language() == 'da' else '%'}"


def file_size(size: int) -> str:
    """12 kB, 1,4 MB; ``size`` in bytes."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} kB"
    return f"{format_decimal(round(size / 1_000_000, 1), locale=language())} MB"


def local(row: object, name: str) -> str:
    """A text of a row in the language of the page; the Danish one where there is no English."""
    english = str(getattr(row, f"{name}_en", "")) if language() == "en" else ""
    return english or str(getattr(row, name))


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        danish_date=danish_date,
        long_date=long_date,
        clock=clock_time,
        moment=moment,
        moment_seconds=moment_seconds,
        long_moment=long_moment,
        number=number,
        percent=percent,
        filesize=file_size,
        local=local,
    )
    app.jinja_env.filters["period"] = period
