"""Questions about cases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from eventapp.cases.models import Case, Document, DocumentVersion
from eventapp.db import db
from eventapp.errors import NotFoundError


def case_by_id(case_id: str) -> Case:
    """
    :raises NotFoundError: when there is no such case.
    """
    return _found(db.session.get(Case, case_id))


def case_by_slug(slug: str) -> Case:
    """
    :raises NotFoundError: when there is no such case.
    """
    return _found(db.session.scalar(select(Case).where(Case.slug == slug)))


def published_case(slug: str) -> Case:
    """A case that everybody may read.

    :raises NotFoundError: when there is none, and as well while it is a draft.
    """
    return _found(db.session.scalar(select(Case).where(Case.slug == slug, Case.published_at.is_not(None))))


def cases() -> Sequence[Case]:
    """All cases, the newest first."""
    return db.session.scalars(select(Case).order_by(Case.created_at.desc(), Case.id)).all()


def published_cases() -> Sequence[Case]:
    """Cases that everybody may read, the newest first."""
    published = select(Case).where(Case.published_at.is_not(None))
    return db.session.scalars(published.order_by(Case.published_at.desc(), Case.id)).all()


def document(case_id: str, document_id: str) -> Document:
    """
    :raises NotFoundError: when the case has no such document.
    """
    found = db.session.get(Document, document_id)
    if found is None or found.case_id != case_id:
        raise NotFoundError
    return found


def version_of(case: Case, version_id: str) -> DocumentVersion:
    """One version of a document of the case.

    :raises NotFoundError: when the case has no such version.
    """
    version = db.session.get(DocumentVersion, version_id)
    if version is None or version.document.case_id != case.id:
        raise NotFoundError
    return version


def _found(case: Case | None) -> Case:
    if case is None:
        raise NotFoundError
    return case
