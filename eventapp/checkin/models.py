"""Tables of the door: who stands there, with which phone, and what every ticket that was shown came to."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, UtcDateTime, enum_column, new_id
from eventapp.db.kept import Trigger, keep
from eventapp.db.personal import EVERY_COLUMN, personal
from eventapp.events.models import Event
from eventapp.registration.models import CELL, RegistrationState


class Door(Model):
    """A way into the room."""

    __tablename__ = "door"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (UniqueConstraint("event_id", "name"), CheckConstraint("length(name) > 0", name="name"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()


class DoorShift(Model):
    """A turn at one door, opened with a code that ends with the event. The code itself is never stored."""

    __tablename__ = "door_shift"
    __impersonal__ = ("id", "event_id", "door_id", "code_hash", "created_at", "expires_at", "ended_at")
    __table_args__ = (Index(None, "event_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    door_id: Mapped[str] = mapped_column(ForeignKey("door.id"))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[str | None] = mapped_column(String(32), info=personal("who of staff began the shift"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    door: Mapped[Door] = relationship()


class DoorSession(Model):
    """A phone that was let in with a shift code.

    ``unknown_codes`` counts what it showed us that is no ticket since ``unknown_since``; too many in a minute pause
    the phone until staff let it go on (reliability S49).
    """

    __tablename__ = "door_session"
    __impersonal__ = ("id", "shift_id", "opened_at", "ended_at", "unknown_codes", "unknown_since", "paused_at")
    __table_args__ = (Index(None, "shift_id"), CheckConstraint("unknown_codes >= 0", name="unknown_codes"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    shift_id: Mapped[str] = mapped_column(ForeignKey("door_shift.id"))
    token_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=personal("the cookie of the phone, as a hash")
    )
    device_name: Mapped[str] = mapped_column(
        String(60), info=personal("which phone is at which door", seen_by=("manage_doors",))
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unknown_codes: Mapped[int] = mapped_column(default=0)
    unknown_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    shift: Mapped[DoorShift] = relationship()


class Direction(enum.StrEnum):
    """Which way somebody goes through the door."""

    IN = "in"
    OUT = "out"


class Means(enum.StrEnum):
    """How the guest was pointed out to us."""

    CODE = "code"
    NAME = "name"
    WALK_IN = "walk_in"
    REVERSAL = "reversal"


class Verdict(enum.StrEnum):
    """What the door was told to do: a closed list (domain.md 4.4)."""

    OK = "ok"
    ALREADY_IN = "already_in"
    NOT_IN = "not_in"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    WRONG_EVENT = "wrong_event"
    UNKNOWN = "unknown"
    FULL = "full"
    UNDONE = "undone"
    CALLED_OFF = "called_off"


class Scan(Model):
    """One thing that happened at a door, with what the phone was told. Never changed, never deleted.

    A mistake is undone by another scan. What the scans of a head add up to is :class:`Presence`.

    ``id`` is made by the phone, so that sending twice is harmless; ``number`` counts the scans of an event in the
    order in which the server took them. ``at`` is when it happened as well as we can tell: the phone's time put
    right by ``offset_ms`` (server minus phone), else ``received_at``, and never before what the scan was answered by
    (:func:`eventapp.checkin.rules.in_turn`). ``earlier_id`` is the entry that a second scan ran into.
    """

    __tablename__ = "scan"
    __impersonal__ = (
        "id",
        "event_id",
        "number",
        "door_id",
        "session_id",
        "direction",
        "means",
        "verdict",
        "earlier_id",
        "undoes_id",
        "device_at",
        "offset_ms",
        "received_at",
    )
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        Index(None, "registration_id", "number"),
        Index(None, "session_id", "number"),
        CheckConstraint("(means = 'reversal') = (undoes_id IS NOT NULL)", name="reversal"),
        CheckConstraint("(verdict = 'undone') = (undoes_id IS NOT NULL)", name="undone"),
        CheckConstraint("verdict <> 'already_in' OR earlier_id IS NOT NULL", name="already_in"),
        CheckConstraint("verdict <> 'ok' OR registration_id IS NOT NULL", name="head"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    number: Mapped[int]
    door_id: Mapped[str] = mapped_column(ForeignKey("door.id"))
    session_id: Mapped[str] = mapped_column(ForeignKey("door_session.id"))
    direction: Mapped[Direction] = mapped_column(enum_column(Direction))
    means: Mapped[Means] = mapped_column(enum_column(Means))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    registration_id: Mapped[str | None] = mapped_column(
        ForeignKey("registration.id"),
        info=personal(
            "who came in and when: the number of people in the hall is a safety figure",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )
    code_hash: Mapped[str | None] = mapped_column(String(64), info=personal("what was shown, as a hash"))
    earlier_id: Mapped[str | None] = mapped_column(ForeignKey("scan.id"))
    undoes_id: Mapped[str | None] = mapped_column(ForeignKey("scan.id"), unique=True)
    device_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal(
            "who came in and when: the number of people in the hall is a safety figure",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )


class Presence(Model):
    """Where a head stands: a result kept of its scans by :func:`eventapp.checkin.rules.fold`, one row a head.

    Whoever was shown at a door and let through has a row. ``came_at`` is the entry by which she came, and *came* means
    everywhere that it is there; ``entry_id`` the scan since which she is inside, None while she is not; ``last_id``
    the last movement that nobody undid. ``flask checkin recount`` makes the rows anew.
    """

    __tablename__ = "presence"
    __impersonal__ = ("event_id",)
    __table_args__ = (
        Index(None, "event_id", "came_at"),
        CheckConstraint("entry_id IS NULL OR came_at IS NOT NULL", name="entry_id"),
        CheckConstraint("came_at IS NULL OR last_id IS NOT NULL", name="came_at"),
    )

    registration_id: Mapped[str] = mapped_column(
        ForeignKey("registration.id"),
        primary_key=True,
        info=personal(
            "who came and who is in the room, folded from the scans",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    came_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=personal(
            "who came and who is in the room, folded from the scans",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )
    entry_id: Mapped[str | None] = mapped_column(
        ForeignKey("scan.id"),
        info=personal(
            "who came and who is in the room, folded from the scans",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )
    last_id: Mapped[str | None] = mapped_column(
        ForeignKey("scan.id"),
        info=personal(
            "who came and who is in the room, folded from the scans",
            seen_by=("read_registrations", "manage_doors", "check_in"),
        ),
    )


class Occupancy(Model):
    """How many are in the room: a counter kept in the same transaction as the scans, and the lock that orders them.

    Everything here can be counted again (ADR 0024): ``scans`` taken so far, heads ``inside`` now, heads that ``came``
    at all, the ``highest`` number inside with the moment it was reached, and when somebody moved last, ``latest_at``.
    """

    __tablename__ = "occupancy"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (
        CheckConstraint("inside >= 0", name="inside"),
        CheckConstraint("came >= 0", name="came"),
        CheckConstraint("highest >= inside", name="highest"),
    )

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    scans: Mapped[int] = mapped_column(default=0)
    inside: Mapped[int] = mapped_column(default=0)
    came: Mapped[int] = mapped_column(default=0)
    highest: Mapped[int] = mapped_column(default=0)
    highest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    latest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ArrivalCount(Model):
    """How many heads of a cell (:class:`eventapp.registration.models.HeadCount`) came first in these five minutes.

    Kept by triggers as well, apart from the cells of the heads: no scan waits for a sign-up. ``step_at``: when the
    five minutes began.
    """

    __tablename__ = "arrival_count"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("heads >= 0", name="heads"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    quota_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    category_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState), primary_key=True)
    step_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    heads: Mapped[int] = mapped_column(default=0)


_KEYS = "event_id, quota_key, category_key, state, step_at"
_IN = f"""
    INSERT INTO arrival_count ({_KEYS}, heads)
    SELECT {CELL}, five_minutes({{at}}), 1 FROM registration r JOIN booking b ON b.id = r.booking_id
    WHERE r.id = NEW.{{head}} AND {{at}} IS NOT NULL
    ON CONFLICT ({_KEYS}) DO UPDATE SET heads = arrival_count.heads + excluded.heads
