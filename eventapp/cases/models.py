"""Tables of the case: the thing that the debate, the hearing and the decision all belong to."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, UtcDateTime, Words, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, Find, personal
from eventapp.languages import NO_WORDS, Wording
from eventapp.record.models import Told


class Case(Model):
    """A matter before the council, from the motion that began it to the reply that ends it."""

    __tablename__ = "case"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("length(number) BETWEEN 1 AND 40", name="number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[Wording] = mapped_column(Words)
    summary: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    origin: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    origin_body: Mapped[str] = mapped_column(String(120), default="")
    origin_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    tasks: Mapped[list[CaseTask]] = relationship(order_by="CaseTask.position")
    contacts: Mapped[list[CaseContact]] = relationship(order_by="CaseContact.position")
    administrations: Mapped[list[Administration]] = relationship(order_by="Administration.position")
    tracks: Mapped[list[Track]] = relationship(order_by="Track.position")
    documents: Mapped[list[Document]] = relationship(order_by="Document.position")
    decision_steps: Mapped[list[DecisionStep]] = relationship(order_by="DecisionStep.position")
    government_letters: Mapped[list[GovernmentLetter]] = relationship(order_by="GovernmentLetter.kind.desc()")
    planned_stages: Mapped[list[PlannedStage]] = relationship(order_by="PlannedStage.id")


class CaseTask(Model):
    """One of the things that the council told the administration to do."""

    __tablename__ = "case_task"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    text: Mapped[Wording] = mapped_column(Words)


class CaseContact(Model):
    """Whom to ask, by function and never by private person; ``cover`` answers while the function is away."""

    __tablename__ = "case_contact"
    __impersonal__ = ("id", "case_id", "position", "cover_id")
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    function: Mapped[Wording] = mapped_column(
        Words, info=personal("whom to ask, by function and never by private person", seen_by=("*",))
    )
    unit: Mapped[str] = mapped_column(
        String(120), default="", info=personal("whom to ask, by function and never by private person", seen_by=("*",))
    )
    email: Mapped[str] = mapped_column(
        String(254),
        info=personal("whom to ask, by function and never by private person", seen_by=("*",), find=Find.EMAIL),
    )
    phone: Mapped[str] = mapped_column(
        String(30), default="", info=personal("whom to ask, by function and never by private person", seen_by=("*",))
    )
    away_from_on: Mapped[date | None] = mapped_column(
        info=personal("whom to ask, by function and never by private person", seen_by=("*",))
    )
    away_until_on: Mapped[date | None] = mapped_column(
        info=personal("whom to ask, by function and never by private person", seen_by=("*",))
    )
    cover_id: Mapped[str | None] = mapped_column(ForeignKey("case_contact.id"))

    cover: Mapped[CaseContact | None] = relationship(remote_side=[id])


class Administration(Model):
    """A department that leads the case or contributes to it."""

    __tablename__ = "administration"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    name: Mapped[Wording] = mapped_column(Words)
    is_lead: Mapped[bool] = mapped_column(default=False)


class Track(Model):
    """A possible line of action (*spor*) that the memo describes."""

    __tablename__ = "track"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    title: Mapped[Wording] = mapped_column(Words)
    description: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)


class DocumentKind(enum.StrEnum):
    """What a document is to the case."""

    MOTION = "motion"
    MEMO = "memo"
    LETTER = "letter"
    NOTE = "note"
    OTHER = "other"


class Document(Model):
    """A document of the case; each upload is a version of its own and none is ever overwritten."""

    __tablename__ = "document"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    kind: Mapped[DocumentKind] = mapped_column(enum_column(DocumentKind))
    title: Mapped[Wording] = mapped_column(Words)
    is_public: Mapped[bool] = mapped_column(default=False)

    versions: Mapped[list[DocumentVersion]] = relationship(
        order_by="DocumentVersion.number.desc()", back_populates="document"
    )


class DocumentVersion(Model):
    """One upload of a document; the newest number is the one in force.

    ``title`` and ``kind`` are the document's when it was uploaded, as the record has them; ``entry_seq`` is its place
    in the record of the case.
    """

    __tablename__ = "document_version"
    __impersonal__ = (
        "id",
        "document_id",
        "number",
        "sha256",
        "file_name",
        "media_type",
        "size",
        "title",
        "kind",
        "entry_seq",
        "uploaded_at",
    )
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    file_name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    entry_seq: Mapped[int | None] = mapped_column(BigInteger)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[str | None] = mapped_column(String(32), info=personal("who of staff put it there"))

    document: Mapped[Document] = relationship(back_populates="versions")


class DecisionStep(Model):
    """One meeting on the way to the decision: an ordered, editable list, no fixed route (domain.md 3.10)."""

    __tablename__ = "decision_step"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    position: Mapped[int]
    body: Mapped[Wording] = mapped_column(Words)
    meeting_on: Mapped[date | None]
    item: Mapped[str] = mapped_column(String(40), default="")
    decision: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    link: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LetterKind(enum.StrEnum):
    """The two ends of the approach to the government."""

    TO_GOVERNMENT = "to_government"
    REPLY = "reply"


class GovernmentLetter(Model):
    """The letter to the government, and its reply: where the thread ends."""

    __tablename__ = "government_letter"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "kind"), Index(None, "document_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[LetterKind] = mapped_column(enum_column(LetterKind))
    dated_on: Mapped[date]
    summary: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    document: Mapped[Document | None] = relationship()


class Stage(enum.StrEnum):
    """The parts of the thread that not every case has, in the order in which they happen."""

    INVITATIONS = "invitations"
    DEBATE = "debate"
    CONTRIBUTIONS = "contributions"
    HEARING = "hearing"
    POINTS = "points"
    NOTE = "note"
    LETTER = "letter"
    REPLY = "reply"


USUAL_STAGES = (Stage.INVITATIONS, Stage.DEBATE, Stage.CONTRIBUTIONS, Stage.HEARING, Stage.POINTS, Stage.NOTE)


class PlannedStage(Model):
    """A part of the thread that this case is going to have; shown as planned until there is something to tell.

    ``planned_on`` is the day it is expected, ``None`` while nobody knows.
    """

    __tablename__ = "planned_stage"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("case_id", "stage"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage))
    planned_on: Mapped[date | None]


class CaseTold(Told):
    """What the record was told of the case, its decisions and letters, each time that it changed; in Danish."""

    __tablename__ = "case_told"
    __impersonal__ = EVERY_COLUMN
