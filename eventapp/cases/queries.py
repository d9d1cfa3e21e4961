"""Questions about cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select, true

from eventapp.cases.models import Case, Document, DocumentVersion
from eventapp.cases.rules import first_free
from eventapp.db import db, reading
from eventapp.errors import NotFoundError, existing
from eventapp.languages import Wording, in_language_of
from eventapp.record.models import RecordEntry
from eventapp.web.permissions import Reach, Scope
from eventapp.web.registry import ScopeChoice


def case_by_id(case_id: str) -> Case:
    """
    :raises NotFoundError: when there is no such case.
    """
    return existing(db.session.get(Case, case_id))


def case_by_slug(slug: str) -> Case:
    """
    :raises NotFoundError: when there is no such case.
    """
    return existing(db.session.scalar(select(Case).where(Case.slug == slug)))


def published_case(slug: str) -> Case:
    """A case that everybody may read.

    :raises NotFoundError: when there is none, and as well while it is a draft.
    """
    return existing(db.session.scalar(select(Case).where(Case.slug == slug, Case.published_at.is_not(None))))


def cases(reach: Reach) -> Sequence[Case]:
    """The cases within reach, the newest first."""
    return db.session.scalars(select(Case).where(within(reach)).order_by(Case.created_at.desc(), Case.id)).all()


def within(reach: Reach) -> ColumnElement[bool]:
    """Which cases a role reaches; one that is held for an event does not open its case."""
    return true() if reach.everything else Case.id.in_(reach.case_ids)


def case_scope(ids: Select[str]) -> Scope:
    """What a thing of a case belongs to.

    :param ids: selects the id of its case; nothing, where there is no such thing.
    """
    with reading() as conn:
        return Scope(conn.scalar(ids))


def document_scope(document_id: str) -> Scope:
    return case_scope(select(Document.case_id).where(Document.id == document_id))


def version_scope(version_id: str) -> Scope:
    ids = select(Document.case_id).join(DocumentVersion, DocumentVersion.document_id == Document.id)
    return case_scope(ids.where(DocumentVersion.id == version_id))


def scope_choices() -> list[ScopeChoice]:
    """The cases that a role can be given for."""
    found = db.session.scalars(select(Case).order_by(Case.created_at.desc(), Case.id))
    return [ScopeChoice(f"case:{one.id}", _choice(one)) for one in found]


def _choice(case: Case) -> Wording:
    return in_language_of(case.title, lambda: _("Case: %(title)s", title=case.title))


def published_cases() -> Sequence[Case]:
    """Cases that everybody may read, the newest first."""
    published = select(Case).where(Case.published_at.is_not(None))
    return db.session.scalars(published.order_by(Case.published_at.desc(), Case.id)).all()


def number_taken(number: str, own_id: str | None = None) -> bool:
    """Whether another case has this number."""
    return db.session.scalar(select(Case.id).where(Case.number == number, Case.id != (own_id or ""))) is not None


def free_slug(wish: str) -> str:
    """The wish, or the wish with the first number behind it that no case has."""
    taken = set(db.session.scalars(select(Case.slug).where(Case.slug.startswith(wish)).order_by(Case.slug)))
    return first_free(wish, taken)


def record_numbers(case_id: str, refs: Collection[str]) -> dict[str, list[int]]:
    """Which entries of the record speak of these rows: ref -> numbers of the entries, in order."""
    found: dict[str, list[int]] = {}
    listed = select(RecordEntry.ref, RecordEntry.seq).where(RecordEntry.log_id == case_id, RecordEntry.ref.in_(refs))
    for ref, seq in db.session.execute(listed.order_by(RecordEntry.seq)):
        found.setdefault(ref or "", []).append(seq)
    return found


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
