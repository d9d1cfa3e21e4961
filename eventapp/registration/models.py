"""Tables of registration: who comes, in which order, with which ticket."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Json, Model, UtcDateTime, Words, enum_column, new_id
from eventapp.db.kept import Trigger, keep
from eventapp.db.personal import EVERY_COLUMN, AtEnd, Find, Since, personal
from eventapp.events.models import Category
from eventapp.languages import OFFICIAL, Wording
from eventapp.web.fields import FieldKind

# Compared byte by byte, so that PostgreSQL does not sort a sort key by the rules of some language.
SortText = Text().with_variant(Text(collation="C"), "postgresql")


class RegistrationState(enum.StrEnum):
    """Where a head stands."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class Origin(enum.StrEnum):
    """How a booking came about."""

    WEB = "web"
    STAFF = "staff"
    INVITATION = "invitation"
    WALK_IN = "walk_in"


class Suspicion(enum.StrEnum):
    """Why a sign-up looks as if no person had typed it."""

    NONE = "none"
    TRAP = "trap"
    HASTE = "haste"


class Reason(enum.StrEnum):
    """Why a head came to stand where it stands; every step names one (LAW-23)."""

    SIGNED_UP = "signed_up"
    REGISTERED_BY_STAFF = "registered_by_staff"
    ACCEPTED_INVITATION = "accepted_invitation"
    WALKED_IN = "walked_in"
    FIRST_IN_LINE = "first_in_line"
    GUEST_CANCELLED = "guest_cancelled"
    TOLD_STAFF = "told_staff"
    SIGNED_UP_TWICE = "signed_up_twice"
    DECLINED_INVITATION = "declined_invitation"
    OTHER = "other"


LINE = text("waiting > 0")
WALK_IN = text("quota_id IS NULL")


