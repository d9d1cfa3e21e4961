"""Putting a hearing right: its words, its parties, a letter once more. Each with who, when and why (ADR 0066)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from eventapp import audit
from eventapp.corrections import actions as corrections
from eventapp.db import db
from eventapp.hearing import queries, rules
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions
from eventapp.hearing.calling.actions import Plan
from eventapp.hearing.errors import (
    AlreadySentError,
    ClosedError,
    DeadlinePassedError,
    HeardAlreadyError,
    MaterialSentError,
    NotSentError,
    SamePartyError,
)
from eventapp.hearing.models import Hearing, Material, Notice, Party
from eventapp.hearing.rules import Road
from eventapp.languages import Wording
from eventapp.web.ordered import assign


@dataclass(frozen=True)
class Texts:
    """What a hearing is called and asks, in each language."""

    title: Wording
    question: Wording


def change_draft(hearing: Hearing, plan: Plan, *, by: audit.Actor, now: datetime) -> None:
    """Write anew what nobody was told yet; its address stays.

    :raises AlreadySentError: once a party was. :raises ClosedError: after the hearing was closed.
    """
    actions.lock(hearing)
    rules.check(Road.REWRITE, hearing, now, AlreadySentError)
    facts = {name: value for name, value in vars(plan).items() if name != "slug"}
    if changed := assign(hearing, facts):
        audit.record(by, "hearing.draft_changed", hearing.id, fields=sorted(changed))


def correct_texts(hearing: Hearing, texts: Texts, reason: str, *, by: audit.Actor, now: datetime) -> int:
    """Correct title and question of a hearing that was sent, in the record too, and tell every party that has it.

    :returns: how many are told.
    :raises NotSentError: while it is a draft. :raises ClosedError: after it was closed.
    """
    actions.lock(hearing)
    rules.check(Road.CORRECT, hearing, now, NotSentError)
    changed = assign(hearing, vars(texts))
    if not changed:
        return 0
    corrections.note(
        hearing.id, "hearing.corrected", reason=reason, by=by, now=now, fields=changed, log_id=hearing.case_id
    )
    return actions.announce_correction(hearing, reason, by=by, now=now)


def remove_material(hearing: Hearing, material: Material, *, by: audit.Actor, now: datetime) -> None:
    """Take a document off a draft; the annexes behind it move up.

    :raises MaterialSentError: once a party was told. :raises ClosedError: after the hearing was closed.
    """
    actions.lock(hearing)
    rules.check(Road.ADD_MATERIAL, hearing, now, MaterialSentError)
    hearing.material.remove(material)
    db.session.delete(material)
    db.session.flush()  # the others may only move up once its number is free
    for number, one in enumerate(hearing.material, 1):
        one.annex = number
        db.session.flush()
    audit.record(by, "hearing.material_removed", hearing.id, version=material.version_id)


def correct_party(party: Party, name: str, email: str, reason: str, *, by: audit.Actor, now: datetime) -> None:
    """Correct name or address of a party. Letters keep the name with which they were sent.

    :raises ClosedError: after the hearing was closed.
    """
    rules.check(Road.CORRECT_PARTY, party.hearing, now, ClosedError)
    changed = assign(party, {"name": name, "email": email})
    if "name" in changed and party.hearing.published_at:
        actions.record_name(party, now)
    if changed:
        _note(party.hearing, party.id, "hearing.party_corrected", reason, by=by, now=now, fields=changed)


def remove_party(party: Party, reason: str, *, by: audit.Actor, now: datetime) -> None:
    """Take a party off the list that was never written to and never answered.

    :raises HeardAlreadyError: for any other. :raises ClosedError: after the hearing was closed.
    """
    hearing = party.hearing
    actions.lock(hearing)  # the letters may be leaving at this moment
    rules.check(Road.CORRECT_PARTY, hearing, now, ClosedError)
    db.session.expire(party)
    if party.notices or party.answers:
        raise HeardAlreadyError
    db.session.execute(update(Party).where(Party.merged_into_id == party.id).values(merged_into_id=None))
    db.session.delete(party)
    _note(hearing, hearing.id, "hearing.party_removed", reason, by=by, now=now)


def merge_parties(kept: Party, other: Party, reason: str, *, by: audit.Actor, now: datetime) -> None:
    """Put two rows of one party together: letters and answers of the other become those of the kept one.

    The other row stays for its answer link alone, which was sent and leads to the kept one from now on.

    :raises SamePartyError: for a row and itself. :raises ClosedError: after the hearing was closed.
    """
    hearing = kept.hearing
    if kept.id == other.id:
        raise SamePartyError
    actions.lock(hearing)
    rules.check(Road.CORRECT_PARTY, hearing, now, ClosedError)
    for answer in list(other.answers):
        answering.link_answer(answer, kept, by=by, now=now)
    db.session.execute(update(Notice).where(Notice.party_id == other.id).values(party_id=kept.id))
    earlier = update(Party).where(Party.merged_into_id == other.id)
    db.session.execute(earlier.values(merged_into_id=kept.id))
    other.name, other.email, other.merged_into_id = "", "", kept.id
    if hearing.published_at:
        actions.record_name(kept, now)
    _note(hearing, kept.id, "hearing.parties_merged", reason, by=by, now=now)
    db.session.expire_all()


def send_again(party: Party, number: int, *, by: audit.Actor, now: datetime) -> Notice:
    """Send a party the hearing once more, to the address that it has now.

    :param number: of the letter that is meant; one that was sent already is not sent again (ADR 0055).
    :raises NotSentError: to a party that was never sent it. :raises DeadlinePassedError: after the deadline.
    :raises ClosedError: after the hearing was closed.
    """
    hearing = party.hearing
    actions.lock(hearing)
    rules.check(Road.SEND, hearing, now, DeadlinePassedError)
    sent = queries.notices(party.id)
    if not sent or not party.email:
        raise NotSentError
    return sent[number - 1] if number <= len(sent) else actions.send_notice_again(party, by=by, now=now)


def _note(
    hearing: Hearing,
    subject_id: str,
    act: str,
    reason: str,
    *,
    by: audit.Actor,
    now: datetime,
    fields: Iterable[str] = (),
) -> None:
    """Entered into the record from the moment on at which the hearing stands there."""
    log_id = hearing.case_id if hearing.published_at else None
    corrections.note(subject_id, act, reason=reason, by=by, now=now, fields=fields, log_id=log_id)
