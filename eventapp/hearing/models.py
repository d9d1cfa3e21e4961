"""Tables of the hearing: who is heard, what they were sent, what they answered."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.cases.models import Case, DocumentVersion
from eventapp.db import Model, OfficialText, UtcDateTime, Words, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, Find, personal
from eventapp.languages import OFFICIAL, Wording
from eventapp.record.models import Told

NAMED = text("name <> ''")


class Hearing(Model):
    """A consultation before the council decides. Never a party hearing (*partshøring*), which is another thing in law.

    ``deadline_at`` is the one in force; how it came about is in :class:`DeadlineChange`. ``answers_issued`` is the
    last answer number handed out: numbers have no gaps and are never used again.
    """

    __tablename__ = "hearing"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        Index(None, "case_id"),
        CheckConstraint("starts_at < deadline_at", name="period"),
        CheckConstraint("answers_issued >= 0", name="answers_issued"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[Wording] = mapped_column(Words)
    question: Mapped[Wording] = mapped_column(Words)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answers_issued: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship()
    material: Mapped[list[Material]] = relationship(order_by="Material.annex")
    parties: Mapped[list[Party]] = relationship(order_by="Party.id", back_populates="hearing")
    deadline_changes: Mapped[list[DeadlineChange]] = relationship(order_by="DeadlineChange.at")


class Material(Model):
    """A document as it was when the hearing was sent: one version, with its annex number (*bilag*)."""

    __tablename__ = "hearing_material"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("hearing_id", "annex"), UniqueConstraint("hearing_id", "version_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("document_version.id"))
    annex: Mapped[int]

    version: Mapped[DocumentVersion] = relationship()


class Party(Model):
    """Somebody on the list of those heard (*høringsliste*). ``link_hash``: of the token in the own answer link.

    Name and address are empty once they were erased. ``merged_into_id``: the party that this one was found to be; the
    row is on no list any more and stays for its link, which leads to that one.
    """

    __tablename__ = "party"
    __impersonal__ = ("id", "hearing_id", "merged_into_id")
    __table_args__ = (Index(None, "hearing_id", "name", unique=True, sqlite_where=NAMED, postgresql_where=NAMED),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    name: Mapped[str] = mapped_column(
        String(200), info=personal("who is heard", seen_by=("read_hearings",), find=Find.NAME)
    )
    email: Mapped[str] = mapped_column(
        String(254), info=personal("where the hearing is sent", seen_by=("read_hearings",), find=Find.EMAIL)
    )
    link_hash: Mapped[str] = mapped_column(String(64), unique=True, info=personal("the own link, as a hash"))
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("party.id"), index=True)

    hearing: Mapped[Hearing] = relationship(back_populates="parties")
    notices: Mapped[list[Notice]] = relationship(order_by="Notice.sent_at", back_populates="party")
    answers: Mapped[list[Answer]] = relationship(order_by="Answer.number", back_populates="party")


class Notice(Model):
    """What a party was sent, and when; ``mail_id`` leads to the delivery.

    ``addressee`` and ``deadline_at`` are the party's name and the deadline as the letter had them.
    """

    __tablename__ = "notice"
    __impersonal__ = ("id", "party_id", "subject", "deadline_at", "mail_id")
    __table_args__ = (Index(None, "party_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    subject: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[str] = mapped_column(
        String(200),
        info=personal(
            "that the party was written to, by the name in the letter", seen_by=("read_hearings",), find=Find.NAME
        ),
    )
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mail_id: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("who of staff sent it, and when", seen_by=("read_hearings",))
    )
    sent_by_id: Mapped[str | None] = mapped_column(
        String(32), info=personal("who of staff sent it, and when", seen_by=("read_hearings",))
    )

    party: Mapped[Party] = relationship(back_populates="notices")


class DeadlineChange(Model):
    """A moved deadline: old, new, why, by whom, and how many parties were told (domain.md 3.3).

    ``entry_seq``: its place in the record of the case.
    """

    __tablename__ = "deadline_change"
    __impersonal__ = ("id", "hearing_id", "old_at", "new_at", "reason", "told", "entry_seq", "at")
    __table_args__ = (Index(None, "hearing_id", "at"), CheckConstraint("length(reason) > 0", name="reason"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    old_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[Wording] = mapped_column(OfficialText)
    told: Mapped[int]
    entry_seq: Mapped[int | None] = mapped_column(BigInteger)
    by_id: Mapped[str | None] = mapped_column(String(32), info=personal("who of staff moved the deadline"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SenderKind(enum.StrEnum):
    """What the sender speaks as (*udtaler sig som*)."""

    CITIZEN = "citizen"
    ORGANISATION = "organisation"
    COMPANY = "company"
    AUTHORITY = "authority"
    COUNCIL = "council"
    EMPLOYEE = "employee"


class Channel(enum.StrEnum):
    """The way an answer came in."""

    PORTAL = "portal"
    EMAIL = "email"
    LETTER = "letter"
    IN_PERSON = "in_person"


class Answer(Model):
    """A hearing answer as it came in; never changed afterwards.

    ``submission_key`` with ``content_hash`` makes sending twice harmless. ``receipt_hash``: of the token in the
    address of the receipt. ``entry_seq``: its place in the record of the case.
    """

    __tablename__ = "answer"
    __impersonal__ = (
        "id",
        "hearing_id",
        "number",
        "receipt_number",
        "submission_key",
        "content_hash",
        "party_id",
        "channel",
        "is_late",
        "entry_seq",
        "begun_at",
        "received_at",
        "deadline_at",
    )
    __table_args__ = (UniqueConstraint("hearing_id", "number"), Index(None, "party_id"), Index(None, "content_hash"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    number: Mapped[int]
    receipt_number: Mapped[str] = mapped_column(String(20), unique=True)
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True, info=personal("the own receipt, as a hash"))
    submission_key: Mapped[str] = mapped_column(String(32), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    party_id: Mapped[str | None] = mapped_column(ForeignKey("party.id"))
    sender_kind: Mapped[SenderKind] = mapped_column(
        enum_column(SenderKind), info=personal("the hearing answer, as it was received", seen_by=("read_answers",))
    )
    on_behalf_of: Mapped[str] = mapped_column(
        String(200), default="", info=personal("the hearing answer, as it was received", seen_by=("read_answers",))
    )
    name: Mapped[str] = mapped_column(
        String(200), info=personal("the hearing answer, as it was received", seen_by=("read_answers",), find=Find.NAME)
    )
    email: Mapped[str] = mapped_column(
        String(254), info=personal("where the receipt goes", seen_by=("read_answers",), find=Find.EMAIL)
    )
    text: Mapped[str] = mapped_column(
        Text, info=personal("the hearing answer, as it was received", seen_by=("read_answers",))
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    is_late: Mapped[bool]
    entry_seq: Mapped[int] = mapped_column(BigInteger)
    lang: Mapped[str] = mapped_column(
        String(2), default=OFFICIAL, info=personal("the hearing answer, as it was received", seen_by=("read_answers",))
    )
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registered_by_id: Mapped[str | None] = mapped_column(
        String(32), info=personal("who of staff typed it in", seen_by=("read_answers",))
    )

    hearing: Mapped[Hearing] = relationship()
    party: Mapped[Party | None] = relationship(back_populates="answers")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.position")


class Attachment(Model):
    """A file that came with an answer, sealed as it was."""

    __tablename__ = "answer_attachment"
    __impersonal__ = ("id", "answer_id", "position", "size", "media_type")
    __table_args__ = (UniqueConstraint("answer_id", "position"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answer.id"))
    position: Mapped[int]
    file_name: Mapped[str] = mapped_column(
        String(150),
        info=personal("what came with an answer; the files lie in the file store", seen_by=("read_answers",)),
    )
    sha256: Mapped[str] = mapped_column(
        ForeignKey("blob.sha256"),
        info=personal("what came with an answer; the files lie in the file store", seen_by=("read_answers",)),
    )
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))


class ReceiptSeries(Model):
    """The last receipt number of a year, across all hearings of the installation."""

    __tablename__ = "receipt_series"
    __impersonal__ = EVERY_COLUMN

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issued: Mapped[int]


class HearingTold(Told):
    """What the record was told when a hearing was opened and when it was closed; in Danish."""

    __tablename__ = "hearing_told"
    __impersonal__ = EVERY_COLUMN
