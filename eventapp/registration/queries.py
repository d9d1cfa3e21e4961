"""Questions about bookings and their heads. Those at the top serve the rush, without the ORM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, as_moment
from eventapp.events.models import QuotaKind
from eventapp.languages import NO_WORDS, Wording
from eventapp.registration.models import Origin, RegistrationState
from eventapp.registration.rules import state_of
from eventapp.registration.ticket_rules import code, code_hash

EVENT = """
    SELECT e.id, e.slug, e.title, e.starts_at, e.ends_at, e.doors_open_at, e.registration_opens_at,
           e.registration_closes_at, e.published_at, e.cancelled_at, e.cancel_text, e.calendar_sequence,
           e.influence, v.name AS venue, v.address, v.access, q.id AS quota_id, q.kind, q.seats, q.taken, q.waiting
    FROM event e JOIN layout l ON l.id = e.layout_id JOIN venue v ON v.id = l.venue_id
    LEFT JOIN quota q ON q.event_id = e.id
"""
EVENT_BY_SLUG = Sql(f"{EVENT} WHERE e.slug = :slug AND e.published_at IS NOT NULL")
EVENT_BY_ID = Sql(f"{EVENT} WHERE e.id = :event_id")
CHOICES = Sql("SELECT id, label, quota_kind FROM category WHERE event_id = :event_id ORDER BY position")
BY_KEY = Sql("""
    SELECT b.id AS booking_id, b.content_hash, r.id, r.state, t.id AS ticket_id, t.version
    FROM booking b JOIN registration r ON r.booking_id = b.id LEFT JOIN ticket t ON t.registration_id = r.id
    WHERE b.submission_key = :key ORDER BY r.position
""")
HELD_BY_ADDRESS = Sql("""
    SELECT count(*) AS heads, min(CASE WHEN b.content_hash = :content_hash AND b.registered_at > :since
        AND b.id <> :except_id AND b.origin = 'web' THEN b.id END) AS same
    FROM booking b JOIN registration r ON r.booking_id = b.id AND r.state <> 'cancelled'
    WHERE b.event_id = :event_id AND b.email = :email
""")
_BOOKED = """
    SELECT b.id AS booking_id, b.event_id, b.quota_id, b.email, b.lang, b.origin, b.calendar_uid, r.id, r.position,
           r.state, r.name, t.id AS ticket_id, t.version
    FROM booking b JOIN registration r ON r.booking_id = b.id LEFT JOIN ticket t ON t.registration_id = r.id
"""
BOOKED = Sql(f"{_BOOKED} WHERE b.id = :booking_id ORDER BY r.position")
BOOKED_WITH = Sql(f"""{_BOOKED}
    WHERE b.id = (SELECT booking_id FROM registration WHERE id = :registration_id) ORDER BY r.position
""")
REACHABLE = """
    FROM booking WHERE event_id = :event_id AND email <> '' AND origin <> 'invitation' AND registered_at <= :until
    AND EXISTS (SELECT 1 FROM registration r WHERE r.booking_id = booking.id AND r.state <> 'cancelled')
"""
SOME_REACHABLE = Sql(f"""
    SELECT id, email, lang, EXISTS (
        SELECT 1 FROM registration r WHERE r.booking_id = booking.id AND r.state = 'confirmed') AS has_seat
    {REACHABLE} AND id > :after ORDER BY id LIMIT :most
""")
# Who came to the door has come; who signed up by telephone is to be told by telephone.
REACHABLE_NUMBER = Sql("""
    SELECT count(DISTINCT b.id) FILTER (WHERE b.email <> '') AS bookings,
           count(*) FILTER (WHERE b.email <> '') AS people,
           count(*) FILTER (WHERE b.email = '') AS without_mail
    FROM booking b JOIN registration r ON r.booking_id = b.id AND r.state <> 'cancelled'
    WHERE b.event_id = :event_id AND b.origin NOT IN ('invitation', 'walk_in') AND b.registered_at <= :until
