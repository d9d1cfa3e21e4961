"""Guests by the thousand, straight into the tables: their bookings, heads, tickets, and who of them came.

The rows are those that the product writes, past the product: a million sign-ups through it would take an hour. What
it keeps beside them (seats taken, the number in the room, the counts of heads and arrivals) is made to fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Table

from eventapp.checkin.models import Occupancy, Presence, Scan
from eventapp.db import db, kept, transaction
from eventapp.db.columns import Model
from eventapp.events.models import Quota
from eventapp.languages import OFFICIAL
from eventapp.registration import rules, ticket_rules
from eventapp.registration.models import AccessNeed, Booking, Registration, Ticket
from tools.bench.posts import SEEDED

if TYPE_CHECKING:
    from tools.bench.world import World

WORD = re.compile(r"\w+")
FIRST = WORD.findall("""
    Anna Peter Mette Jens Kirsten Lars Hanne Søren Inge Michael Karen Henrik Lone Thomas Susanne Åse Jørgen Marianne
    Niels Camilla Ole Charlotte Hans Pia Erik Line Per Tina Bent Maria Kaj Ida Emil Freja Aage Ella Noah Alma Viggo
""")
MIDDLE = WORD.findall("""
    Bach Lund Holm Østergaard Kjær Dam Skov Bech Vestergaard Friis Toft Dahl Krogh Lauritsen Bang Riis Juul Storm
    Winther Ravn Brandt Munk Eskildsen Bay Kruse Hald Thorup Fog Mikkelsen Svane Gram Hede Buch
""")
LAST = WORD.findall("""
    Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen Madsen Kristensen
    Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen Jakobsen Jacobsen Mikkelsen Frederiksen
    Laursen Lauritzen Bertelsen Ågård Nguyen Holm Schmidt Eriksen Kristiansen Simonsen Clausen Svendsen Andreasen
""")
NAMES = len(FIRST) * len(MIDDLE) * len(LAST)
EVENT_HOURS = 2
CANCELLED_EACH, NEEDS_EACH, CAME_OF_TEN = 20, 50, 6


class Guest(NamedTuple):
    """What a guest's rows need to know of her. ``came_at``: None for one who did not come."""

    number: int
    code: str
    is_cancelled: bool
    came_at: datetime | None


def add(world: World, wanted: int, now: datetime, *, came: bool) -> list[str]:
    """Add so many guests; the codes of their tickets.

    :param came: most of them have come, some have cancelled, some need something; else all have a ticket to show yet.
    """
    with transaction() as session:
        kept.let_go(session.connection())
    db.session.remove()
    db.engine.dispose()  # SQLite gives up its log for nobody who shares the file
    guests = [_guest(number, now, came=came) for number in range(wanted)]
    _fill(world, guests, now)
    _fit(world, guests)
    return [one.code for one in guests]


def _guest(number: int, now: datetime, *, came: bool) -> Guest:
    is_cancelled = came and number % CANCELLED_EACH == 0
    comes = came and not is_cancelled and number % 10 < CAME_OF_TEN
    came_at = now + timedelta(seconds=number * 7919 % (EVENT_HOURS * 3600)) if comes else None
    return Guest(number, ticket_rules.code(_id("5ee2", number), 1), is_cancelled, came_at)


def _fill(world: World, guests: Sequence[Guest], now: datetime) -> None:
    with closing(world.connected()) as conn:
        if world.is_sqlite:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
                conn.execute(f"PRAGMA {pragma}")
        else:
            conn.execute("SET session_replication_role = replica")  # what the rows refer to stands, or comes with them
        _insert(conn, world, Booking, (_booking(world, one, now) for one in guests))
        _insert(conn, world, Registration, (_head(world, one, now) for one in guests))
        _insert(conn, world, Ticket, (_ticket(world, one, now) for one in guests))
        _insert(conn, world, AccessNeed, (_need(one, now) for one in guests if _needs(one)))
        arrived = sorted((one for one in guests if one.came_at), key=lambda one: (one.came_at, one.number))
        _insert(conn, world, Scan, (_scan(world, one, number) for number, one in enumerate(arrived, start=1)))
        _insert(conn, world, Presence, (_presence(world, one) for one in arrived))
        conn.commit()
        if not world.is_sqlite:
            conn.autocommit = True
        conn.execute("ANALYZE" if world.is_sqlite else "VACUUM ANALYZE")  # as the server does by itself in time


