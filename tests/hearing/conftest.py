"""A hearing that was sent out, as most tests of the slice begin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from eventapp import blobs
from eventapp.cases.models import Case, CaseContact, Document, DocumentKind, DocumentVersion
from eventapp.db import db
from eventapp.hearing.calling import actions
from eventapp.hearing.models import Hearing
from eventapp.languages import Wording
from tests.support.factories import make_case

SENT_AT = datetime.fromisoformat("2024-05-15T09:00:00+02:00")
DEADLINE_AT = datetime.fromisoformat("2024-06-14T12:00:00+02:00")
MEMO = b"%PDF-1.4 memo %%EOF"


def make_hearing(case: Case | None = None, *, sent: bool = True, slug: str = "havneparken") -> Hearing:
    """A hearing with one document, a contact and two parties, committed."""
    case = case or make_case()
    case.contacts.append(CaseContact(position=1, function=Wording("Sagsbehandler"), email="sag@example.org"))
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
        Document(position=1, kind=DocumentKind.MEMO, title=Wording("Notat"), is_public=True, versions=[version])
    )
    title = Wording({"da": "Høring om havneparken", "en": "Hearing"})
    plan = actions.Plan(slug, title, Wording("Hvad mener I?"), SENT_AT, DEADLINE_AT)
    hearing = actions.open_hearing(case, plan, by=None, now=SENT_AT - timedelta(days=2))
    actions.add_material(hearing, version, by=None)
    for name in ("Havnens Venner", "Ældrerådet"):
        actions.add_party(hearing, name, f"post@{len(name)}.example.org", by=None)
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
