"""Questions about registrations. Those at the top serve the rush and run on a connection, without the ORM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, as_moment
from eventapp.events.models import QuotaKind
from eventapp.registration.tickets import code_hash

EVENT = """
    SELECT e.id, e.slug, e.title, e.title_en, e.starts_at, e.ends_at, e.doors_open_at, e.registration_opens_at,
           e.registration_closes_at, e.cancelled_at, e.cancel_text, e.calendar_sequence, v.name AS venue, v.address,
           q.id AS quota_id, q.kind, q.seats, q.taken, q.waiting
    FROM event e JOIN layout l ON l.id = e.layout_id JOIN venue v ON v.id = l.venue_id
    LEFT JOIN quota q ON q.event_id = e.id
"""
EVENT_BY_SLUG = Sql(f"{EVENT} WHERE e.slug = :slug AND e.published_at IS NOT NULL")
EVENT_BY_ID = Sql(f"{EVENT} WHERE e.id = :event_id")
CHOICES = Sql("SELECT id, label, label_en, quota_kind FROM category WHERE event_id = :event_id ORDER BY position")
BY_KEY = Sql("""
    SELECT r.id, r.state, r.content_hash, t.id AS ticket_id, t.version
    FROM registration r LEFT JOIN ticket t ON t.registration_id = r.id WHERE r.submission_key = :key
""")
HELD_BY_ADDRESS = Sql("""
    SELECT count(*) FROM registration WHERE event_id = :event_id AND email = :email AND state <> 'cancelled'
""")
GUEST = Sql("""
    SELECT r.id, r.event_id, r.quota_id, r.state, r.name, r.email, r.lang, t.id AS ticket_id, t.version
    FROM registration r LEFT JOIN ticket t ON t.registration_id = r.id WHERE r.id = :registration_id
""")
GUESTS = Sql("""
    SELECT id, email, lang FROM registration WHERE event_id = :event_id AND state <> 'cancelled' AND email <> ''
    ORDER BY registered_at, id
""")
PAGE = """
    SELECT r.id, r.event_id, r.state, r.name, r.email, r.registered_at, c.label, c.label_en, t.id AS ticket_id,
           t.version
    FROM registration r LEFT JOIN ticket t ON t.registration_id = r.id LEFT JOIN category c ON c.id = r.category_id
"""
PAGE_BY_TICKET = Sql(f"{PAGE} WHERE t.code_hash = :hashed")
PAGE_BY_LINK = Sql(f"{PAGE} WHERE r.link_hash = :hashed")
IN_FRONT = Sql("""
    SELECT count(*) FROM registration one JOIN registration other ON other.quota_id = one.quota_id
        AND other.state = 'waiting' AND other.waiting_number <= one.waiting_number
    WHERE one.id = :registration_id
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
    label: str
    label_en: str
    quota_kind: QuotaKind

    def text(self, lang: str) -> str:
        return self.label_en or self.label if lang == "en" else self.label


@dataclass(frozen=True)
class Occasion:
    """What signing up and its mails need to know of an event."""

    id: str
    slug: str
    title_da: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    doors_open_at: datetime
    opens_at: datetime
    closes_at: datetime
    cancelled_at: datetime | None
    cancel_text: str
    calendar_sequence: int
    venue: str
    address: str
    quotas: dict[QuotaKind, Seats] = field(default_factory=dict)

    def title(self, lang: str) -> str:
        return self.title_en or self.title_da if lang == "en" else self.title_da

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.venue, self.address) if part)

    def seats_for(self, choice: Choice | None) -> Seats | None:
        """The seats that a guest of this kind takes; those of the public where none are set aside."""
        kind = choice.quota_kind if choice else QuotaKind.PUBLIC
        return self.quotas.get(kind) or self.quotas.get(QuotaKind.PUBLIC)


@dataclass(frozen=True)
class Guest:
    """One registration as mails and cancelling need it."""

    id: str
    event_id: str
    quota_id: str | None
    state: str
    name: str
    email: str
    lang: str
    ticket_id: str | None
    version: int | None