""")
PAGE = """
    SELECT b.id AS booking_id, b.event_id, b.email, b.wants_follow_up, b.registered_at, r.id, r.position, r.state,
           r.name, c.label, t.id AS ticket_id, t.version
    FROM registration r JOIN booking b ON b.id = r.booking_id LEFT JOIN ticket t ON t.registration_id = r.id
    LEFT JOIN category c ON c.id = r.category_id
"""
PAGE_BY_TICKET = Sql(f"{PAGE} WHERE t.code_hash = :hashed")
PAGE_BY_LINK = Sql(f"{PAGE} WHERE b.link_hash = :hashed ORDER BY r.position")
# Of one address and one entry of its calendar: how many bookings, and in how many of these somebody still has a seat
# or waits. Both only grow or end, so what is made of them never goes back.
ENTRY = Sql("""
    SELECT count(*) AS bookings,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM registration r WHERE r.booking_id = booking.id AND r.state <> 'cancelled')) AS live,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM registration r WHERE r.booking_id = booking.id AND r.state = 'confirmed')) AS seated
    FROM booking WHERE event_id = :event_id AND email = :email AND calendar_uid = :uid
""")
IN_FRONT = Sql("""
    SELECT COALESCE(sum(other.waiting), 0) FROM booking one JOIN booking other ON other.quota_id = one.quota_id
        AND other.waiting > 0 AND other.waiting_number < one.waiting_number
    WHERE one.id = :booking_id
""")


@dataclass(frozen=True)
class Seats:
    """The counters of one quota."""

    id: str
    seats: int
    taken: int
    waiting: int

    @property
    def free(self) -> int:
        """Seats that a newcomer can have: none while somebody waits."""
        return 0 if self.waiting else max(0, self.seats - self.taken)


@dataclass(frozen=True)
class Choice:
    """One answer to "I come as"."""

    id: str
    label: Wording
    quota_kind: QuotaKind


@dataclass(frozen=True)
class EventBrief:
    """What signing up and its mails need to know of an event."""

    id: str
    slug: str
    title: Wording
    starts_at: datetime
    ends_at: datetime
    doors_open_at: datetime
    registration_opens_at: datetime
    registration_closes_at: datetime
    published_at: datetime | None
    cancelled_at: datetime | None
    cancel_text: Wording
    calendar_sequence: int
    venue: str
    address: str
    access: Wording = NO_WORDS
    influence: Wording = NO_WORDS
    quotas: dict[QuotaKind, Seats] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.venue, self.address) if part)

    def seats_for(self, choice: Choice | None) -> Seats | None:
        """The seats that a guest of this kind takes; those of the public where none are set aside."""
        own = self.quotas.get(choice.quota_kind) if choice else None
        return own if own and (own.seats or own.waiting) else self.quotas.get(QuotaKind.PUBLIC)


@dataclass(frozen=True)
class BookedHead:
    """One head of a booking. ``ticket_id`` and ``version`` make its code; None for one who has no ticket."""

    id: str
    position: int
    state: RegistrationState
    name: str
    ticket_id: str | None
    version: int | None
    label: Wording = NO_WORDS

    @property
    def is_live(self) -> bool:
        return self.state is not RegistrationState.CANCELLED

    @property
    def code(self) -> str | None:
        """The code of the ticket, made anew."""
        return code(self.ticket_id, self.version) if self.ticket_id and self.version else None


@dataclass(frozen=True)
class Booked:
    """One booking as mails and cancelling need it."""

    id: str
    event_id: str
    quota_id: str | None
    email: str
    lang: str
    origin: Origin
    calendar_uid: str
    heads: tuple[BookedHead, ...]

    @property
    def live(self) -> list[BookedHead]:
        """Those who still want to come."""
        return [one for one in self.heads if one.is_live]

    @property
    def state(self) -> RegistrationState:
        return state_of(one.state for one in self.heads)


@dataclass(frozen=True)
class OwnPage:
    """What a guest sees: the heads of a booking, or the one whose ticket is looked at.

    ``place`` is the number in line of the first of those who wait, else None. ``wants_follow_up``: the sender said
    that we may write afterwards.
    """

    id: str
    event_id: str
    email: str
    wants_follow_up: bool
    registered_at: datetime
    heads: tuple[BookedHead, ...]
    place: int | None
    brief: EventBrief

    @property
    def live(self) -> list[BookedHead]:
        """Those who still want to come."""
        return [one for one in self.heads if one.is_live]

    @property
    def state(self) -> RegistrationState:
        return state_of(one.state for one in self.heads)


Find = Callable[[Connection, str], OwnPage | None]


def page_by_ticket(conn: Connection, hashed: str) -> OwnPage | None:
    """The head whose ticket has this code, and nobody else; None for a code that is unknown or was replaced."""
    return _page(conn, PAGE_BY_TICKET(conn, hashed=hashed).all())


def page_by_link(conn: Connection, hashed: str) -> OwnPage | None:
    """The booking whose own link this is."""
    return _page(conn, PAGE_BY_LINK(conn, hashed=hashed).all())


def _page(conn: Connection, rows: Sequence[Any]) -> OwnPage | None:
    if not rows:
        return None
    row, heads = rows[0], tuple(_head(one, one.label) for one in rows)
    waits = any(one.state is RegistrationState.WAITING for one in heads)
    return OwnPage(
        id=row.booking_id,
        event_id=row.event_id,
        email=row.email,
        wants_follow_up=bool(row.wants_follow_up),
        registered_at=as_moment(row.registered_at),
        heads=heads,
        place=place_in_line(conn, row.booking_id) if waits else None,
        brief=brief_by_id(conn, row.event_id),
    )


def _head(row: Any, label: str | None = None) -> BookedHead:
    state = RegistrationState(row.state)
    return BookedHead(row.id, row.position, state, row.name, row.ticket_id, row.version, Wording.load(label))


def ticket_by_code(conn: Connection, typed: str) -> OwnPage | None:
    """The head that a ticket's code belongs to, in whatever state it is."""
    return page_by_ticket(conn, code_hash(typed))


