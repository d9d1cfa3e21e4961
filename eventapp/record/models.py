"""The tables of the record. Rows are only ever added, save for the counter of a log and for lawful erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Json, Model, UtcDateTime, new_id
from eventapp.db.personal import EVERY_COLUMN


class RecordLog(Model):
    """The log of one case: ``id`` is the case's. ``size`` entries are in it; raising it is the lock of an append."""

    __tablename__ = "record_log"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("slug"), UniqueConstraint("origin"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slug: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(300))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecordEntry(Model):
    """One entry. ``text`` is what the leaf hash is made of; ``kind`` and ``ref`` repeat it for searching.

    ``nodes``: hashes of the subtrees that this leaf completes, from level 1 upwards, 32 bytes each; none for an even
    ``seq``. ``salts``: part name -> salt as hexadecimal, ``None`` once an ``erase`` entry named the part.
    """

    __tablename__ = "record_entry"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("log_id", "seq"), CheckConstraint("seq >= 0", name="seq"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str | None] = mapped_column(String(64), index=True)
    text: Mapped[str] = mapped_column(Text)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    nodes: Mapped[bytes] = mapped_column(LargeBinary)
    salts: Mapped[dict[str, str | None]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Told(Model):
    """Common ground of tables that keep what the record was told of rows that change (:mod:`eventapp.record.told`)."""

    __abstract__ = True

    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    parts: Mapped[dict[str, Any]] = mapped_column(Json)


class RecordTold(Told):
    """What the record's own entries say: which parts of which entry were erased and why, and changes of the key."""

    __tablename__ = "record_told"
    __impersonal__ = EVERY_COLUMN


class RecordCheckpoint(Model):
    """A tree head that was signed and published; ``signed_at`` by the machine's clock."""

    __tablename__ = "record_checkpoint"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("size >= 0", name="size"),)

    log_id: Mapped[str] = mapped_column(ForeignKey("record_log.id"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    text: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