@dataclass(frozen=True)
class OwnPage:
    """What a guest sees of a registration. ``place`` is the number in line of one who waits, else None."""

    id: str
    event_id: str
    state: str
    name: str
    email: str
    registered_at: datetime
    label: str
    label_en: str
    ticket_id: str | None
    version: int | None
    place: int | None
    occasion: Occasion


Find = Callable[[Connection, str], OwnPage | None]


def page_by_ticket(conn: Connection, hashed: str) -> OwnPage | None:
    """The registration whose ticket has this code; None for a code that is unknown or was replaced."""
    return _page(conn, PAGE_BY_TICKET(conn, hashed=hashed).one_or_none())


def page_by_link(conn: Connection, hashed: str) -> OwnPage | None:
    """The registration whose own link this is."""
    return _page(conn, PAGE_BY_LINK(conn, hashed=hashed).one_or_none())


def _page(conn: Connection, row: Any) -> OwnPage | None:
    if row is None:
        return None
    return OwnPage(
        id=row.id,
        event_id=row.event_id,
        state=row.state,
        name=row.name,
        email=row.email,
        registered_at=as_moment(row.registered_at),
        label=row.label or "",
        label_en=row.label_en or "",
        ticket_id=row.ticket_id,
        version=row.version,
        place=place_in_line(conn, row.id) if row.state == "waiting" else None,
        occasion=occasion_by_id(conn, row.event_id),
    )


def ticket_by_code(conn: Connection, code: str) -> OwnPage | None:
    """The registration that a ticket's code belongs to, in whatever state it is."""
    return page_by_ticket(conn, code_hash(code))


def occasion_by_slug(conn: Connection, slug: str) -> Occasion | None:
    """A published event; None when there is none."""
    return _occasion(EVENT_BY_SLUG(conn, slug=slug).all())


def occasion_by_id(conn: Connection, event_id: str) -> Occasion:
    """
    :raises LookupError: when there is no such event.
    """
    found = _occasion(EVENT_BY_ID(conn, event_id=event_id).all())
    if found is None:
        raise LookupError(event_id)
    return found


def choices(conn: Connection, event_id: str) -> list[Choice]:
    """What one may come as, in the organiser's order."""
    rows = CHOICES(conn, event_id=event_id)
    return [Choice(row.id, row.label, row.label_en, QuotaKind(row.quota_kind)) for row in rows]


def sent_before(conn: Connection, key: str) -> Any | None:
    """The registration that a submission key belongs to: id, state, content_hash, ticket_id, version."""
    return BY_KEY(conn, key=key).one_or_none()


def held_by(conn: Connection, event_id: str, email: str) -> int:
    """How many registrations an address holds for an event, cancelled ones apart."""
    return int(HELD_BY_ADDRESS(conn, event_id=event_id, email=email).scalar_one())


def guest(conn: Connection, registration_id: str) -> Guest | None:
    row = GUEST(conn, registration_id=registration_id).one_or_none()
    return Guest(**row._mapping) if row else None


def reachable_guests(conn: Connection, event_id: str) -> Any:
    """Everybody who wants to come and gave an address: rows of id, email, lang, the first to sign up first."""
    return GUESTS(conn, event_id=event_id).all()


def place_in_line(conn: Connection, registration_id: str) -> int:
    """Which number in line a waiting registration has now, the first being 1."""
    return int(IN_FRONT(conn, registration_id=registration_id).scalar_one())


def _occasion(rows: Any) -> Occasion | None:
    if not rows:
        return None
    row = rows[0]
    return Occasion(
        id=row.id,
        slug=row.slug,
        title_da=row.title,
        title_en=row.title_en,
        starts_at=as_moment(row.starts_at),
        ends_at=as_moment(row.ends_at),
        doors_open_at=as_moment(row.doors_open_at),
        opens_at=as_moment(row.registration_opens_at),
        closes_at=as_moment(row.registration_closes_at),
        cancelled_at=as_moment(row.cancelled_at) if row.cancelled_at else None,
        cancel_text=row.cancel_text,
        calendar_sequence=row.calendar_sequence,
        venue=row.venue,
        address=row.address,
        quotas={
            QuotaKind(one.kind): Seats(one.quota_id, one.seats, one.taken, one.waiting) for one in rows if one.quota_id
        },
    )
