"""Taking in an answer: stored for good before anything else happens (design decision 8).

One transaction holds the answer, its attachments, its entry in the record, the receipt mail and the audit line.
Files are on the disk before it begins, commitments are made before it begins, and nothing is drawn inside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from eventapp import audit, blobs, clock, record
from eventapp.blobs import NamedFile
from eventapp.db import Sql, as_moment, db, end_reading, new_id, write
from eventapp.errors import existing
from eventapp.filling import actions as kept_files
from eventapp.hearing.answering import messages
from eventapp.hearing.entries import ANSWER, LINK
from eventapp.hearing.errors import OtherContentError, SentBeforeError
from eventapp.hearing.models import Answer, Channel, Party, SenderKind
from eventapp.hearing.rules import content, ends_at, is_late, place, receipt_number
from eventapp.languages import OFFICIAL
from eventapp.mail import outbox
from eventapp.tokens import derived_token, token_hash
from eventapp.web.urls import external_url

EARLIER = Sql(  # the same form, or the same words from the same address
    "SELECT id, content_hash, submission_key FROM answer WHERE submission_key = :key"
    " OR (content_hash = :content_hash AND email = :email AND email <> '' AND received_at > :since)"
    " ORDER BY received_at LIMIT 2"
)
NUMBER = Sql(
    "UPDATE hearing SET answers_issued = answers_issued + 1 WHERE id = :id AND published_at IS NOT NULL"
    " RETURNING answers_issued, starts_at, deadline_at, closed_at, case_id, title,"
    ' (SELECT number FROM "case" WHERE "case".id = hearing.case_id) AS case_number'
)
SERIES = Sql(
    "INSERT INTO receipt_series (year, issued) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET issued = receipt_series.issued + 1 RETURNING issued"
)
INSERT = Sql(
    "INSERT INTO answer (id, hearing_id, number, receipt_number, receipt_hash, submission_key, content_hash, party_id,"
    " sender_kind, on_behalf_of, name, email, text, channel, is_late, entry_seq, lang, begun_at, received_at,"
    " deadline_at, registered_by_id)"
    " VALUES (:id, :hearing_id, :number, :receipt_number, :receipt_hash, :submission_key, :content_hash, :party_id,"
    " :sender_kind, :on_behalf_of, :name, :email, :text, :channel, :is_late, :entry_seq, :lang, :begun_at,"
    " :received_at, :deadline_at, :registered_by_id)"
)
INSERT_ATTACHMENT = Sql(
    "INSERT INTO answer_attachment (id, answer_id, position, file_name, sha256, size, media_type)"
    " VALUES (:id, :answer_id, :position, :file_name, :sha256, :size, :media_type)"
)
PROOF_TYPE = "text/plain; charset=utf-8"  # of a receipt as a file: the dash of a signature line is not ASCII


@dataclass(frozen=True)
class SentAnswer:
    """An answer as it was sent. ``received_at``: when the server had read the whole of it.

    ``files_key`` and ``files_address`` name the form whose kept files these are (:mod:`eventapp.filling`).
    ``same_since``: an answer of the same content and address from after this moment is this one, sent once more;
    without it only the submission key tells.
    """

    hearing_id: str
    submission_key: str
    name: str
    email: str
    text: str
    sender_kind: SenderKind
    received_at: datetime
    on_behalf_of: str = ""
    party_id: str | None = None
    begun_at: datetime | None = None
    lang: str = OFFICIAL
    channel: Channel = Channel.PORTAL
    uploads: Sequence[NamedFile] = field(default_factory=tuple)
    files_key: str = ""
    files_address: str = ""
    same_since: datetime | None = None

    def parts(self) -> dict[str, Any]:
        """What the record commits to, field by field."""
        return content(self, [(one.file_name, one.stored.sha256) for one in self.uploads])

    def content_hash(self) -> str:
        """The same for the same answer sent again, at whatever moment, and for no other."""
        told = {name: value for name, value in self.parts().items() if name != "received_at"}
        written = json.dumps([self.hearing_id, told], sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()


def receipt_token(answer_id: str) -> str:
    """The token in the address of the receipt."""
    return derived_token("answer", answer_id)


def receive(sent: SentAnswer, by: audit.Actor | None = None) -> str:
    """Store an answer and return the token of its receipt. The same answer sent again gives the same receipt.

    :raises OtherContentError: when the submission key was used for another answer.
    :raises SentBeforeError: when another form has brought the same answer since ``same_since``.
    :raises NotFoundError: when the hearing was never sent out.
    """
    attachments = [record.Attachment(one.stored.sha256, one.stored.size, one.media_type) for one in sent.uploads]
    sealed, content_hash, answer_id = record.seal(sent.parts(), attachments), sent.content_hash(), new_id()

    def job(conn: Connection) -> str:
        hearing = existing(NUMBER(conn, id=sent.hearing_id).one_or_none())
        # Behind the lock of the hearing's row, so that of two tabs at one moment the second sees the first.
        earlier = EARLIER(
            conn,
            key=sent.submission_key,
            content_hash=content_hash,
            email=sent.email,
            since=sent.same_since,  # nothing is later than NULL
        ).all()
        if earlier:
            raise _EarlierError(earlier)
        _store(conn, sent, hearing, answer_id, sealed, content_hash=content_hash, by=by)
        return answer_id

    try:
        try:
            stored_id = write(job)
        except IntegrityError:  # its key is being used for another hearing; now that answer can be seen
            stored_id = write(job)
    except _EarlierError as found:  # nothing was written: no number is used up
        stored_id = _same(found.rows, sent.submission_key, content_hash)
    return receipt_token(stored_id)


class _EarlierError(Exception):  # undoes the transaction
    """``rows``: of :data:`EARLIER`."""

    def __init__(self, rows: Sequence[Any]) -> None:
        super().__init__()
        self.rows = rows


def _same(earlier: Sequence[Any], key: str, content_hash: str) -> str:
    by_key = next((one for one in earlier if one.submission_key == key), None)
    if by_key is None:
        raise SentBeforeError(str(earlier[0].id))
    if by_key.content_hash != content_hash:
        raise OtherContentError
    return str(by_key.id)


def _store(
    conn: Connection,
    sent: SentAnswer,
    hearing: Any,
    answer_id: str,
    sealed: record.Sealed,
    *,
    content_hash: str,
    by: audit.Actor | None,
) -> None:
    token = receipt_token(answer_id)
    closed_at = as_moment(hearing.closed_at) if hearing.closed_at else None
    deadline_at = ends_at(as_moment(hearing.deadline_at), closed_at)
    late = is_late(sent.received_at, deadline_at)
    year = sent.received_at.astimezone(clock.COPENHAGEN).year
    number = receipt_number(year, SERIES(conn, year=year).scalar_one())
    for one in sent.uploads:  # before the record is locked: a document of the same content may be on its way in
        blobs.insert(conn, one.stored, one.media_type)
    entry = record.append_now(
        conn,
        log_id=hearing.case_id,
        kind=ANSWER,
        sealed=sealed.also(place(sent.hearing_id, hearing.answers_issued, number, sent.party_id)),
        ref=answer_id,
        received_at=sent.received_at,
        at=sent.received_at,
        started_at=sent.begun_at,
        deadline_at=deadline_at,
        late=late,
    )
    INSERT(
        conn,
        id=answer_id,
        hearing_id=sent.hearing_id,
        number=hearing.answers_issued,
        receipt_number=number,
        receipt_hash=token_hash(token),
        submission_key=sent.submission_key,
        content_hash=content_hash,
        party_id=sent.party_id,
        sender_kind=str(sent.sender_kind),
        on_behalf_of=sent.on_behalf_of,
        name=sent.name,
        email=sent.email,
        text=sent.text,
        channel=str(sent.channel),
        is_late=late,
        entry_seq=entry.seq,
        lang=sent.lang,
        begun_at=sent.begun_at,
        received_at=sent.received_at,
        deadline_at=deadline_at,
        registered_by_id=by.id if by else None,
    )
    _store_uploads(conn, answer_id, sent.uploads)
    if sent.uploads:
        kept_files.take(conn, sent.files_key, sent.files_address)
    told = messages.receipt(hearing, number, received_at=sent.received_at, is_late=late, files=sent.uploads)
    _queue_receipt(conn, sent.email, sent.lang, answer_id, told, dedupe=f"receipt:{answer_id}")
    audit.insert(conn, by, "hearing.answer_received", answer_id, late=late, files=len(sent.uploads))


def _store_uploads(conn: Connection, answer_id: str, uploads: Sequence[NamedFile]) -> None:
    for position, one in enumerate(uploads):
        INSERT_ATTACHMENT(
            conn,
            id=new_id(),
            answer_id=answer_id,
            position=position,
            file_name=one.file_name,
            sha256=one.stored.sha256,
            size=one.stored.size,
            media_type=one.media_type,
        )


def send_receipt_again(answer: Answer) -> None:
    """Mail the receipt once more, to the address that it went to; in a transaction of its own."""
    email, lang, answer_id, told = answer.email, answer.lang, answer.id, messages.receipt_of(answer)
    end_reading()
    write(lambda conn: _queue_receipt(conn, email, lang, answer_id, told, dedupe=None))


def _queue_receipt(
    conn: Connection, email: str, lang: str, answer_id: str, told: dict[str, Any], *, dedupe: str | None
) -> None:
    """The receipt by mail: number, time and link; never a word of the answer (LAW-09)."""
    if not email:
        return
    outbox.queue(
        conn,
        message="hearing/receipt",
        to=email,
        lang=lang,
        subject_id=answer_id,
        context={**told, "answer_id": answer_id},
        secrets={"link": external_url("hearing.receipt", token=receipt_token(answer_id))},
        attachments=[{"maker": "hearing.receipt", "name": f"{told['number']}.tlog-proof", "media_type": PROOF_TYPE}],
        dedupe=dedupe,
        public=True,  # anybody can answer in anybody's name; the page shows the receipt in any case (S45)
    )


def link_answer(answer: Answer, party: Party | None, *, by: audit.Actor, now: datetime) -> None:
    """Say which party an answer is from; this ticks the party off. The record tells of it."""
    before, answer.party_id = answer.party_id, party.id if party else None
    if before == answer.party_id:
        return
    record.append(
        db.session.connection(),
        log_id=answer.hearing.case_id,
        kind=LINK,
        parts={"party_id": answer.party_id, "party_before": before},
        ref=answer.id,
        received_at=now,
        at=now,
    )
    audit.record(by, "hearing.answer_linked", answer.id, party=answer.party_id)