def brief_by_slug(conn: Connection, slug: str) -> EventBrief | None:
    """A published event; None when there is none."""
    return _brief(EVENT_BY_SLUG(conn, slug=slug).all())


def brief_by_id(conn: Connection, event_id: str) -> EventBrief:
    """
    :raises LookupError: when there is no such event.
    """
    found = _brief(EVENT_BY_ID(conn, event_id=event_id).all())
    if found is None:
        raise LookupError(event_id)
    return found


def choices(conn: Connection, event_id: str) -> list[Choice]:
    """What one may come as, in the organiser's order."""
    rows = CHOICES(conn, event_id=event_id)
    return [Choice(row.id, Wording.load(row.label), QuotaKind(row.quota_kind)) for row in rows]


def sent_before(conn: Connection, key: str) -> Sequence[Any]:
    """The heads of the booking that a submission key belongs to, in their order; empty when there is none.

    Rows of booking_id, content_hash, id, state, ticket_id, version.
    """
    return BY_KEY(conn, key=key).all()


@dataclass(frozen=True)
class Same:
    """What makes a booking the same as another: its content, sent by the form since a moment."""

    content_hash: str
    since: datetime | None  # nothing is later than NULL
    except_id: str


@dataclass(frozen=True)
class Held:
    """How many heads an address holds for an event, and the booking among them that says the same, if there is one."""

    heads: int
    same: str | None


