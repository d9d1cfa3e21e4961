"""Decisions of the hearing: values in, answer out."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from eventapp import clock
from eventapp.brakes import Brake

SHORTEST_USUAL = timedelta(weeks=4)
GUESSING = Brake("receipt", most=15, window=timedelta(minutes=1))  # receipt numbers follow one another
SAME_FOR = timedelta(days=1)  # so long the same answer from the same address is the same answer
MOST_FILES = 10
LONGEST_ANSWER = 200_000


class HearingState(enum.StrEnum):
    """Where a hearing stands (domain.md 3.12)."""

    DRAFT = "draft"
    WAITING = "waiting"
    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


def state(
    published_at: datetime | None, deadline_at: datetime, closed_at: datetime | None, now: datetime
) -> HearingState:
    if closed_at:
        return HearingState.CLOSED
    if published_at is None:
        return HearingState.DRAFT
    if now < published_at:
        return HearingState.WAITING
    return HearingState.OPEN if now <= deadline_at else HearingState.OVERDUE


def is_late(received_at: datetime, deadline_at: datetime) -> bool:
    """Whether an answer came after the deadline: to the instant, and at the instant itself it is in time.

    ``received_at`` is when the server had read the whole request. Late answers are taken in and marked, never
    refused. Source: domain.md 3.3 and 3.5.
    """
    return received_at > deadline_at


def is_short(starts_at: datetime, deadline_at: datetime) -> bool:
    """Whether the hearing is shorter than the four weeks that are usual; worth a warning, never a refusal.

    Counted on the wall's clock: four weeks over the beginning of summer time are an hour short, and still four weeks.
    """
    begins, ends = (one.astimezone(clock.COPENHAGEN).replace(tzinfo=None) for one in (starts_at, deadline_at))
    return ends - begins < SHORTEST_USUAL


def receipt_number(year: int, issued: int) -> str:
    """HS-2023-0042"""
    return f"HS-{year}-{issued:04d}"


def content(answer: Any, files: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The committed fields of an answer: part name -> value.

    :param answer: as it was sent, or as it is stored: both have these fields.
    :param files: (name, SHA-256) of each attachment, in order.
    """
    return {
        "name": answer.name,
        "on_behalf_of": answer.on_behalf_of,
        "sender_kind": str(answer.sender_kind),
        "email": answer.email,
        "text": answer.text,
        "channel": str(answer.channel),
        "received_at": answer.received_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "files": [list(one) for one in files],
    }
