"""Two invited offices, as the organiser has written them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import blobs
from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.events.models import Event, ProgrammeItem, QuotaKind
from eventapp.invitations import actions
from eventapp.invitations.actions import Draft, Given
from eventapp.invitations.models import Invitation, ReplyChannel, ReplyState, StandInRole, WishedRole
from eventapp.languages import Wording
from eventapp.mail.models import OutboxMail
from eventapp.record.models import RecordEntry
from tests.support.factories import STARTS_AT, make_event

WRITTEN_AT = STARTS_AT - timedelta(days=60)
REPLIED_AT = STARTS_AT - timedelta(days=20)
LETTER = b"%PDF-1.7 letter %%EOF"
YES = Given(ReplyState.ACCEPTED, ReplyChannel.LINK)
NO = Given(ReplyState.DECLINED, ReplyChannel.LINK, reason="Folketinget har møde", will_write=True)

DRAFT = Draft(
    office=Wording({"da": "havneministeren", "en": "the minister of harbours"}),
    ministry="Havneministeriet",
    email="ministersekretariat@example.org",
    purpose=Wording("Debatten handler om havnen.\n\nVi beder om et oplæg."),
    wished_role=WishedRole.SPEECH,
    minutes=10,
    reply_by_at=STARTS_AT - timedelta(days=14),
    is_public=True,
)


class Officer:
    """A member of staff who acts."""

    id = "0" * 32


def stand_in(name: str = "Kontorchef Aagaard", role: StandInRole = StandInRole.FACTUAL) -> Given:
    """Somebody else comes instead."""
    return Given(
        ReplyState.DELEGATED,
        ReplyChannel.LINK,
        stand_in_name=name,
        stand_in_title="kontorchef",
        stand_in_role=role,
    )


def make_invitation(event: Event, office: str = "havneministeren", *, sent: bool = True) -> Invitation:
    """An invitation; ``sent``: with its letter. Committed by the caller."""
    draft = replace(DRAFT, office=Wording({"da": office, "en": "the minister of harbours"}))
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


def make_item(event: Event, title: str = "Velkomst", position: int = 1) -> ProgrammeItem:
    """A point of the programme."""
    item = ProgrammeItem(
        event_id=event.id,
        position=position,
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(minutes=10),
        title=Wording(title),
    )
    db.session.add(item)
    db.session.flush()
    return item


def mails(message: str) -> list[OutboxMail]:
    """The mails of invitations of one kind, in the order in which they were queued."""
    wanted = select(OutboxMail).where(OutboxMail.message == f"invitations/{message}")
    return list(db.session.scalars(wanted.order_by(OutboxMail.queued_at, OutboxMail.id)))


def kinds() -> list[str]:
    """The kinds of the entries in the record, in order."""
    return [str(kind) for kind in db.session.scalars(select(RecordEntry.kind).order_by(RecordEntry.seq))]


def logged(subject_id: str) -> list[tuple[str, str | None, dict[str, object]]]:
    """What the audit log says was done to an invitation: act, by whom, facts."""
    rows = select(AuditEntry.act, AuditEntry.by_id, AuditEntry.facts).where(AuditEntry.subject_id == subject_id)
    return [(act, by, facts) for act, by, facts in db.session.execute(rows.order_by(AuditEntry.at, AuditEntry.id))]
