"""Tables of the event: where and when, what happens, how many may come."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.cases.models import Case
from eventapp.db import Model, OfficialText, UtcDateTime, Words, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, Find, personal
from eventapp.languages import NO_WORDS, Wording
from eventapp.record.models import Told


class Venue(Model):
    """A place with its address and how to get in."""

    __tablename__ = "venue"
    __impersonal__ = EVERY_COLUMN

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200), default="")
    access: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)


class Layout(Model):
    """A way to furnish the hall and how many persons it may then hold.

    The limit counts everybody in the room and comes from the approved plan (*pladsfordelingsplan*, BR18 § 6 h);
    there is no default number for any hall. ``plan_reference`` names the plan; while it is empty, nothing that
    happens in this hall can be published.
    """

    __tablename__ = "layout"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        UniqueConstraint("venue_id", "name"),
        CheckConstraint("max_persons > 0", name="max_persons"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    venue_id: Mapped[str] = mapped_column(ForeignKey("venue.id"))
    name: Mapped[str] = mapped_column(String(120))
    max_persons: Mapped[int]
    plan_reference: Mapped[str] = mapped_column(String(200), default="")

    venue: Mapped[Venue] = relationship()


class EventKind(enum.StrEnum):
    """The character of the meeting; shown to citizens in one sentence."""

    DEBATE = "debate"
    INFORMATION = "information"
    WORKSHOP = "workshop"


class Event(Model):
    """A public meeting of a case.

    ``version`` rises with every change a visitor could see, ``calendar_sequence`` with every change that calendars must
    hear of (title, time, place, cancellation). ``reserve_seats`` are chairs nobody can book; seats of all quotas and
    the reserve together never exceed the limit of the hall.
    """

    __tablename__ = "event"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        Index(None, "case_id"),
        CheckConstraint("starts_at < ends_at", name="period"),
        CheckConstraint("doors_open_at <= starts_at", name="doors"),
        CheckConstraint("registration_opens_at < registration_closes_at", name="registration"),
        CheckConstraint("reserve_seats >= 0", name="reserve_seats"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind), default=EventKind.DEBATE)
    title: Mapped[Wording] = mapped_column(Words)
    influence: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    photo_notice: Mapped[Wording] = mapped_column(Words, default=NO_WORDS)
    doors_open_at: Mapped[datetime] = mapped_column(UtcDateTime)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registration_opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registration_closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    layout_id: Mapped[str] = mapped_column(ForeignKey("layout.id"))
    reserve_seats: Mapped[int] = mapped_column(default=0)
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_text: Mapped[Wording] = mapped_column(OfficialText, default=NO_WORDS)

    case: Mapped[Case] = relationship()
    layout: Mapped[Layout] = relationship()
    programme: Mapped[list[ProgrammeItem]] = relationship(order_by="ProgrammeItem.position")
    themes: Mapped[list[Theme]] = relationship(order_by="Theme.position")
    categories: Mapped[list[Category]] = relationship(order_by="Category.position")
    quotas: Mapped[list[Quota]] = relationship(order_by="Quota.kind")

    @property
    def place(self) -> str:
        """Name and address of the place, in one line."""
        return ", ".join(filter(None, (self.layout.venue.name, self.layout.venue.address)))

    @property
    def access(self) -> Wording:
        """How people get in."""
        return self.layout.venue.access


class ProgrammeItem(Model):
    """A point of the evening. Who speaks is free text here; an invited office shows only after acceptance."""

    __tablename__ = "programme_item"
    __impersonal__ = ("id", "event_id", "position", "starts_at", "ends_at", "title")
    __table_args__ = (UniqueConstraint("event_id", "position"), CheckConstraint("starts_at < ends_at", name="period"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    position: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    title: Mapped[Wording] = mapped_column(Words)
    speaker: Mapped[str] = mapped_column(
        String(200), default="", info=personal("who speaks, when it is published", seen_by=("*",), find=Find.NAME)
    )


class Theme(Model):
    """What questions and contributions sort under."""

    __tablename__ = "theme"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("event_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    position: Mapped[int]
    title: Mapped[Wording] = mapped_column(Words)


class QuotaKind(enum.StrEnum):
    """Whom seats are set aside for."""

    PUBLIC = "public"
    INVITED = "invited"
    PRESS = "press"
    CREW = "crew"


class Quota(Model):
    """Seats set aside for one kind of guest, and the counters that decide the last one.

    ``taken`` counts confirmed heads and ``waiting`` those in line now; ``waiting_issued`` is the last number of the
    line handed out, so that numbers keep order of arrival. All three change in the statement that decides.
    """

    __tablename__ = "quota"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        UniqueConstraint("event_id", "kind"),
        CheckConstraint("seats >= 0", name="seats"),
        CheckConstraint("taken BETWEEN 0 AND seats", name="taken"),
        CheckConstraint("waiting >= 0", name="waiting"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    kind: Mapped[QuotaKind] = mapped_column(enum_column(QuotaKind))
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    waiting_issued: Mapped[int] = mapped_column(default=0)


class Category(Model):
    """What a guest may come as ("I come as"), and whose seats such a guest takes."""

    __tablename__ = "category"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("event_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    position: Mapped[int]
    label: Mapped[Wording] = mapped_column(Words)
    quota_kind: Mapped[QuotaKind] = mapped_column(enum_column(QuotaKind), default=QuotaKind.PUBLIC)


class EventTold(Told):
    """What the record was told of an event, each time that what was promised changed; in Danish."""

    __tablename__ = "event_told"
    __impersonal__ = EVERY_COLUMN
