"""What there is before the first post: an event, a door, guests with tickets, and a hearing that was sent out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

from eventapp import blobs, clock, config, create_app
from eventapp.cases import actions as case_actions
from eventapp.cases.models import Case, Document, DocumentKind, DocumentVersion
from eventapp.checkin import actions as door_actions
from eventapp.cli import make_secrets
from eventapp.db import db, new_id, transaction
from eventapp.events.models import Category, Event, Layout, Quota, QuotaKind, Venue
from eventapp.hearing.calling import actions as hearing_actions
from eventapp.hearing.models import Hearing
from eventapp.languages import OFFICIAL, SOURCE, Wording
from eventapp.registration import actions as registration_actions
from eventapp.registration import ticket_rules
from eventapp.web.permissions import Person, Role
from tools.bench.posts import SEEDED

SEATS = 1_000_000  # nobody waits: the line is another path, and another test's matter
STAFF = Person("0" * 32, "Arrangør", frozenset({Role.ORGANISER}))
MEMO = b"%PDF-1.4 notat %%EOF"
BATCH = 5_000


@dataclass(frozen=True)
class World:
    """A database with everything in it, and the names under which to find it. ``folder`` is the instance's."""

    database: str
    folder: str
    event_id: str = ""
    event_slug: str = ""
    quota_id: str = ""
    category_id: str = ""
    hearing_id: str = ""
    hearing_slug: str = ""
    shift_code: str = ""

    @property
    def is_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    @property
    def codes_file(self) -> Path:
        return Path(self.folder) / "codes.txt"

    def codes(self) -> list[str]:
        """The codes of all tickets."""
        return self.codes_file.read_text("ascii").split()

    def connected(self) -> Any:
        """A connection of the driver itself, past everything of the product's."""
        if self.is_sqlite:
            return sqlite3.connect(self.database.removeprefix("sqlite:///"))
        return psycopg.connect(self.database.replace("postgresql+psycopg", "postgresql"))

    def mails_waiting(self) -> int:
        """How many mails nobody has sent yet."""
        with closing(self.connected()) as conn:
            return int(conn.execute("SELECT count(*) FROM outbox_mail WHERE state <> 'sent'").fetchone()[0])

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, path: Path) -> World:
        return cls(**json.loads(path.read_text("utf-8")))

    def copy(self) -> World:
        """The same once more in a database of its own; nobody may be connected to this one."""
        if self.is_sqlite:
            copied = Path(self.folder) / "bare.db"
            with closing(self.connected()) as source, closing(sqlite3.connect(copied)) as target:
                source.backup(target)
            return replace(self, database=f"sqlite:///{copied}")
        url = make_url(self.database)
        name = f"{url.database}_bare"
        _on_server(self.database, sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, url.database or "")
        return replace(self, database=url.set(database=name).render_as_string(hide_password=False))


def make(folder: Path, tickets_wanted: int, server: str = "") -> World:
    """Make instance folder, tables and rows.

    :param server: address of a PostgreSQL server; "" for SQLite in the folder.
    """
    make_secrets(folder)
    database = f"sqlite:///{folder / 'eventapp.db'}"
    if server:
        _on_server(server, sql.SQL("CREATE DATABASE {}"), folder.name.replace("-", "_"))
        url = make_url(server).set(database=folder.name.replace("-", "_"))
        database = url.render_as_string(hide_password=False)
    world = World(database, str(folder))
    with _application(world) as app, app.app_context():
        flask_migrate.upgrade()
        world = _fill(world, clock.now())
        _seed_tickets(world, tickets_wanted, clock.now())
    return world


@contextmanager
def _application(world: World) -> Iterator[Flask]:
    app = create_app(config.load({"DATABASE_URL": world.database}, Path(world.folder)))
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()  # the last one to leave brings the write-ahead log into the file


def _on_server(server: str, statement: sql.SQL, *names: str) -> None:
    address = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, dbname="postgres") as conn:
        conn.execute(statement.format(*map(sql.Identifier, names)))


def _fill(world: World, now: datetime) -> World:
    facts = case_actions.CaseFacts(
        number="2024-0000001", title=Wording({OFFICIAL: "Ny havnepark", SOURCE: "A new harbour park"})
    )
    case = case_actions.open_case(facts, by=None, now=now)
    case.published_at = now
    event, hearing = _event(case, now), _hearing(case, now)
    quota = Quota(event_id=event.id, kind=QuotaKind.PUBLIC, seats=SEATS)
    category = Category(event_id=event.id, position=1, label=Wording({OFFICIAL: "Borger", SOURCE: "Citizen"}))
    others = [Category(event_id=event.id, position=place, label=Wording(f"Gruppe {place}")) for place in (2, 3, 4)]
    db.session.add_all([quota, category, *others])
    db.session.flush()
    door = door_actions.add_door(event, "Hovedindgang", by=STAFF, now=now)
    shift = door_actions.begin_shift(door, by=STAFF, now=now)
    filled = replace(
        world,
        event_id=event.id,
        event_slug=event.slug,
        quota_id=quota.id,
        category_id=category.id,
        hearing_id=hearing.id,
        hearing_slug=hearing.slug,
        shift_code=door_actions.shift_code(shift.id),
    )
    db.session.commit()
    return filled