"""
_CAME = _IN.format(at="NEW.came_at", head="registration_id")
_WENT = f"""
    UPDATE arrival_count SET heads = heads - 1 WHERE OLD.came_at IS NOT NULL AND ({_KEYS}) =
    (SELECT {CELL}, five_minutes(OLD.came_at) FROM registration r JOIN booking b ON b.id = r.booking_id
     WHERE r.id = OLD.registration_id)
"""
_OUT_OF_CELL = f"""
    UPDATE arrival_count SET heads = heads - 1 WHERE ({_KEYS}) =
    (SELECT r.event_id, COALESCE(b.quota_id, ''), COALESCE(OLD.category_id, ''), OLD.state, five_minutes(p.came_at)
     FROM registration r JOIN booking b ON b.id = r.booking_id JOIN presence p ON p.registration_id = r.id
     WHERE r.id = NEW.id AND p.came_at IS NOT NULL)
"""
_INTO_CELL = f"""
    INSERT INTO arrival_count ({_KEYS}, heads)
    SELECT {CELL}, five_minutes(p.came_at), 1 FROM registration r JOIN booking b ON b.id = r.booking_id
    JOIN presence p ON p.registration_id = r.id WHERE r.id = NEW.id AND p.came_at IS NOT NULL
    ON CONFLICT ({_KEYS}) DO UPDATE SET heads = arrival_count.heads + excluded.heads
"""
keep(
    Model.metadata.tables[ArrivalCount.__tablename__],
    f"""
        SELECT {CELL}, five_minutes(p.came_at), count(*) FROM presence p JOIN registration r ON r.id = p.registration_id
        JOIN booking b ON b.id = r.booking_id WHERE p.came_at IS NOT NULL GROUP BY {CELL}, five_minutes(p.came_at)
    """,
    Trigger("count_arrival", "presence", "INSERT", (_CAME,)),
    Trigger("count_other_arrival", "presence", "UPDATE OF came_at", (_WENT, _CAME)),
    Trigger("count_undone_arrival", "presence", "DELETE", (_WENT,)),
    Trigger("count_moved_guest", "registration", "UPDATE OF state, category_id", (_OUT_OF_CELL, _INTO_CELL)),
)
