"""Two invited offices, as the organiser has written them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from eventapp import blobs
from eventapp.db import db
from eventapp.events.models import Event, QuotaKind
from eventapp.invitations import actions
from eventapp.invitations.actions import Draft
from eventapp.invitations.models import Invitation, WishedRole
from eventapp.languages import Wording
from tests.support.factories import STARTS_AT, make_event

WRITTEN_AT = STARTS_AT - timedelta(days=60)
REPLIED_AT = STARTS_AT - timedelta(days=20)
LETTER = b"%PDF-1.7 letter %%EOF"


def make_invitation(event: Event, office: str = "havneministeren", *, sent: bool = True) -> Invitation:
    """An invitation; ``sent``: with its letter. Committed by the caller."""
    draft = Draft(
        office=Wording({"da": office, "en": "the minister of harbours"}),
        ministry="Havneministeriet",
        email="ministersekretariat@example.org",
        purpose="Debatten handler om havnen.\n\nVi beder om et oplæg.",
        wished_role=WishedRole.SPEECH,
        minutes=10,
        reply_by_at=STARTS_AT - timedelta(days=14),
        is_public=True,
    )
    invitation = actions.invite(event, draft, by=None, now=WRITTEN_AT)
    db.session.flush()
    if sent:
        send(invitation, WRITTEN_AT)
    return invitation


def send(invitation: Invitation, now: datetime) -> None:
    actions.send(invitation, blobs.put(LETTER), by=None, now=now)


@pytest.fixture(name="invitation")
def sent_invitation(app: Flask) -> Iterator[Invitation]:
    """Inside an application context; the event has two seats for the invited."""
    with app.app_context():
        event = make_event(quotas={QuotaKind.INVITED: 2})
        invitation = make_invitation(event)
        db.session.commit()
        yield invitation
