"""What is done to a case. Whatever the record must hold becomes an entry of it in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from eventapp import audit, blobs, record
from eventapp.blobs import NamedFile
from eventapp.cases import entries, queries, rules
from eventapp.cases.errors import AlreadyPublishedError
from eventapp.cases.models import (
    USUAL_STAGES,
    Case,
    DecisionStep,
    Document,
    DocumentKind,
    DocumentVersion,
    GovernmentLetter,
    LetterKind,
    PlannedStage,
    Stage,
)
from eventapp.config import settings
from eventapp.db import db
from eventapp.languages import NO_WORDS, Wording
from eventapp.web.ordered import next_position

By = audit.Actor | None


@dataclass(frozen=True)
class CaseFacts:
    """What is known of a case when it is opened. ``origin_on``: the day the council adopted the motion."""

    number: str
    title: Wording
    summary: Wording = NO_WORDS
    origin: Wording = NO_WORDS
    origin_body: str = ""
    origin_on: date | None = None


@dataclass(frozen=True)
class DocumentFacts:
    """What a document is, and whether everybody may read it."""

    title: Wording
    kind: DocumentKind
    is_public: bool = False


@dataclass(frozen=True)
class LetterFacts:
    """A letter to the government or its reply, as somebody enters it."""

    dated_on: date
    summary: Wording
    document_id: str | None = None


def open_case(facts: CaseFacts, *, by: By, now: datetime, slug: str = "") -> Case:
    """Open a case as a draft, with a record of its own and the usual thread planned without dates."""
    case = Case(slug=queries.free_slug(slug or rules.slug_of(facts.title.official)), created_at=now, **asdict(facts))
    case.planned_stages = [PlannedStage(stage=stage) for stage in USUAL_STAGES]
    db.session.add(case)
    db.session.flush()  # the record's log bears the id of the case
    record.open_log(db.session.connection(), case.id, f"{settings().authority_id}/case/{case.slug}", now)
    _record(case, entries.CASE, {"act": "opened", **_told(facts)}, case.id, now)
    audit.record(by, "cases.opened", case.id)
    return case


def change_facts(case: Case, facts: CaseFacts, *, by: By, now: datetime) -> None:
    """Correct what the case says of itself; its address stays. The record keeps both wordings."""
    changed = {name: value for name, value in asdict(facts).items() if getattr(case, name) != value}
    for name, value in changed.items():
        setattr(case, name, value)
    if changed:
        _record(case, entries.CASE, {"act": "changed", **_told(facts)}, case.id, now)
        audit.record(by, "cases.changed", case.id, fields=sorted(changed))


def publish(case: Case, *, by: By, now: datetime) -> None:
    """Let everybody read the thread.

    :raises AlreadyPublishedError: when they can already.
    """
    if case.published_at:
        raise AlreadyPublishedError
    case.published_at = now
    _record(case, entries.PUBLISH, {"act": "published", "what": "case", "number": case.number}, case.id, now)
    audit.record(by, "cases.published", case.id)


# --- documents -----------------------------------------------------------------------------------------------


def add_document(case: Case, facts: DocumentFacts, upload: NamedFile, *, by: By, now: datetime) -> Document:
    """Put a document into the case, with its first version."""
    document = Document(case_id=case.id, position=next_position(case.documents), **asdict(facts))
    case.documents.append(document)
    db.session.flush()  # versions, the record and the audit line name the new id
    add_version(document, upload, by=by, now=now)
    return document


def add_version(document: Document, upload: NamedFile, *, by: By, now: datetime) -> DocumentVersion:
    """Add a version; earlier ones stay. From now on this one is in force."""
    conn = db.session.connection()
    blobs.insert(conn, upload.stored, upload.media_type)
    version = DocumentVersion(
        number=len(document.versions) + 1,
        sha256=upload.stored.sha256,
        size=upload.stored.size,
        file_name=upload.file_name,
        media_type=upload.media_type,
        title=document.title.official,
        kind=document.kind,
        uploaded_at=now,
        uploaded_by_id=by.id if by else None,
    )
    document.versions.insert(0, version)
    db.session.flush()  # the record and the audit line name the new id
    told = {
        "title": document.title.official,
        "kind": document.kind,
        "version": version.number,
        "file_name": upload.file_name,
    }
    file = record.Attachment(upload.stored.sha256, upload.stored.size, upload.media_type)
    record.append(
        conn,
        log_id=document.case_id,
        kind=entries.DOCUMENT,
        parts=told,
        attachments=[file],
        ref=document.id,
        received_at=now,
        at=now,
        then=record.note_number(DocumentVersion, version.id),
    )
    audit.record(by, "cases.version_added", document.id, version=version.number, size=version.size)
    return version


def describe_document(document: Document, facts: DocumentFacts, *, by: By) -> None:
    """Change what a document is called, what it is, and who may read it."""
    was_public = document.is_public
    document.title, document.kind, document.is_public = facts.title, facts.kind, facts.is_public
    audit.record(by, "cases.document_changed", document.id, public=facts.is_public, was_public=was_public)


# --- the way to the decision ---------------------------------------------------------------------------------


def note_decision(step: DecisionStep, *, by: By, now: datetime) -> None:
    """Enter into the record what was decided at a meeting, each wording of it; nothing while there was no text yet."""
    if not step.decision and step.decided_at is None:
        return
    step.decided_at = step.decided_at or now
    told = {
        "body": step.body.official,
        "meeting_on": _day(step.meeting_on),
        "item": step.item,
        "decision": step.decision.official,
        "link": step.link,
    }
    case = queries.case_by_id(step.case_id)
    _record(case, entries.DECISION, told, step.id, now)
    audit.record(by, "cases.decision_noted", step.id)


def save_letter(case: Case, kind: LetterKind, letter: LetterFacts, *, by: By, now: datetime) -> GovernmentLetter:
    """Enter the letter to the government or its reply, or correct it; each wording is in the record."""
    found = next((one for one in case.government_letters if one.kind is kind), None)
    if found is None:
        found = GovernmentLetter(kind=kind, recorded_at=now)
        case.government_letters.append(found)
    for name, value in vars(letter).items():
        setattr(found, name, value)
    db.session.flush()
    told = {"letter": kind, "dated_on": _day(letter.dated_on), "summary": letter.summary.official}
    _record(case, entries.DOCUMENT, told, found.id, now)
    audit.record(by, "cases.letter_saved", found.id, kind=kind)
    return found


def plan(case: Case, days: Mapping[Stage, date | None], *, by: By) -> None:
    """Say which parts the thread is going to have, and when.

    :param days: the parts that are going to be; ``None`` while nobody knows the day.
    """
    known = {one.stage: one for one in case.planned_stages}
    for stage in Stage:
        if stage not in days and stage in known:
            case.planned_stages.remove(known[stage])
            db.session.delete(known[stage])
        elif stage in days and stage in known:
            known[stage].planned_on = days[stage]
        elif stage in days:
            case.planned_stages.append(PlannedStage(stage=stage, planned_on=days[stage]))
    audit.record(by, "cases.planned", case.id, stages=len(days))


def _record(case: Case, kind: record.Kind, told: Mapping[str, Any], ref: str, now: datetime) -> None:
    conn = db.session.connection()
    record.append(conn, log_id=case.id, kind=kind, parts=told, ref=ref, received_at=now, at=now)


def _told(facts: CaseFacts) -> dict[str, Any]:
    """The facts as the record keeps them: the Danish wording, which is the one in force."""
    return {
        "number": facts.number,
        "title": facts.title.official,
        "summary": facts.summary.official,
        "origin": facts.origin.official,
        "origin_body": facts.origin_body,
        "origin_on": _day(facts.origin_on),
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