class Booking(Model):
    """One sending: who it came from, and the seats or the place in line of all the heads in it (ADR 0020).

    Contact details belong to the sender and end with the booking. ``submission_key`` makes sending twice harmless: the
    same key with the same content is the same booking, whoever answers (reliability R7). ``quota_id`` is None for a
    walk-in, who fills a place in the room but no seat that was set aside. ``waiting_number`` keeps order of arrival
    within a quota and is never handed out twice; ``waiting`` counts the heads that stand in line now, so that the first
    in line is found without reading the others. ``suspicion`` only marks (reliability S47): a marked booking has its
    seats like any other. ``calendar_uid`` names the entry in the sender's calendar where it is not the event's own: of
    one who was invited before there was one entry for each person (ADR 0060).
    """

    __tablename__ = "booking"
    __impersonal__ = (
        "id",
        "event_id",
        "quota_id",
        "submission_key",
        "content_hash",
        "waiting_number",
        "waiting",
        "origin",
        "notice_version",
        "suspicion",
        "calendar_uid",
        "registered_at",
    )
    __table_args__ = (
        UniqueConstraint("quota_id", "waiting_number"),
        Index("ix_booking_line", "quota_id", "waiting_number", sqlite_where=LINE, postgresql_where=LINE),
        Index("ix_booking_walk_ins", "event_id", sqlite_where=WALK_IN, postgresql_where=WALK_IN),
        Index(None, "event_id", "email"),
        Index(None, "event_id", "registered_at"),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("waiting = 0 OR waiting_number IS NOT NULL", name="waiting_number"),
        CheckConstraint("(origin = 'walk_in') = (quota_id IS NULL)", name="quota_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    quota_id: Mapped[str | None] = mapped_column(ForeignKey("quota.id"))
    submission_key: Mapped[str] = mapped_column(String(32), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    waiting_number: Mapped[int | None]
    waiting: Mapped[int] = mapped_column(default=0)
    origin: Mapped[Origin] = mapped_column(enum_column(Origin), default=Origin.WEB)
    email: Mapped[str] = mapped_column(
        String(254),
        default="",
        info=personal(
            "who signed up, and where tickets and changes go", seen_by=("read_registrations",), find=Find.EMAIL
        ),
    )
    lang: Mapped[str] = mapped_column(
        String(2), default=OFFICIAL, info=personal("which language to write in", seen_by=("read_registrations",))
    )
    wants_follow_up: Mapped[bool] = mapped_column(
        default=False, info=personal("whether one may be written to afterwards", seen_by=("read_registrations",))
    )
    notice_version: Mapped[str] = mapped_column(String(20), default="")
    suspicion: Mapped[Suspicion] = mapped_column(enum_column(Suspicion), default=Suspicion.NONE)
    link_hash: Mapped[str] = mapped_column(String(64), unique=True, info=personal("the own link, as a hash"))
    calendar_uid: Mapped[str] = mapped_column(String(200), default="", server_default="")
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    heads: Mapped[list[Registration]] = relationship(order_by="Registration.position", back_populates="booking")


class Registration(Model):
    """One head: a person who wants to come. A ticket belongs to one head.

    ``position`` counts the heads of a booking from 1, the sender first. All live heads of a booking have seats or wait
    together. ``name_key`` sorts by the Danish alphabet; ``name_words`` are what the name is found by
    (:func:`eventapp.formats.searching.words`), and whoever writes the name writes both (:func:`name_columns`).
    """

    __tablename__ = "registration"
    __impersonal__ = ("id", "booking_id", "position", "event_id", "category_id", "state", "cancelled_at")
    __table_args__ = (
        UniqueConstraint("booking_id", "position"),
        Index(None, "event_id", "name_key"),
        Index(None, "event_id", "state", "name_key"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    position: Mapped[int] = mapped_column(default=1)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    category_id: Mapped[str | None] = mapped_column(ForeignKey("category.id"))
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState))
    name: Mapped[str] = mapped_column(
        String(200),
        info=personal(
            "a seat and a ticket for each head; the door finds names",
            seen_by=("read_registrations", "check_in"),
            find=Find.NAME,
        ),
    )
    name_key: Mapped[str] = mapped_column(
        SortText, default="", info=personal("sorting names", seen_by=("read_registrations",))
    )
    name_words: Mapped[str] = mapped_column(
        SortText, default="", info=personal("finding names", seen_by=("read_registrations",))
    )
    organisation: Mapped[str] = mapped_column(
        String(200),
        default="",
        info=personal("whom somebody speaks for, and what they want to ask", seen_by=("read_registrations",)),
    )
    question: Mapped[str] = mapped_column(
        Text,
        default="",
        info=personal("whom somebody speaks for, and what they want to ask", seen_by=("read_registrations",)),
    )
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    booking: Mapped[Booking] = relationship(back_populates="heads")
    category: Mapped[Category | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship(back_populates="registration")


class NamePart(Model):
    """Two words of a guest's name, in either order, or the one there is: where names are looked up (ADR 0067).

    Kept by triggers beside ``name_words``, and without foreign keys, for each would be looked up six times a name.
    """

    __tablename__ = "name_part"
    __impersonal__ = ("event_id", "registration_id")
    __table_args__ = ({"sqlite_with_rowid": False},)

    event_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    first: Mapped[str] = mapped_column(SortText, primary_key=True, info=personal("finding names"))
    second: Mapped[str] = mapped_column(SortText, primary_key=True, info=personal("finding names"))
    registration_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class Ticket(Model):
    """The right of one head to come in. The code itself is never stored (design decision 6)."""

    __tablename__ = "ticket"
    __impersonal__ = ("id", "registration_id", "event_id", "version", "issued_at")

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"), unique=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    code_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=personal("the hash of the ticket's code; the code itself is not stored")
    )
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)

    registration: Mapped[Registration] = relationship(back_populates="ticket")


class EventField(Model):
    """Something that the organiser asks the guests of one event: a :class:`eventapp.web.fields.Field` as a row.

    ``asked_of``: list of whom; ``seen_by``: the permission that shows the answers; ``kept_days``: how long after the
    event they are kept, None with the booking, which is too long for what is about health; ``choices``: list of texts
    by language.
    """

    __tablename__ = "event_field"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        CheckConstraint("kept_days >= 0", name="kept_days"),
        CheckConstraint("seen_by <> 'read_access_needs' OR kept_days IS NOT NULL", name="health_ends"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    position: Mapped[int]
    label: Mapped[Wording] = mapped_column(Words)
    kind: Mapped[FieldKind] = mapped_column(enum_column(FieldKind))
    asked_of: Mapped[list[str]] = mapped_column(Json)
    is_required: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[Wording] = mapped_column(Words)
    seen_by: Mapped[str] = mapped_column(String(40))
    kept_days: Mapped[int | None]
    is_listed: Mapped[bool] = mapped_column(default=True)
    is_exported: Mapped[bool] = mapped_column(default=True)
    choices: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)


class FieldValue(Model):
    """What one head answered to a field that has no column. ``key``: that of the declaration, or its row's id."""

    __tablename__ = "field_value"
    __impersonal__ = ("registration_id", "key")
    __table_args__ = (Index(None, "key"),)

    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(
        Text,
        info=personal(
            "answers to what an organiser asks besides; each question names who sees it and until when",
            seen_by=("read_registrations", "read_access_needs"),
        ),
    )


class RegistrationChange(Model):
    """One step in the life of a head, with the reason; only ever added to."""

    __tablename__ = "registration_change"
    __impersonal__ = ("id", "registration_id", "state")
    __table_args__ = (Index(None, "registration_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"))
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState))
    reason: Mapped[Reason] = mapped_column(
        enum_column(Reason),
        info=personal("why somebody has a seat or waits, and who of staff did it", seen_by=("read_registrations",)),
    )
    by_id: Mapped[str | None] = mapped_column(
        String(32),
        info=personal("why somebody has a seat or waits, and who of staff did it", seen_by=("read_registrations",)),
    )
    at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal("why somebody has a seat or waits, and who of staff did it", seen_by=("read_registrations",)),
    )


