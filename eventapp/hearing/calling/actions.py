"""Calling parties to be heard: the hearing, its list, its letters, its deadline.

Taking in answers is in :mod:`eventapp.hearing.answering.actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from eventapp import audit, record
from eventapp.cases.models import Case, DocumentVersion
from eventapp.db import db, new_id
from eventapp.hearing import entries, queries, rules
from eventapp.hearing.calling import messages
from eventapp.hearing.errors import (
    AlreadySentError,
    BecomesPublicError,
    ClosedError,
    DeadlinePassedError,
    InThePastError,
    MaterialSentError,
    NotLaterError,
    NotReadyError,
    NotSentError,
)
from eventapp.hearing.models import DeadlineChange, Hearing, Material, Notice, Party
from eventapp.hearing.rules import Road
from eventapp.languages import Wording
from eventapp.mail import outbox
from eventapp.telling import actions as telling
from eventapp.telling.models import Fact, Subject
from eventapp.tokens import derived_token, token_hash
from eventapp.web.urls import external_url

NOTICE, EXTENSION, CORRECTION = "notice", "extension", "correction"


@dataclass(frozen=True)
class Plan:
    """What a hearing is to be."""

    slug: str
    title: Wording
    question: Wording
    starts_at: datetime
    deadline_at: datetime


def open_hearing(case: Case, plan: Plan, *, by: audit.Actor | None, now: datetime) -> Hearing:
    """Begin a hearing as a draft; nobody is told yet."""
    hearing = Hearing(case_id=case.id, created_at=now, **vars(plan))
    db.session.add(hearing)
    db.session.flush()  # the audit line names the new id
    audit.record(by, "hearing.opened", hearing.id)
    return hearing


def add_material(
    hearing: Hearing, version: DocumentVersion, *, by: audit.Actor | None, now: datetime, may_publish: bool = False
) -> Material:
    """Attach a document, in the version it has today, as the next annex.

    :param may_publish: whoever adds a document for staff only knows that everybody can read it then.
    :raises BecomesPublicError: without that.
    :raises MaterialSentError: once a party was told: all are heard about the same papers, which the record names.
    """
    lock(hearing)
    rules.check(Road.ADD_MATERIAL, hearing, now, MaterialSentError)
    if not version.document.is_public and not may_publish:
        raise BecomesPublicError
    material = Material(hearing_id=hearing.id, version_id=version.id, annex=len(hearing.material) + 1)
    hearing.material.append(material)
    audit.record(by, "hearing.material_added", hearing.id, version=version.id)
    return material


def add_party(hearing: Hearing, name: str, email: str, *, by: audit.Actor | None, now: datetime) -> Party:
    """Put somebody on the list of those heard, with an answer link of their own.

    :raises ClosedError: after the hearing was closed.
    """
    rules.check(Road.ADD_PARTY, hearing, now, ClosedError)
    party_id = new_id()
    link_hash = token_hash(party_token(party_id))
    party = Party(id=party_id, hearing_id=hearing.id, name=name, email=email, link_hash=link_hash)
    db.session.add(party)
    audit.record(by, "hearing.party_added", hearing.id, party=party_id)
    return party


def party_token(party_id: str) -> str:
    """The token of a party's own answer link."""
    return derived_token("party", party_id)


def send_notices(hearing: Hearing, *, by: audit.Actor | None, now: datetime) -> list[Notice]:
    """Send the hearing, with its material, to every party that was not sent it yet. The first sending publishes it.

    :raises ClosedError: after the hearing was closed. :raises DeadlinePassedError: after the deadline.
    :raises NotReadyError: without a party or without material.
    :raises AlreadySentError: when everybody was sent it.
    """
    lock(hearing)
    rules.check(Road.SEND, hearing, now, DeadlinePassedError)
    if rules.is_late(now, hearing.deadline_at):  # of a draft that lay too long
        raise DeadlinePassedError
    parties = queries.parties(hearing.id)
    if not parties or not hearing.material:
        raise NotReadyError
    due = [one for one in parties if not one.notices]
    if not due:
        raise AlreadySentError
    if hearing.published_at is None:
        hearing.published_at = now
        _record_opening(hearing, now)
    return [_notify(hearing, party, NOTICE, by=by, now=now) for party in due]


def extend_deadline(
    hearing: Hearing,
    new_at: datetime,
    reason: str,
    *,
    by: audit.Actor,
    now: datetime,
    quiet: timedelta = timedelta(),
) -> DeadlineChange:
    """Move the deadline to a later moment, and tell every party that was told of the earlier one.

    A party's notice is an entry of the record and leaves at once; those who answered are told by a job.

    :param quiet: how long to wait with that for further changes.

    :raises NotLaterError: when it is not later. :raises InThePastError: when it has passed already.
    :raises ClosedError: after the hearing was closed.
    """
    lock(hearing)
    rules.check(Road.EXTEND, hearing, now, ClosedError)
    if new_at <= hearing.deadline_at:
        raise NotLaterError
    if new_at <= now:
        raise InThePastError
    new_at = new_at.astimezone(UTC)  # the record commits to the moment as it is read from the database again
    told = _told_before(hearing)
    change = DeadlineChange(
        hearing_id=hearing.id,
        old_at=hearing.deadline_at,
        new_at=new_at,
        reason=Wording(reason),
        told=len(told),
        by_id=by.id,
        at=now,
    )
    hearing.deadline_changes.append(change)
    hearing.deadline_at = new_at
    parts = {"old": change.old_at.isoformat(), "new": new_at.isoformat(), "reason": reason, "told": len(told)}
    db.session.flush()  # the change has an id from here on
    _record(hearing, entries.EXTEND, parts, hearing.id, now, record.note_number(DeadlineChange, change.id))
    for party in told:
        _notify(hearing, party, EXTENSION, by=by, now=now)
    facts = [Fact.DEADLINE]
    telling.tell(_conn(), Subject.HEARING, hearing.id, facts, reason=reason, by=by, now=now, quiet=quiet)
    audit.record(by, "hearing.deadline_extended", hearing.id, told=len(told))
    return change


