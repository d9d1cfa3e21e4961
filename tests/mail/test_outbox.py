"""Queueing: one row in the transaction of what it tells about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, event, func, select

from eventapp.db import transaction, write
from eventapp.mail import outbox
from eventapp.mail.models import OutboxMail, State
from eventapp.mail.packing import unpack
from tests.mail.givens import queue, row


def rows(db: SQLAlchemy) -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxMail)) or 0


def test_a_queued_mail_waits_with_everything_it_needs(db: SQLAlchemy):
    mail = row(
        queue(
            "anna@example.org",
            lang="en",
            context={"name": "Anna", "seats": 2},
            secrets={"link": "https://example.org/t/ABC"},
            subject_id="s" * 32,
            attachments=[{"name": "a.pdf", "media_type": "application/pdf", "sha256": "0" * 64}],
            calendar="BEGIN:VCALENDAR",
            calendar_method="REQUEST",
            reply_to="sag@example.org",
        )
    )
    assert (mail.state, mail.attempts, mail.lang) == (State.WAITING, 0, "en")
    assert mail.context == {"name": "Anna", "seats": 2}
    assert mail.secrets == {"link": "https://example.org/t/ABC"}
    assert mail.attachments[0]["sha256"] == "0" * 64
    assert (mail.calendar_method, mail.reply_to, mail.subject_id) == ("REQUEST", "sag@example.org", "s" * 32)
    assert mail.limit_key is None


def test_moments_and_days_come_back_as_they_went_in(db: SQLAlchemy):
    context = {"at": datetime(2023, 9, 28, 15, tzinfo=UTC), "on": date(2023, 11, 24), "list": [{"at": None}, "x"]}
    assert unpack(row(queue(context=context)).context) == context


def test_a_moment_without_time_zone_is_refused(db: SQLAlchemy):
    with pytest.raises(ValueError, match="time zone"):
        queue(context={"at": datetime.now(UTC).replace(tzinfo=None)})
    assert rows(db) == 0


def test_nothing_is_queued_when_the_transaction_is_undone(db: SQLAlchemy):
    def job(conn: Connection) -> None:
        outbox.queue(conn, message="test/hello", to="anna@example.org", context={})
        raise LookupError

    with pytest.raises(LookupError):
        write(job)
    assert rows(db) == 0


def test_the_same_dedupe_text_is_queued_once(db: SQLAlchemy):
    with transaction() as session:
        first, second = (
            outbox.queue(
                session.connection(), message="test/hello", to="anna@example.org", context={}, dedupe="receipt:1"
            )
            for _ in range(2)
        )
    assert first
    assert second is None
    assert rows(db) == 1


def test_a_public_mail_is_counted_by_mailbox(db: SQLAlchemy):
    assert row(queue("Anna+x@Example.org", public=True)).limit_key == "anna@example.org"


@pytest.mark.parametrize(
    "attachment",
    [
        {},
        {"name": "a", "media_type": "b/c"},
        {"name": "a", "media_type": "b/c", "sha256": "0", "maker": "m"},
        {"name": "a", "maker": "m"},
    ],
)
def test_an_attachment_names_one_source(db: SQLAlchemy, attachment: dict[str, str]):
    with pytest.raises(ValueError, match="attachment"):
        queue(attachments=[attachment])


def test_queueing_is_one_statement(db: SQLAlchemy):
    def job(conn: Connection) -> list[str]:
        with statements(conn) as seen:
            outbox.queue(conn, message="test/hello", to="anna@example.org", context={"name": "Anna"}, public=True)
        return seen

    assert len(write(job)) == 1


@contextmanager
def statements(conn: Connection) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(conn, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(conn, "before_cursor_execute", note)