def held_by(conn: Connection, event_id: str, email: str, same_as: Same | None = None) -> Held:
    """What an address holds for an event, cancelled heads apart."""
    wanted = same_as or Same("", None, "")
    found = HELD_BY_ADDRESS(conn, event_id=event_id, email=email, **vars(wanted)).one()
    return Held(found.heads, found.same)


def booked(conn: Connection, booking_id: str) -> Booked | None:
    return _booked(BOOKED(conn, booking_id=booking_id).all())


def booked_with(conn: Connection, registration_id: str) -> Booked | None:
    """The booking that a head belongs to."""
    return _booked(BOOKED_WITH(conn, registration_id=registration_id).all())


def head(conn: Connection, registration_id: str) -> BookedHead | None:
    """One head."""
    found = booked_with(conn, registration_id)
    return next((one for one in found.heads if one.id == registration_id), None) if found else None


def reachable(conn: Connection, event_id: str, *, until: datetime, after: str, most: int) -> Sequence[Any]:
    """Bookings of those who want to come and gave an address: rows of id, email, lang, has_seat by id."""
    return SOME_REACHABLE(conn, event_id=event_id, until=until, after=after, most=most).all()


@dataclass(frozen=True)
class ReachableNumber:
    """How many bookings those are in all, and people in them; and how many people gave no address."""

    bookings: int
    people: int
    without_mail: int


def reachable_number(conn: Connection, event_id: str, *, until: datetime) -> ReachableNumber:
    """How many those are in all."""
    row = REACHABLE_NUMBER(conn, event_id=event_id, until=until).one()
    return ReachableNumber(row.bookings, row.people, row.without_mail)


@dataclass(frozen=True)
class CalendarEntry:
    """What one address has in its calendar of an event.

    ``steps``: how often that changed for this address alone: each booking after the first, and each that ended.
    ``is_wanted``: whether somebody of it has a seat.
    """

    bookings: int
    live: int
    seated: int

    @property
    def steps(self) -> int:
        return max(0, self.bookings - 1) + self.bookings - self.live

    @property
    def is_wanted(self) -> bool:
        return self.seated > 0


def calendar_entry(conn: Connection, event_id: str, email: str, uid: str) -> CalendarEntry:
    """
    :param uid: of the entry where it is not the event's own, else "".
    """
    row = ENTRY(conn, event_id=event_id, email=email, uid=uid).one()
    return CalendarEntry(row.bookings, row.live, row.seated)


def place_in_line(conn: Connection, booking_id: str) -> int:
    """Which number in line the first of a waiting booking has now, counted in heads and from 1."""
    return int(IN_FRONT(conn, booking_id=booking_id).scalar_one()) + 1


def _booked(rows: Sequence[Any]) -> Booked | None:
    if not rows:
        return None
    row = rows[0]
    heads = tuple(map(_head, rows))
    origin = Origin(row.origin)
    return Booked(row.booking_id, row.event_id, row.quota_id, row.email, row.lang, origin, row.calendar_uid, heads)


def _brief(rows: Any) -> EventBrief | None:
    if not rows:
        return None
    row = rows[0]
    return EventBrief(
        id=row.id,
        slug=row.slug,
        title=Wording.load(row.title),
        starts_at=as_moment(row.starts_at),
        ends_at=as_moment(row.ends_at),
        doors_open_at=as_moment(row.doors_open_at),
        registration_opens_at=as_moment(row.registration_opens_at),
        registration_closes_at=as_moment(row.registration_closes_at),
        published_at=as_moment(row.published_at) if row.published_at else None,
        cancelled_at=as_moment(row.cancelled_at) if row.cancelled_at else None,
        cancel_text=Wording(row.cancel_text),
        calendar_sequence=row.calendar_sequence,
        venue=row.venue,
        address=row.address,
        access=Wording.load(row.access),
        influence=Wording.load(row.influence),
        quotas={
            QuotaKind(one.kind): Seats(one.quota_id, one.seats, one.taken, one.waiting) for one in rows if one.quota_id
        },
    )