def close(hearing: Hearing, *, by: audit.Actor, now: datetime) -> None:
    """End the hearing. Whatever still comes in is taken in and marked, as before.

    :raises ClosedError: when it was closed before. :raises NotSentError: while it is a draft.
    """
    lock(hearing)
    rules.check(Road.CLOSE, hearing, now, NotSentError)
    hearing.closed_at = now
    counts = queries.counts(hearing)
    told = {name: getattr(counts, name) for name in entries.CLOSE.parts}
    _record(hearing, entries.CLOSE, told, hearing.id, now)
    audit.record(by, "hearing.closed", hearing.id, answers=counts.answers)


def lock(hearing: Hearing) -> None:
    """Wait for whoever else acts on the hearing, and see what it became."""
    db.session.refresh(hearing, with_for_update={"key_share": True})


def announce_correction(hearing: Hearing, reason: str, *, by: audit.Actor, now: datetime) -> int:
    """Enter into the record what is asked now, and tell every party that was told before; how many they are."""
    _record_opening(hearing, now)
    told = _told_before(hearing)
    for party in told:
        _notify(hearing, party, CORRECTION, by=by, now=now, reason=reason)
    return len(told)


def send_notice_again(party: Party, *, by: audit.Actor, now: datetime) -> Notice:
    """The hearing once more to one party, as it stands now."""
    return _notify(party.hearing, party, NOTICE, by=by, now=now)


def record_name(party: Party, now: datetime) -> None:
    """Enter into the record what a party is called from now on."""
    _record(party.hearing, entries.PARTY, {"party": party.name}, party.id, now)


def _told_before(hearing: Hearing) -> list[Party]:
    """Who was sent the hearing; without an address: erased since."""
    return [one for one in queries.parties(hearing.id) if one.notices and one.email]


def _notify(
    hearing: Hearing, party: Party, subject: str, *, by: audit.Actor | None, now: datetime, reason: str = ""
) -> Notice:
    """:param reason: of a correction; an extension has its own."""
    notice_id = new_id()
    known = [one for one in party.notices if (one.subject, one.deadline_at) == (subject, hearing.deadline_at)]
    again = [str(len(known) + 1)] if known else []
    mail_id = outbox.queue(
        _conn(),
        message=f"hearing/{subject}",
        to=party.email,
        subject_id=notice_id,
        context=messages.notice(hearing, party, reason),
        secrets={"link": external_url("hearing.party_form", slug=hearing.slug, token=party_token(party.id))},
        attachments=[_annex(hearing, one) for one in hearing.material],
        dedupe=":".join((subject, party.id, hearing.deadline_at.isoformat(), *again)),
    )
    notice = Notice(
        id=notice_id,
        party_id=party.id,
        subject=subject,
        addressee=party.name,
        deadline_at=hearing.deadline_at,
        mail_id=mail_id,
        sent_at=now,
        sent_by_id=by.id if by else None,
    )
    db.session.add(notice)
    told = {"party": party.name, "subject": subject, "deadline": hearing.deadline_at.isoformat()}
    _record(hearing, entries.NOTICE, told, notice_id, now)
    audit.record(by, "hearing.notice_sent", notice_id, subject=subject)
    return notice


def _annex(hearing: Hearing, material: Material) -> dict[str, str]:
    """A file of the notice, and where everybody can fetch the same: the sending has published it."""
    version = material.version
    return {
        "name": f"Bilag {material.annex} - {version.file_name}",
        "media_type": version.media_type,
        "sha256": version.sha256,
        "url": external_url("hearing.material", slug=hearing.slug, annex=material.annex),
    }


def _record_opening(hearing: Hearing, now: datetime) -> None:
    parts = {
        "title": hearing.title.official,
        "question": hearing.question.official,
        "starts_at": hearing.starts_at.astimezone(UTC).isoformat(),
        "deadline": hearing.deadline_at.isoformat(),
        "material": [one.version.sha256 for one in hearing.material],
    }
    _record(hearing, entries.DEADLINE, parts, hearing.id, now)


def _record(
    hearing: Hearing,
    kind: record.Kind,
    parts: Mapping[str, object],
    ref: str,
    now: datetime,
    then: record.Then | None = None,
) -> None:
    case_id = hearing.case_id
    record.append(_conn(), log_id=case_id, kind=kind, parts=parts, ref=ref, received_at=now, at=now, then=then)


def _conn() -> Connection:
    return db.session.connection()
