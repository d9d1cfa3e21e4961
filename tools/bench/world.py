"""What there is before the first post: an event, a door, guests with tickets, and a hearing that was sent out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

from eventapp import blobs, clock, config, create_app
from eventapp.accounts.models import RoleGrant, Staff, StaffSession
from eventapp.cases import actions as case_actions
from eventapp.cases.models import Case, Document, DocumentKind, DocumentVersion
from eventapp.checkin import actions as door_actions
from eventapp.checkin.models import DoorSession
from eventapp.cli import make_secrets
from eventapp.db import db
from eventapp.events.models import Category, Event, Layout, Quota, QuotaKind, Venue
from eventapp.hearing.calling import actions as hearing_actions
from eventapp.hearing.models import Hearing
from eventapp.languages import OFFICIAL, SOURCE, Wording
from eventapp.tokens import new_token, token_hash
from eventapp.web.permissions import Person, Role
from tools.bench import guests

SEATS = 1_000_000  # nobody waits: the line is another path, and another test's matter
STAFF = Person("0" * 32, "Arrangør", frozenset({Role.ORGANISER}))
MEMO = b"%PDF-1.4 notat %%EOF"


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
    door_id: str = ""
    phone_id: str = ""
    staff_token: str = ""

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

    def forget_tries(self) -> None:
        """Let nobody be braked: one client asks as often as many people would."""
        with closing(self.connected()) as conn:
            conn.execute("DELETE FROM attempt")
            conn.commit()

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


def make(folder: Path, tickets_wanted: int, server: str = "", *, came: bool = False) -> World:
    """Make instance folder, tables and rows.

    :param server: address of a PostgreSQL server; "" for SQLite in the folder.
    :param came: the evening is on and most guests have come; else all have their tickets to show yet.
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
        now = clock.now()
        world = _fill(world, now)
        codes = guests.add(world, tickets_wanted, now, came=came)
    world.codes_file.write_text("\n".join(codes), "ascii")
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
        door_id=door.id,
        phone_id=_phone(shift.id, now),
        staff_token=_signed_in(now),
    )
    db.session.commit()
    return filled


def _phone(shift_id: str, now: datetime) -> str:
    """The phone that let in whoever has come; returns its id."""
    phone = DoorSession(shift_id=shift_id, token_hash=token_hash(new_token()), device_name="Telefon", opened_at=now)
    db.session.add(phone)
    db.session.flush()
    return phone.id


def _signed_in(now: datetime) -> str:
    """An organiser who has signed in; returns what stands in the cookie."""
    token, grant = new_token(), RoleGrant(role=Role.ORGANISER, granted_at=now)
    staff = Staff(email="arrangor@havneby.example.org", name="Arrangør", created_at=now, grants=[grant])
    db.session.add(staff)
    db.session.flush()
    hashed = token_hash(token)
    seen = {"created_at": now, "seen_at": now, "second_factor_at": now}
    db.session.add(StaffSession(token_hash=hashed, staff_id=staff.id, **seen))
    return token


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
    hearing_actions.add_material(hearing, version, by=None, now=now)
    for number in range(20):
        hearing_actions.add_party(hearing, f"Forening {number}", f"forening{number}@example.org", by=None, now=now)
    db.session.flush()
    hearing_actions.send_notices(hearing, by=None, now=now)
    return hearing