class KeptNumber(Model):
    """How many rows of a table an event had before they were deleted: a figure that tells of nobody."""

    __tablename__ = "kept_number"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("number > 0", name="number"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    table: Mapped[str] = mapped_column("table_name", String(40), primary_key=True)
    number: Mapped[int]
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccessNeed(Model):
    """What a guest needs to take part. Health data: kept apart, read by two roles, deleted first (LAW-06)."""

    __tablename__ = "access_need"
    __impersonal__ = ("id", "registration_id", "given_at")

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"), unique=True)
    text: Mapped[str] = mapped_column(
        Text,
        info=personal(
            "what somebody needs to take part: can be health data",
            seen_by=("read_access_needs",),
            since=Since.EVENT,
            after=timedelta(days=7),
            at_end=AtEnd.COUNTED,
        ),
    )
    show_at_door: Mapped[bool] = mapped_column(
        default=False,
        info=personal(
            "whether the door may see it",
            seen_by=("read_access_needs", "check_in"),
            since=Since.EVENT,
            after=timedelta(days=7),
            at_end=AtEnd.DELETED,
        ),
    )
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HeadCount(Model):
    """How many heads of an event have the same kind of seat, category and state; kept by triggers (ADR 0044).

    ``quota_key``: the quota, "" for walk-ins; ``category_key``: the category, "" for those who did not say. Each cell
    stands behind the lock of its quota, as the heads do, so nobody waits for a cell who does not wait for the seats.
    ``with_needs``: how many of them need something to take part.
    """

    __tablename__ = "head_count"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        CheckConstraint("heads >= 0", name="heads"),
        CheckConstraint("with_needs >= 0", name="with_needs"),
    )

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    quota_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    category_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState), primary_key=True)
    heads: Mapped[int] = mapped_column(default=0)
    with_needs: Mapped[int] = mapped_column(default=0)


# The cell that a head lies in, for a row r of registration with its booking b.
CELL = "r.event_id, COALESCE(b.quota_id, ''), COALESCE(r.category_id, ''), r.state"
_KEYS = "event_id, quota_key, category_key, state"
_NEEDS = "(SELECT count(*) FROM access_need n WHERE n.registration_id = {row}.id)"
_IN = f"""
    INSERT INTO head_count ({_KEYS}, heads, with_needs)
    SELECT NEW.event_id, COALESCE(b.quota_id, ''), COALESCE(NEW.category_id, ''), NEW.state, 1, {{needs}}
    FROM booking b WHERE b.id = NEW.booking_id
    ON CONFLICT ({_KEYS}) DO UPDATE SET
        heads = head_count.heads + excluded.heads, with_needs = head_count.with_needs + excluded.with_needs
"""
_OUT = f"""
    UPDATE head_count SET heads = heads - 1, with_needs = with_needs - {_NEEDS.format(row="OLD")}
    WHERE event_id = OLD.event_id AND category_key = COALESCE(OLD.category_id, '') AND state = OLD.state
    AND quota_key = (SELECT COALESCE(b.quota_id, '') FROM booking b WHERE b.id = OLD.booking_id)
"""
_NEED = f"""
    UPDATE head_count SET with_needs = with_needs {{step}} WHERE ({_KEYS}) =
    (SELECT {CELL} FROM registration r JOIN booking b ON b.id = r.booking_id WHERE r.id = {{row}}.registration_id)
"""
keep(
    Model.metadata.tables[HeadCount.__tablename__],
    f"""
        SELECT {CELL}, count(*), count(n.id) FROM registration r JOIN booking b ON b.id = r.booking_id
        LEFT JOIN access_need n ON n.registration_id = r.id GROUP BY {CELL}
    """,
    Trigger("count_new_head", "registration", "INSERT", (_IN.format(needs="0"),)),
    Trigger(
        "count_moved_head",
        "registration",
        "UPDATE OF state, category_id",
        (_OUT, _IN.format(needs=_NEEDS.format(row="NEW"))),
    ),
    Trigger("count_gone_head", "registration", "DELETE", (_OUT,)),
    Trigger("count_new_need", "access_need", "INSERT", (_NEED.format(step="+ 1", row="NEW"),)),
    Trigger("count_gone_need", "access_need", "DELETE", (_NEED.format(step="- 1", row="OLD"),)),
)

_PARTS = """
    SELECT {row}.event_id, a.value AS first, COALESCE(b.value, '') AS second, {row}.id AS registration_id
    FROM {rows} words({row}.name_words) a LEFT JOIN words({row}.name_words) b ON b.value <> a.value WHERE a.value <> ''
"""
_NEW_PARTS = f"INSERT INTO name_part (event_id, first, second, registration_id) {_PARTS.format(row='NEW', rows='')}"
_OLD_PARTS = """
    DELETE FROM name_part WHERE event_id = OLD.event_id AND registration_id = OLD.id
    AND first IN (SELECT a.value FROM words(OLD.name_words) a)
"""
keep(
    Model.metadata.tables[NamePart.__tablename__],
    _PARTS.format(row="r", rows="registration r CROSS JOIN"),
    Trigger("find_new_name", "registration", "INSERT", (_NEW_PARTS,)),
    Trigger("find_other_name", "registration", "UPDATE OF name_words", (_OLD_PARTS, _NEW_PARTS)),
    Trigger("find_gone_name", "registration", "DELETE", (_OLD_PARTS,)),
)
