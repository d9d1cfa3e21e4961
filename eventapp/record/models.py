"""The tables of the record. Rows are only ever added, save for the counter of a log and for lawful erasure."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Model, UtcDateTime, enum_column, new_id


class Kind(enum.StrEnum):
    """What an entry tells."""

    CASE = "case"
    DOCUMENT = "document"
    EVENT = "event"
    INVITE = "invite"
    REPLY = "reply"
    ATTENDANCE = "attendance"
    CONTRIBUTION = "contribution"
    NOTICE = "notice"
    DEADLINE = "deadline"
    ANSWER = "answer"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    REDACT = "redact"
    PUBLISH = "publish"
    MODERATE = "moderate"
    EXTEND = "extend"
    CLOSE = "close"
    ERASE = "erase"
    DECISION = "decision"
    KEY = "key"


class RecordLog(Model):
    """The log of one case: ``id`` is the case's. ``size`` entries are in it; raising it is the lock of an append."""

    __tablename__ = "record_log"
    __table_args__ = (UniqueConstraint("slug"), UniqueConstraint("origin"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slug: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(300))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecordEntry(Model):
    """One entry. ``text`` is what the leaf hash is made of; the other columns repeat it for searching."""

    __tablename__ = "record_entry"
    __table_args__ = (UniqueConstraint("log_id", "seq"), CheckConstraint("seq >= 0", name="seq"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    ref: Mapped[str | None] = mapped_column(String(64), index=True)
    text: Mapped[str] = mapped_column(Text)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecordPart(Model):
    """A committed field of an entry.

    ``content`` is canonical JSON; NULL when the slice that owns the text keeps it (``registry.record_content``).
    ``salt`` is NULL only after an ``erase`` entry named this part.
    """

    __tablename__ = "record_part"

    entry_id: Mapped[str] = mapped_column(ForeignKey("record_entry.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    commitment: Mapped[str] = mapped_column(String(64))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    content: Mapped[str | None] = mapped_column(Text)


class RecordNode(Model):
    """The hash of a complete subtree above the leaves; the leaves' own hashes are in the entries."""

    __tablename__ = "record_node"
    __table_args__ = (CheckConstraint("level > 0 AND position >= 0", name="place"),)

    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class RecordCheckpoint(Model):
    """A tree head that was signed and published; ``signed_at`` by the machine's clock."""

    __tablename__ = "record_checkpoint"
    __table_args__ = (CheckConstraint("size >= 0", name="size"),)

    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    text: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
