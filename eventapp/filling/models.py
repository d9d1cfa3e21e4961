"""What is kept of a form: its files until it is taken in, and then that it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Model, UtcDateTime, new_id
from eventapp.db.personal import EVERY_COLUMN, AtEnd, Since, personal
from eventapp.formats.files import LONGEST_NAME

HELD = timedelta(days=1)
REMEMBERED = timedelta(days=7)  # as long as a browser keeps the session of a form


class KeptFile(Model):
    """A file that was chosen in a form and accepted, although the form was not (ADR 0053).

    ``form_hash`` is that of the form's own key and its address, so a key is worth nothing at another form.
    ``taken_at``: the form was taken in with it; it stays until its time is over, for the form may be sent again.
    """

    __tablename__ = "kept_file"
    __impersonal__ = ("id", "form_hash", "sha256", "size", "media_type", "kept_at", "taken_at")
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        Index(None, "form_hash"),
        Index(None, "client_hash"),
        Index(None, "kept_at"),
        Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    form_hash: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(
        String(LONGEST_NAME),
        info=personal(
            "showing the sender of a form which files were received and need not be chosen again",
            since=Since.KEPT,
            after=HELD,
            at_end=AtEnd.DELETED,
        ),
    )
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("blob.sha256"))
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    client_hash: Mapped[str] = mapped_column(
        String(64),
        info=personal(
            "bounding how much one address can have kept, by keyed hash",
            since=Since.KEPT,
            after=HELD,
            at_end=AtEnd.DELETED,
        ),
    )
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SentForm(Model):
    """A form that was taken in (ADR 0059). Nothing of it can be read by whoever has not the form's own key.

    ``key_hash``: of its key and address. ``content_hash``: of key and fields. ``leads_to``: the address that its
    sender was sent to, encrypted with the key, for it may hold a link that opens something.
    """

    __tablename__ = "sent_form"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (Index(None, "sent_at"),)

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    leads_to: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