def _fit(world: World, guests: Sequence[Guest]) -> None:
    """What is kept beside the rows."""
    came = [one.came_at for one in guests if one.came_at]
    with transaction() as session:
        session.get_one(Quota, world.quota_id).taken = sum(not one.is_cancelled for one in guests)
        if came:
            room = session.get_one(Occupancy, world.event_id)
            room.scans = room.inside = room.came = room.highest = len(came)
            room.highest_at = room.latest_at = max(came)
        kept.take_up(session.connection())


def _insert(conn: Any, world: World, model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Many rows as quickly as the driver can; columns that are not named are empty."""
    table = db.metadata.tables[model.__tablename__]
    names = [column.name for column in table.columns]
    values = _values(world, table, rows)
    if world.is_sqlite:
        marks = ", ".join("?" * len(names))
        conn.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)
        return
    with conn.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _values(world: World, table: Table, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    names = [column.name for column in table.columns]
    for row in rows:
        values = map(row.get, names)
        yield tuple(map(_plain, values)) if world.is_sqlite else tuple(values)


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _id(kind: str, number: int) -> str:
    """Ids in order: an index that grows at its end is quickly made."""
    return f"{kind}{number:028x}"


@lru_cache(maxsize=100_000)
def _name(number: int) -> dict[str, str]:
    number, first = divmod(number, len(FIRST))
    last, middle = divmod(number, len(MIDDLE))
    return rules.name_columns(f"{FIRST[first]} {MIDDLE[middle]} {LAST[last]}")


def _needs(guest: Guest) -> bool:
    return guest.came_at is not None and guest.number % NEEDS_EACH == 1


def _booking(world: World, guest: Guest, now: datetime) -> dict[str, Any]:
    booking_id = _id(SEEDED, guest.number)
    return {
        "id": booking_id,
        "event_id": world.event_id,
        "quota_id": world.quota_id,
        "submission_key": booking_id,
        "content_hash": "0" * 64,
        "waiting": 0,
        "origin": "web",
        "email": f"seed{guest.number:07}@example.org",
        "lang": OFFICIAL,
        "wants_follow_up": False,
        "notice_version": "1",
        "suspicion": "none",
        "link_hash": ticket_rules.code_hash(booking_id),
        "calendar_uid": "",
        "registered_at": now - timedelta(days=7) + timedelta(seconds=guest.number / 2),
    }


def _head(world: World, guest: Guest, now: datetime) -> dict[str, Any]:
    return {
        "id": _id("5ee1", guest.number),
        "booking_id": _id(SEEDED, guest.number),
        "position": 1,
        "event_id": world.event_id,
        "category_id": world.category_id,
        "state": "cancelled" if guest.is_cancelled else "confirmed",
        **_name(guest.number * 7919 % NAMES),
        "organisation": "",
        "question": "",
        "cancelled_at": now if guest.is_cancelled else None,
    }


def _ticket(world: World, guest: Guest, now: datetime) -> dict[str, Any]:
    return {
        "id": _id("5ee2", guest.number),
        "registration_id": _id("5ee1", guest.number),
        "event_id": world.event_id,
        "version": 1,
        "code_hash": ticket_rules.code_hash(guest.code),
        "issued_at": now,
    }


def _need(guest: Guest, now: datetime) -> dict[str, Any]:
    return {
        "id": _id("5ee3", guest.number),
        "registration_id": _id("5ee1", guest.number),
        "text": "Kørestol",
        "show_at_door": True,
        "given_at": now,
    }


def _scan(world: World, guest: Guest, number: int) -> dict[str, Any]:
    return {
        "id": _id(SEEDED, guest.number),
        "event_id": world.event_id,
        "number": number,
        "door_id": world.door_id,
        "session_id": world.phone_id,
        "direction": "in",
        "means": "name",
        "verdict": "ok",
        "registration_id": _id("5ee1", guest.number),
        "received_at": guest.came_at,
        "at": guest.came_at,
    }


def _presence(world: World, guest: Guest) -> dict[str, Any]:
    scan_id = _id(SEEDED, guest.number)
    return {
        "registration_id": _id("5ee1", guest.number),
        "event_id": world.event_id,
        "came_at": guest.came_at,
        "entry_id": scan_id,
        "last_id": scan_id,
    }
