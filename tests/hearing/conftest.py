"""A hearing that was sent out, as most tests of the slice begin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import blobs, record
from eventapp.audit import AuditEntry
from eventapp.cases.models import Case, CaseContact, Document, DocumentKind, DocumentVersion
from eventapp.db import db, end_reading, reading
from eventapp.hearing.calling import actions
from eventapp.hearing.models import Hearing
from eventapp.languages import Wording
from eventapp.mail.models import OutboxMail
from eventapp.record import store
from eventapp.record.contents import values
from tests.support.factories import make_case

SENT_AT = datetime.fromisoformat("2024-05-15T09:00:00+02:00")
DEADLINE_AT = datetime.fromisoformat("2024-06-14T12:00:00+02:00")
MEMO = b"%PDF-1.4 memo %%EOF"


def make_hearing(
    case: Case | None = None, *, sent: bool = True, slug: str = "havneparken", deadline_at: datetime = DEADLINE_AT
) -> Hearing:
    """A hearing with one document, a contact and two parties, committed."""
    case = case or make_case()
    place = len(case.documents) + 1
    case.contacts.append(CaseContact(position=place, function=Wording("Sagsbehandler"), email="sag@example.org"))
    stored = blobs.put(MEMO)
    version = DocumentVersion(
        number=1,
        sha256=stored.sha256,
        file_name="notat.pdf",
        media_type="application/pdf",
        size=stored.size,
        title="Notat",
        kind=DocumentKind.MEMO,
        uploaded_at=SENT_AT - timedelta(days=3),
    )
    blobs.insert(db.session.connection(), stored, "application/pdf")
    case.documents.append(
        Document(position=place, kind=DocumentKind.MEMO, title=Wording("Notat"), is_public=True, versions=[version])
    )
    title = Wording({"da": "Høring om havneparken", "en": "Hearing"})
    plan = actions.Plan(slug, title, Wording("Hvad mener I?"), SENT_AT, deadline_at)
    hearing = actions.open_hearing(case, plan, by=None, now=SENT_AT - timedelta(days=2))
    actions.add_material(hearing, version, by=None, now=SENT_AT)
    for name in ("Havnens Venner", "Ældrerådet"):
        actions.add_party(hearing, name, f"post@{len(name)}.example.org", by=None, now=SENT_AT)
    db.session.flush()
    if sent:
        actions.send_notices(hearing, by=None, now=SENT_AT)
    db.session.commit()
    return hearing


@pytest.fixture(name="hearing")
def sent_hearing(app: Flask) -> Iterator[Hearing]:
    """Inside an application context."""
    with app.app_context():
        yield make_hearing()


@pytest.fixture(name="draft")
def hearing_not_sent(app: Flask) -> Iterator[Hearing]:
    """A hearing that nobody was told of, inside an application context."""
    with app.app_context():
        yield make_hearing(sent=False)


def audited(subject_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What the audit log says was done to something: acts with their facts, in order."""
    rows = select(AuditEntry.act, AuditEntry.facts).where(AuditEntry.subject_id == subject_id)
    return [(act, facts) for act, facts in db.session.execute(rows.order_by(AuditEntry.at, AuditEntry.id))]


def recorded(case_id: str, kind: record.Kind) -> list[dict[str, Any]]:
    """What the record holds of a kind: the contents of each entry."""
    end_reading()
    with reading() as conn:
        size = store.log(conn, case_id).size
        return [values(conn, one) for one in store.entries(conn, case_id, 0, size) if one.kind == kind.name]


def mails(message: str) -> list[OutboxMail]:
    """The mails of the outbox of one kind, by address."""
    wanted = (
        select(OutboxMail).where(OutboxMail.message == message).order_by(OutboxMail.to_address, OutboxMail.queued_at)
    )
    return list(db.session.scalars(wanted))


@pytest.fixture
def app_case(app: Flask) -> Iterator[Case]:
    """A case without a hearing, inside an application context."""
    with app.app_context():
        case = make_case()
        db.session.commit()
        yield case
