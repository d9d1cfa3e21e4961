"""Tables of what people send in after the debate. Never hearing answers: another thing, with numbers of its own."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, UtcDateTime, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, Find, personal
from eventapp.events.models import Event, Theme


class Quoting(enum.StrEnum):
    """Whether the text may be quoted in the summary."""

    NAMED = "named"
    UNNAMED = "unnamed"
    NO = "no"


class Contribution(Model):
    """What somebody sent in under a theme; never changed afterwards.

    ``was_present`` says that it came through a link sent to those who came. Which link is not kept, so a
    contribution without a name cannot be tied to a person. There is no address in it: the receipt is on the page.
    """

    __tablename__ = "contribution"
    __impersonal__ = ("id", "event_id", "theme_id", "number", "submission_key", "content_hash", "sent_at")
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        Index(None, "theme_id"),
        CheckConstraint("quoting <> 'named' OR length(name) > 0", name="named_has_name"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    theme_id: Mapped[str] = mapped_column(ForeignKey("theme.id"))
    number: Mapped[int]
    submission_key: Mapped[str] = mapped_column(String(32), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True, info=personal("the own receipt, as a hash"))
    name: Mapped[str] = mapped_column(
        String(200),
        default="",
        info=personal(
            "input after the debate; the name only if it was given", seen_by=("read_contributions",), find=Find.NAME
        ),
    )
    text: Mapped[str] = mapped_column(Text, info=personal("input after the debate", seen_by=("read_contributions",)))
    quoting: Mapped[Quoting] = mapped_column(
        enum_column(Quoting), info=personal("input after the debate", seen_by=("read_contributions",))
    )
    was_present: Mapped[bool] = mapped_column(info=personal("input after the debate", seen_by=("read_contributions",)))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()
    theme: Mapped[Theme] = relationship()


class ContributionSeries(Model):
    """The last contribution number of an event; the numbers have no gaps."""

    __tablename__ = "contribution_series"
    __impersonal__ = EVERY_COLUMN

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    issued: Mapped[int]


class FollowUp(Model):
    """That a sender who agreed, and of whose booking somebody came, was sent the link, once.

    ``link_hash``: of the token in it.
    """

    __tablename__ = "follow_up"
    __impersonal__ = ("booking_id", "event_id")

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    link_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=personal("a link for those who came and agreed to be asked")
    )
    sent_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("a link for those who came and agreed to be asked")
    )