def _event(case: Case, now: datetime) -> Event:
    venue = Venue(name="Medborgerhuset, Havneby", address="Torvet 1, 9999 Havneby")
    layout = Layout(venue=venue, name="Stolerækker", max_persons=SEATS, plan_reference="Plan 12")
    starts_at = now + timedelta(days=1)
    event = Event(
        case=case,
        layout=layout,
        slug="debat-om-havneparken",
        title=Wording({OFFICIAL: "Debat om havneparken", SOURCE: "Debate about the harbour park"}),
        doors_open_at=now,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        registration_opens_at=now - timedelta(days=7),
        registration_closes_at=starts_at,
        published_at=now - timedelta(days=7),
    )
    db.session.add(event)
    db.session.flush()
    return event


def _hearing(case: Case, now: datetime) -> Hearing:
    stored = blobs.put(MEMO)
    blobs.insert(db.session.connection(), stored, "application/pdf")
    file = {"sha256": stored.sha256, "size": stored.size, "file_name": "notat.pdf", "media_type": "application/pdf"}
    version = DocumentVersion(number=1, title="Notat", kind=DocumentKind.MEMO, uploaded_at=now, **file)
    document = Document(position=1, kind=DocumentKind.MEMO, title=Wording("Notat"), is_public=True, versions=[version])
    case.documents.append(document)
    plan = hearing_actions.Plan(
        slug="havneparken",
        title=Wording("Høring om havneparken"),
        question=Wording("Hvad mener I om forslaget?"),
        starts_at=now,
        deadline_at=now + timedelta(weeks=4),
    )
    hearing = hearing_actions.open_hearing(case, plan, by=None, now=now)
    hearing_actions.add_material(hearing, version, by=None)
    for number in range(20):
        hearing_actions.add_party(hearing, f"Forening {number}", f"forening{number}@example.org", by=None)
    db.session.flush()
    hearing_actions.send_notices(hearing, by=None, now=now)
    return hearing


def _seed_tickets(world: World, wanted: int, now: datetime) -> None:
    """Guests with tickets, so that tables have a size and doors have something to scan."""
    codes: list[str] = []
    for first in range(0, wanted, BATCH):
        guests = [_guest(world, number, now) for number in range(first, min(first + BATCH, wanted))]
        with transaction() as session:
            conn = session.connection()
            registration_actions.INSERT.many(conn, [one.booking for one in guests])
            registration_actions.INSERT_HEAD.many(conn, [one.head for one in guests])
            registration_actions.INSERT_TICKET.many(conn, [one.ticket for one in guests])
        codes += [one.code for one in guests]
    with transaction() as session:
        session.get_one(Quota, world.quota_id).taken = wanted
    world.codes_file.write_text("\n".join(codes), "ascii")


class Guest(NamedTuple):
    """The rows of one guest, and the code of her ticket."""

    booking: dict[str, Any]
    head: dict[str, Any]
    ticket: dict[str, Any]
    code: str


def _guest(world: World, number: int, now: datetime) -> Guest:
    booking_id, registration_id, ticket_id = new_id(), new_id(), new_id()
    code = ticket_rules.code(ticket_id, 1)
    booking = {
        "id": booking_id,
        "event_id": world.event_id,
        "quota_id": world.quota_id,
        "submission_key": f"{SEEDED}{number:028x}",
        "content_hash": "0" * 64,
        "waiting_number": None,
        "waiting": 0,
        "origin": "web",
        "email": f"seed{number}@example.org",
        "lang": OFFICIAL,
        "wants_follow_up": False,
        "notice_version": "1",
        "suspicion": "none",
        "link_hash": new_id() * 2,
        "registered_at": now,
    }
    head = {
        "id": registration_id,
        "booking_id": booking_id,
        "position": 1,
        "event_id": world.event_id,
        "category_id": world.category_id,
        "state": "confirmed",
        "name": f"Gæst {number}",
        "name_key": f"gæst {number:06}",
        "organisation": "",
        "question": "",
    }
    ticket = {
        "id": ticket_id,
        "registration_id": registration_id,
        "event_id": world.event_id,
        "code_hash": ticket_rules.code_hash(code),
        "now": now,
    }
    return Guest(booking, head, ticket, code)
