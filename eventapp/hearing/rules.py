"""Decisions of the hearing: values in, answer out."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from eventapp import clock
from eventapp.brakes import Brake
from eventapp.errors import DomainError
from eventapp.hearing.errors import ClosedError

SHORTEST_USUAL = timedelta(weeks=4)
GUESSING = Brake("receipt", most=15, window=timedelta(minutes=1))  # receipt numbers follow one another
SAME_FOR = timedelta(days=1)  # so long the same answer from the same address is the same answer
MOST_FILES = 10
LONGEST_ANSWER = 200_000


class HearingState(enum.StrEnum):
    """Where a hearing stands (domain.md 3.12). ``WAITING``: it was sent, and has not begun."""

    DRAFT = "draft"
    WAITING = "waiting"
    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


class Road(enum.StrEnum):
    """A way in which something is added to a hearing. Answers are taken in whatever its state, and marked."""

    ADD_MATERIAL = "add_material"
    ADD_PARTY = "add_party"
    SEND = "send"
    EXTEND = "extend"
    CLOSE = "close"
    REWRITE = "rewrite"  # a draft
    CORRECT = "correct"  # the words of what was sent
    CORRECT_PARTY = "correct_party"


class Timing(enum.StrEnum):
    """When an answer came, as the deadline stands today (ADR 0058)."""

    EARLY = "early"  # before the hearing began
    IN_TIME = "in_time"
    BEFORE_EXTENSION = "before_extension"  # after the deadline of that day, before the one in force
    LATE = "late"


NOT_OVER = frozenset({HearingState.DRAFT, HearingState.WAITING, HearingState.OPEN})
SENT = frozenset({HearingState.WAITING, HearingState.OPEN, HearingState.OVERDUE})
OPEN_IN: Mapping[Road, frozenset[HearingState]] = {
    Road.ADD_MATERIAL: frozenset({HearingState.DRAFT}),
    Road.ADD_PARTY: NOT_OVER | {HearingState.OVERDUE},
    Road.SEND: NOT_OVER,
    Road.EXTEND: NOT_OVER | {HearingState.OVERDUE},
    Road.CLOSE: SENT,
    Road.REWRITE: frozenset({HearingState.DRAFT}),
    Road.CORRECT: SENT,
    Road.CORRECT_PARTY: NOT_OVER | {HearingState.OVERDUE},
}


class Times(Protocol):
    """What says where a hearing stands."""

    @property
    def published_at(self) -> datetime | None: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def deadline_at(self) -> datetime: ...
    @property
    def closed_at(self) -> datetime | None: ...


class Came(Protocol):
    """When an answer came, and the deadline that it was told."""

    @property
    def received_at(self) -> datetime: ...
    @property
    def deadline_at(self) -> datetime: ...


def state(hearing: Times, now: datetime) -> HearingState:
    """Where a hearing stands at a moment. The deadline itself is in time."""
    if hearing.closed_at:
        return HearingState.CLOSED
    if hearing.published_at is None:
        return HearingState.DRAFT
    if now > hearing.deadline_at:
        return HearingState.OVERDUE
    return HearingState.OPEN if now >= hearing.starts_at else HearingState.WAITING


def check(road: Road, hearing: Times, now: datetime, otherwise: type[DomainError]) -> None:
    """Let through what may be added to the hearing now.

    :param otherwise: what is said when the hearing is not closed, but it is too early or too late.
    :raises ClosedError: when it is closed.
    """
    stands = state(hearing, now)
    if stands not in OPEN_IN[road]:
        raise ClosedError if stands is HearingState.CLOSED else otherwise


def ends_at(deadline_at: datetime, closed_at: datetime | None) -> datetime:
    """What an answer is held against: the deadline, or the closing where that came first."""
    return deadline_at if closed_at is None else min(deadline_at, closed_at)


def is_late(received_at: datetime, deadline_at: datetime) -> bool:
    """Whether an answer came after the deadline: to the instant, and at the instant itself it is in time.

    ``received_at`` is when the server had read the whole request. Late answers are taken in and marked, never
    refused. Source: domain.md 3.3 and 3.5.
    """
    return received_at > deadline_at


def timing(answer: Came, hearing: Times) -> Timing:
    """How an answer counts today. What its entry in the record says of it stays as it was when it came."""
    if is_late(answer.received_at, ends_at(hearing.deadline_at, hearing.closed_at)):
        return Timing.LATE
    if is_late(answer.received_at, answer.deadline_at):
        return Timing.BEFORE_EXTENSION
    return Timing.EARLY if answer.received_at < hearing.starts_at else Timing.IN_TIME


def is_short(starts_at: datetime, deadline_at: datetime) -> bool:
    """Whether the hearing is shorter than the four weeks that are usual; worth a warning, never a refusal.

    Counted on the wall's clock: four weeks over the beginning of summer time are an hour short, and still four weeks.
    """
    begins, ends = (one.astimezone(clock.COPENHAGEN).replace(tzinfo=None) for one in (starts_at, deadline_at))
    return ends - begins < SHORTEST_USUAL


def receipt_number(year: int, issued: int) -> str:
    """HS-2023-0042"""
    return f"HS-{year}-{issued:04d}"


def place(hearing_id: str, number: int, receipt: str, party_id: str | None) -> dict[str, Any]:
    """The committed fields of an answer that it gets from us when it comes in: part name -> value."""
    return {"hearing": hearing_id, "serial": number, "receipt_number": receipt, "party_id": party_id}


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
