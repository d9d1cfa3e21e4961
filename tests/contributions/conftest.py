"""A debate that was held, with what people send in after it, and guests who came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.contributions.actions import SentContribution
from eventapp.contributions.models import Quoting
from eventapp.db import db, new_id, reading
from eventapp.events.models import Event
from eventapp.mail.models import OutboxMail
from tests.checkin.support import make_guest, open_phone, scanned
from tests.support.factories import STARTS_AT, make_event

AFTER = STARTS_AT + timedelta(hours=3)


class Officer:
    """A member of staff who acts."""

    id = "0" * 32


@pytest.fixture(name="event")
def held_event(app: Flask) -> Iterator[Event]:
    """Inside an application context."""
    with app.app_context():
        event = make_event(slug="havnen")
        db.session.commit()
        yield event


def sent_to(event: Event, text: str = "Bevar træerne.") -> SentContribution:
    return SentContribution(new_id(), event.themes[0].id, text, Quoting.UNNAMED)


def came(event: Event, *names: str, wants: bool = True) -> None:
    """These sign up, agree or not to be written to, and come in."""
    door, event_id = open_phone(event, f"Dør til {names[0]}"), event.id
    for name in names:
        scanned(make_guest(db, event_id, name, wants_follow_up=wants).ticket, door)


def told() -> list[str]:
    """Whom the link was sent to."""
    with reading() as conn:
        mails = select(OutboxMail.to_address).where(OutboxMail.message == "contributions/link")
        return sorted(conn.scalars(mails))
