"""Whoever changes rows that the record speaks of is found out, whichever table and by whichever kind of change (R14).

By the product and, from an export alone, by the stand-alone program.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from eventapp import blobs, record
from eventapp.cases import actions as cases
from eventapp.cases.models import DocumentKind
from eventapp.db import db, end_reading, reading
from eventapp.events.models import QuotaKind, Theme
from eventapp.hearing.calling import actions as hearings
from eventapp.languages import Wording
from eventapp.record import export, published, tree, verification
from eventapp.record.canonical import canonical
from eventapp.record.checkpoint import sign
from eventapp.record.commitments import commitment
from eventapp.record.signing import key_ring
from eventapp.web.registry import registry
from tests.record.paper import OTHER_KEY, Nodes
from tests.support.factories import make_event
from tests.thread.test_record_of_the_thread import NOW, told_case, told_evening, told_hearing, upload
from tools import verify_record

EARLIER = "2023-01-02 03:04:05.000000"
LATER = "2029-01-02 03:04:05.000000"


@dataclass(frozen=True)
class Held:
    """A table that the record speaks of.

    ``edits``: column -> another value, each of which must be found. ``unique``: what a second row of the same content
    has of its own. ``children``: tables that refer to a row, with the column. ``moment``: when it came about.
    """

    edits: dict[str, Any]
    unique: dict[str, Any]
    kinds: tuple[str, ...]
    moment: str = ""
    children: tuple[tuple[str, str], ...] = ()
    where: str = "1 = 1"
    swap: str = ""  # a column that two rows trade
    number: str = ""  # the column with a number


NEW = {"id": "f" * 32}
OF_HAVNEN = "(SELECT id FROM hearing WHERE slug = 'havnen')"
TABLES = {
    "answer": Held(
        {
            "text": "Noget andet",
            "name": "En anden",
            "on_behalf_of": "Andre",
            "email": "anden@example.org",
            "sender_kind": "company",
            "channel": "letter",
            "is_late": True,
            "deadline_at": LATER,
            "begun_at": EARLIER,
            "party_id": "(SELECT id FROM party ORDER BY name DESC LIMIT 1)",
            "number": 9,
            "receipt_number": "HS-2024-0999",
            "hearing_id": "(SELECT id FROM hearing WHERE slug = 'broen')",
        },
        {**NEW, "number": 77, "receipt_number": "HS-1", "receipt_hash": "h", "submission_key": "k"},
        ("answer",),
        "received_at",
        (("answer_attachment", "answer_id"),),
        swap="text",
        number="entry_seq",
    ),
    "answer_attachment": Held(
        {"file_name": "andet.txt", "size": 4, "media_type": "text/html", "position": 3},
        {**NEW, "position": 7},
        ("answer",),
        where="position = 0",
        number="position",
    ),
    "hearing": Held(
        {
            "title": '{"da": "Andet"}',
            "question": '{"da": "Andet"}',
            "starts_at": EARLIER,
            "deadline_at": LATER,
            "closed_at": None,
            "published_at": EARLIER,
        },
        {**NEW, "slug": "en-anden"},
        ("deadline", "close", "extend"),
        "closed_at",
        where="closed_at IS NOT NULL",
        swap="title",
    ),
    "hearing_material": Held(
        {"version_id": "(SELECT id FROM document_version WHERE file_name = 'vejen.pdf')", "annex": 7},
        {**NEW, "annex": 8, "version_id": "(SELECT id FROM document_version WHERE file_name = 'vejen.pdf')"},
        ("deadline",),
        where="annex = 1",
        number="annex",
    ),
    "deadline_change": Held(
        {"old_at": EARLIER, "new_at": LATER, "reason": "Andet", "told": 9},
        NEW,
        ("extend",),
        "at",
        swap="new_at",
        number="entry_seq",
    ),
    "decision_step": Held(
        {
            "body": '{"da": "Andet"}',
            "decision": '{"da": "Andet"}',
            "item": "99",
            "link": "https://example.org",
            "meeting_on": "2024-01-01",
        },
        {**NEW, "position": 9},
        ("decision",),
        "decided_at",
        swap="decision",
    ),
    "document_version": Held(
        {
            "title": "Andet",
            "kind": "other",
            "file_name": "andet.pdf",
            "size": 4,
            "media_type": "text/html",
            "number": 9,
        },
        {**NEW, "number": 8},
        ("document",),
        "uploaded_at",
        (("hearing_material", "version_id"),),
        where="number = 1",
        swap="sha256",
        number="entry_seq",
    ),
    "government_letter": Held(
        {"dated_on": "2024-01-01", "summary": '{"da": "Andet"}', "kind": "reply"},
        {**NEW, "kind": "reply"},
        ("document",),
    ),
    "case": Held(
        {"number": "9", "title": '{"da": "Andet"}', "summary": '{"da": "Andet"}', "origin_body": "Andre"},
        {},
        ("case", "publish"),
        "published_at",
    ),
    "invitation": Held(
        {"office": '{"da": "Andet"}', "name": "En anden", "wished_role": "panel", "reply_by_at": LATER},
        {},
        ("invite",),
        where="EXISTS (SELECT 1 FROM letter WHERE invitation_id = invitation.id)",
    ),
    "letter": Held(
        {"sha256": "(SELECT sha256 FROM blob WHERE sha256 <> letter.sha256 LIMIT 1)"},
        {**NEW, "number": 9},
        ("invite",),
        "sent_at",
    ),
    "reply": Held(
        {"state": "accepted", "reason": "Andet", "channel": "email", "stand_in_name": "En anden"},
        {**NEW, "number": 9},
        ("reply",),
        "replied_at",
        where="state = 'declined'",
        swap="reason",
    ),
    "notice": Held(
        {"addressee": "En anden", "subject": "andet", "deadline_at": LATER},
        NEW,
        ("notice",),
        "sent_at",
        swap="addressee",
    ),
    "party": Held({"name": "En anden"}, {}, ("notice",), where=f"hearing_id = {OF_HAVNEN}", swap="name"),
    "correction": Held({"act": "hearing.andet", "fields": '["andet"]', "reason": "Andet"}, NEW, ("correction",), "at"),
    "contribution": Held(
        {
            "text": "Noget andet",
            "name": "En anden",
            "quoting": "no",
            "number": 9,
            "theme_id": "(SELECT id FROM theme WHERE position = 9)",
        },
        {**NEW, "number": 9, "receipt_hash": "h", "submission_key": "k"},
        ("contribution",),
        "sent_at",
        swap="text",
    ),
}


@dataclass
class Insider:
    """Somebody with full rights to the database and the files, at one table."""

    conn: Connection
    table: str
    log_id: str
    undo: list[Callable[[], Any]] = field(default_factory=list)

    @property
    def held(self) -> Held:
        return TABLES[self.table]

    def run(self, statement: str, **values: Any) -> Any:
        return self.conn.execute(text(statement), {"log": self.log_id, **values})

    def ids(self) -> list[str]:
        found = self.run(f'SELECT id FROM "{self.table}" WHERE {self.held.where} ORDER BY id').scalars().all()
        assert found, self.table
        return list(found)

    def set(self, column: str, value: Any, row_id: str) -> None:
        raw = isinstance(value, str) and value.startswith("(SELECT")
        new = value if raw else ":value"
        given = {} if raw else {"value": value}
        self.run(f'UPDATE "{self.table}" SET {column} = {new} WHERE id = :id', id=row_id, **given)

    def entries(self) -> list[Any]:
        wanted = ", ".join(f"'{kind}'" for kind in self.held.kinds)
        return list(self.run(f"SELECT * FROM record_entry WHERE log_id = :log AND kind IN ({wanted}) ORDER BY seq"))

    def forget_from(self, seq: int) -> None:
        """As if the entries from here on had never been, and no head over them."""
        self.run("DELETE FROM record_entry WHERE log_id = :log AND seq >= :seq", seq=seq)
        self.run("DELETE FROM record_checkpoint WHERE log_id = :log AND size > :seq", seq=seq)
        self.run("UPDATE record_log SET size = :seq WHERE id = :log", seq=seq)


def edit(one: Insider) -> Iterator[None]:
    for column, value in one.held.edits.items():
        one.set(column, value, one.ids()[0])
        yield


def delete(one: Insider) -> Iterator[None]:
    row_id = one.ids()[0]
    for child, column in one.held.children:
        one.run(f'DELETE FROM "{child}" WHERE {column} = :id', id=row_id)
    one.run(f'DELETE FROM "{one.table}" WHERE id = :id', id=row_id)
    yield


def insert(one: Insider) -> Iterator[None]:
    """A second row of the same content, where one without an entry claims anything."""
    if one.held.unique:
        row = dict(one.run(f'SELECT * FROM "{one.table}" WHERE id = :id', id=one.ids()[0]).mappings().one())
        raw = {name: value for name, value in one.held.unique.items() if str(value).startswith("(SELECT")}
        values = {name: value for name, value in {**row, **one.held.unique}.items() if name not in raw}
        names = [*values, *raw]
        written = [*(f":{name}" for name in values), *raw.values()]
        source = f' FROM "{one.table}" WHERE id = :from_id' if raw else ""
        one.run(
            f'INSERT INTO "{one.table}" ({", ".join(names)}) SELECT {", ".join(written)}{source}',
            **values,
            **({"from_id": row["id"]} if raw else {}),
        )
        yield


def swap(one: Insider) -> Iterator[None]:
    column, ids = one.held.swap, one.ids()
    if column:
        near = one.held.where if one.table == "party" else "1 = 1"
        whole = one.run(f'SELECT id, {column} FROM "{one.table}" WHERE {near} ORDER BY {column}, id').all()
        first = next(row for row in whole if row[0] in ids)
        other = next(row for row in whole if row[1] != first[1])
        if one.table == "party":
            one.set(column, "et øjeblik", first[0])
        one.set(column, first[1], other[0])
        one.set(column, other[1], first[0])
        yield


def renumber(one: Insider) -> Iterator[None]:
    """The number of its entry, or its own name."""
    column = one.held.number
    if one.table != "case":
        one.set(column or "id", 0 if column == "entry_seq" else 6 if column else "e" * 32, one.ids()[0])
        yield


def back_date(one: Insider) -> Iterator[None]:
    if one.held.moment:
        one.set(one.held.moment, EARLIER, one.ids()[0])
        yield
    at = one.entries()[0].id
    one.conn.rollback()
    one.run("UPDATE record_entry SET created_at = :at WHERE id = :id", at=EARLIER, id=at)
    yield


def truncate(one: Insider) -> Iterator[None]:
    one.forget_from(one.entries()[-1].seq)
    yield


def change_file(one: Insider) -> Iterator[None]:
    """Each file that rows of the table name: a bit of it, or all of it."""
    if one.table in {"answer_attachment", "document_version", "letter"}:
        for row_id in one.ids():
            sha256 = one.run(f"SELECT sha256 FROM {one.table} WHERE id = :id", id=row_id).scalar_one()
            path = blobs.path(sha256)
            before = path.read_bytes()
            one.undo.append(partial(path.write_bytes, before))
            path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
            yield
            path.unlink()
            yield


def change_salt(one: Insider) -> Iterator[None]:
    for entry in (one.entries()[0], one.entries()[-1]):
        salts = json.loads(entry.salts)
        for name in salts:
            for salt in ("ab" * 32, None):
                changed = json.dumps({**salts, name: salt})
                one.run("UPDATE record_entry SET salts = :salts WHERE id = :id", salts=changed, id=entry.id)
                yield


def resign(one: Insider) -> Iterator[None]:
    """Another content with a commitment that fits, the tree above it anew, and every head signed with another key."""
    entry = one.entries()[-1]
    told, salts = json.loads(entry.text), json.loads(entry.salts)
    part = told["parts"][0]
    part["commitment"] = commitment(bytes.fromhex(salts[part["name"]]), canonical("Noget andet"))
    one.run("UPDATE record_entry SET text = :text WHERE id = :id", text=canonical(told).decode(), id=entry.id)
    rows = one.run("SELECT id, text FROM record_entry WHERE log_id = :log ORDER BY seq").all()
    leaves = [tree.leaf_hash(row.text.encode()) for row in rows]
    nodes = Nodes(leaves)
    for seq, (row, leaf) in enumerate(zip(rows, leaves, strict=True)):
        above = b"".join(
            nodes.hashes[place] for place in sorted(nodes.hashes) if place[0] and tree.last_leaf(place) == seq
        )
        one.run(
            "UPDATE record_entry SET leaf_hash = :leaf, nodes = :nodes WHERE id = :id",
            leaf=leaf,
            nodes=above,
            id=row.id,
        )
    origin = one.run("SELECT origin FROM record_log WHERE id = :log").scalar_one()
    for (size,) in one.run("SELECT size FROM record_checkpoint WHERE log_id = :log").all():
        head = sign([OTHER_KEY], origin, size, tree.root(nodes.read, size))
        one.run(
            "UPDATE record_checkpoint SET root = :root, text = :text WHERE log_id = :log AND size = :size",
            root=head.root,
            text=head.text,
            size=size,
        )
    yield


def blank(one: Insider) -> Iterator[None]:
    """What was promised to be kept is empty."""
    for column, value in one.held.edits.items():
        if isinstance(value, str) and "andet" in value.casefold():
            one.set(column, "{}" if value.startswith("{") else " ", one.ids()[0])
            yield


def replay(one: Insider) -> Iterator[None]:
    """Everything as it was before the first of them."""
    one.forget_from(one.entries()[0].seq)
    yield


CHANGES = (edit, delete, insert, swap, renumber, back_date, truncate, change_file, change_salt, resign, blank, replay)


@pytest.fixture
def thread(app: Flask) -> Iterator[tuple[str, str]]:
    """The whole thread of a case, signed; its log, and the head that a witness kept."""
    with app.app_context():
        case = told_case()
        event = make_event(case, quotas={QuotaKind.INVITED: 2})
        db.session.add(Theme(event_id=event.id, position=9, title=Wording("Andet")))
        told_evening(event)
        for slug in ("havnen", "kajen"):
            told_hearing(case, slug)
            db.session.commit()
        facts = cases.DocumentFacts(Wording("Vejen"), DocumentKind.NOTE)
        cases.add_document(case, facts, upload("vejen.pdf"), by=None, now=NOW)
        plan = hearings.Plan("broen", Wording("Broen"), Wording("Hvad?"), NOW, NOW + timedelta(days=30))
        hearings.open_hearing(case, plan, by=None, now=NOW)
        db.session.commit()
        case_id = case.id
        end_reading()
        yield case_id, record.checkpoint_covering(case_id).text


@pytest.fixture
def program(tmp_path: Path) -> Callable[[Connection, str, str], list[str]]:
    def faults(conn: Connection, log_id: str, head: str) -> list[str]:
        folder = tmp_path / "sag"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "files").mkdir(parents=True)
        for member in export.members(conn, log_id, published.read(log_id)):
            if isinstance(member.content, bytes):
                (folder / member.name).write_bytes(member.content)
            elif member.content.exists():
                shutil.copyfile(member.content, folder / member.name)
        return verify_record.check_record(folder, list(key_ring().trusted), [head], [])

    return faults


@pytest.mark.seconds(400)  # some sixty changes, each found twice
@pytest.mark.parametrize("table", TABLES)
def test_every_kind_of_change_on_every_table_is_found_by_both(
    thread: tuple[str, str], program: Callable[[Connection, str, str], list[str]], table: str
) -> None:
    log_id, head = thread
    unnoticed, tried = [], set()
    with reading(in_steps=True) as conn:
        assert verification.examine(conn, log_id, head).is_intact
        assert program(conn, log_id, head) == []
        for change in CHANGES:
            conn.rollback()
            insider = Insider(conn, table, log_id)
            free(conn)
            for number, _ in enumerate(change(insider)):
                tried.add(change.__name__)
                if verification.examine(conn, log_id, head).is_intact:
                    unnoticed.append((change.__name__, number, "by the product"))
                if not program(conn, log_id, head):
                    unnoticed.append((change.__name__, number, "by the program"))
                conn.rollback()
                free(conn)
                for undo in insider.undo:
                    undo()
        assert verification.examine(conn, log_id, head).is_intact
    assert unnoticed == []
    assert len(tried) >= 8


def free(conn: Connection) -> None:
    """Somebody with full rights is held up by no foreign key."""
    if conn.dialect.name == "sqlite":
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        conn.execute(text("SET LOCAL session_replication_role = replica"))


def test_every_table_that_is_held_stands_here(app: Flask) -> None:
    with app.app_context():
        held = {one.name for one in registry().record_tables}
    assert {one for one in held if not one.endswith("_told")} - TABLES.keys() == set()


def test_a_row_of_what_was_told_is_held_too(thread: tuple[str, str]) -> None:
    log_id, head = thread
    with reading(in_steps=True) as conn:
        for table in ("case_told", "event_told", "hearing_told", "invitation_told"):
            free(conn)
            seqs = conn.execute(text(f"SELECT seq FROM {table} WHERE log_id = :log"), {"log": log_id}).scalars().all()
            statements = [
                f"UPDATE {table} SET parts = '{{}}' WHERE seq = {seqs[0]}",
                f"UPDATE {table} SET parts = ' ' WHERE seq = {seqs[0]}",
                f"DELETE FROM {table} WHERE seq = {seqs[0]}",
                f"INSERT INTO {table} (log_id, seq, parts) VALUES ('{log_id}', 998, '{{}}')",
            ]
            for statement in statements:
                conn.execute(text(statement))
                assert verification.examine(conn, log_id, head).faults, statement
                conn.rollback()
                free(conn)
