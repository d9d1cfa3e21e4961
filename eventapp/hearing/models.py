"""Tables of the hearing: who is heard, what they were sent, what they answered."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.cases.models import Case, DocumentVersion
from eventapp.db import Model, UtcDateTime, enum_column, new_id
from eventapp.record.models import Told


class Hearing(Model):
    """A consultation before the council decides. Never a party hearing (*partshøring*), which is another thing in law.

    ``deadline_at`` is the one in force; how it came about is in :class:`DeadlineChange`. ``answers_issued`` is the
    last answer number handed out: numbers have no gaps and are never used again.
    """

    __tablename__ = "hearing"
    __table_args__ = (
        Index(None, "case_id"),
        CheckConstraint("starts_at < deadline_at", name="period"),
        CheckConstraint("answers_issued >= 0", name="answers_issued"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200), default="")
    question: Mapped[str] = mapped_column(Text)
    question_en: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answers_issued: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship()
    material: Mapped[list[Material]] = relationship(order_by="Material.annex")
    parties: Mapped[list[Party]] = relationship(order_by="Party.name", back_populates="hearing")
    deadline_changes: Mapped[list[DeadlineChange]] = relationship(order_by="DeadlineChange.at")


class Material(Model):
    """A document as it was when the hearing was sent: one version, with its annex number (*bilag*)."""

    __tablename__ = "hearing_material"
    __table_args__ = (UniqueConstraint("hearing_id", "annex"), UniqueConstraint("hearing_id", "version_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("document_version.id"))
    annex: Mapped[int]

    version: Mapped[DocumentVersion] = relationship()


class Party(Model):
    """Somebody on the list of those heard (*høringsliste*). ``link_hash``: of the token in the own answer link."""

    __tablename__ = "party"
    __table_args__ = (UniqueConstraint("hearing_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)

    hearing: Mapped[Hearing] = relationship(back_populates="parties")
    notices: Mapped[list[Notice]] = relationship(order_by="Notice.sent_at", back_populates="party")
    answers: Mapped[list[Answer]] = relationship(order_by="Answer.number", back_populates="party")


class Notice(Model):
    """What a party was sent, and when; ``mail_id`` leads to the delivery.

    ``addressee`` and ``deadline_at`` are the party's name and the deadline as the letter had them.
    """

    __tablename__ = "notice"
    __table_args__ = (Index(None, "party_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    subject: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[str] = mapped_column(String(200))
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mail_id: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_by_id: Mapped[str | None] = mapped_column(String(32))

    party: Mapped[Party] = relationship(back_populates="notices")


class DeadlineChange(Model):
    """A moved deadline: old, new, why, by whom, and how many parties were told (domain.md 3.3).

    ``entry_seq``: its place in the record of the case.
    """

    __tablename__ = "deadline_change"
    __table_args__ = (Index(None, "hearing_id", "at"), CheckConstraint("length(reason) > 0", name="reason"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    old_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    told: Mapped[int]
    entry_seq: Mapped[int | None] = mapped_column(BigInteger)
    by_id: Mapped[str | None] = mapped_column(String(32))
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
    __table_args__ = (UniqueConstraint("hearing_id", "number"), Index(None, "party_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hearing_id: Mapped[str] = mapped_column(ForeignKey("hearing.id"))
    number: Mapped[int]
    receipt_number: Mapped[str] = mapped_column(String(20), unique=True)
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True)
    submission_key: Mapped[str] = mapped_column(String(32), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    party_id: Mapped[str | None] = mapped_column(ForeignKey("party.id"))
    sender_kind: Mapped[SenderKind] = mapped_column(enum_column(SenderKind))
    on_behalf_of: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    text: Mapped[str] = mapped_column(Text)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    is_late: Mapped[bool]
    entry_seq: Mapped[int] = mapped_column(BigInteger)
    lang: Mapped[str] = mapped_column(String(2), default="da")
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registered_by_id: Mapped[str | None] = mapped_column(String(32))

    hearing: Mapped[Hearing] = relationship()
    party: Mapped[Party | None] = relationship(back_populates="answers")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.position")


class Attachment(Model):
    """A file that came with an answer, sealed as it was."""

    __tablename__ = "answer_attachment"
    __table_args__ = (UniqueConstraint("answer_id", "position"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answer.id"))
    position: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(150))
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))


class ReceiptSeries(Model):
    """The last receipt number of a year, across all hearings of the installation."""

    __tablename__ = "receipt_series"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issued: Mapped[int]


class HearingTold(Told):
    """What the record was told when a hearing was opened and when it was closed; in Danish."""

    __tablename__ = "hearing_told"
