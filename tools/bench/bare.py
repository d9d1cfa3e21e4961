"""The bare function: the least Python that can take in the same posts with the same SQL and the same promise.

A WSGI function under the same server. It runs the statements of the product's hot paths, taken from there and
not copied, each as often as the product does, on sqlite3 or psycopg itself. Nothing is checked and nothing is drawn;
there are no sessions, tokens, permissions, languages, signatures or log lines. What it keeps of the product is the
durability: SQLite with WAL and synchronous=FULL behind the same kind of gate (a ``flock`` from before BEGIN IMMEDIATE
until after COMMIT), PostgreSQL with its default synchronous commit, and files with fsync before the row.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg

from eventapp import audit, blobs
from eventapp.checkin import presence_actions, scan_actions
from eventapp.checkin import queries as checkin_queries
from eventapp.db import Sql
from eventapp.filling import actions as filling
from eventapp.hearing import rules
from eventapp.hearing.answering import actions as answering
from eventapp.languages import OFFICIAL
from eventapp.mail import outbox
from eventapp.record import store, tree
from eventapp.registration import actions as registration
from eventapp.registration import queries as registration_queries
from eventapp.registration import rules as registration_rules
from eventapp.registration import seat_actions
from tools.bench.world import World

Rows = list[Any]
PART = re.compile(rb'name="([^"]*)"(?:; filename="([^"]*)")?')
HASH = "0" * 64
PARTS = ("channel", "email", "name", "on_behalf_of", "sender_kind", "text")


class Run(Protocol):
    """Runs a statement once with these values, or once for each row of values; returns what it returned."""

    def __call__(self, statement: Sql, values: dict[str, Any] | list[dict[str, Any]]) -> Rows: ...


class Database(Protocol):
    """A database without anything around it."""

    def moment(self, at: datetime) -> Any:
        """A moment as the driver takes it."""

    def reading(self) -> Run: ...

    def writing(self) -> Any:
        """A context manager that gives a :class:`Run` whose statements are durable once it is left."""


class Sqlite:
    """sqlite3, a connection a thread, one writer at a time over all processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()

    def moment(self, at: datetime) -> str:
        return at.strftime("%Y-%m-%d %H:%M:%S.%f")

    def reading(self) -> Run:
        conn, _gate = self._mine()
        return _sqlite_run(conn)

    @contextmanager
    def writing(self) -> Iterator[Run]:
        conn, gate = self._mine()
        fcntl.flock(gate, fcntl.LOCK_EX)
        try:
            conn.execute("BEGIN IMMEDIATE")
            yield _sqlite_run(conn)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
        finally:
            fcntl.flock(gate, fcntl.LOCK_UN)

    def _mine(self) -> tuple[sqlite3.Connection, int]:
        if not hasattr(self._own, "conn"):
            conn = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
                conn.execute(f"PRAGMA {pragma}")
            self._own.conn = conn
            self._own.gate = os.open(f"{self._path}.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._own.conn, self._own.gate


def _sqlite_run(conn: sqlite3.Connection) -> Run:
    def run(statement: Sql, values: dict[str, Any] | list[dict[str, Any]]) -> Rows:
        if isinstance(values, dict):
            return conn.execute(statement.sqlite, values).fetchall()
        conn.executemany(statement.sqlite, values)
        return []

    return run


class Postgres:
    """psycopg, a connection a thread."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg", "postgresql")
        self._own = threading.local()

    def moment(self, at: datetime) -> datetime:
        return at

    def reading(self) -> Run:
        return _psycopg_run(self._mine())

    @contextmanager
    def writing(self) -> Iterator[Run]:
        conn = self._mine()
        with conn.transaction():
            yield _psycopg_run(conn)

    def _mine(self) -> psycopg.Connection[Any]:
        if not hasattr(self._own, "conn"):
            self._own.conn = psycopg.connect(self._url, autocommit=True)
        conn: psycopg.Connection[Any] = self._own.conn
        return conn


def _psycopg_run(conn: psycopg.Connection[Any]) -> Run:
    def run(statement: Sql, values: dict[str, Any] | list[dict[str, Any]]) -> Rows:
        text: Any = statement.postgresql
        if isinstance(values, dict):
            cursor = conn.execute(text, values)
            return cursor.fetchall() if cursor.description else []
        conn.cursor().executemany(text, values)
        return []

    return run


# --- the three posts -----------------------------------------------------------------------------------------


def sign_up(db: Database, world: World, environ: WSGIEnvironment) -> tuple[str, str]:
    """One transaction; returns status and address. What is known of the event is known, as in the product in a rush."""
    form = {name: values[0] for name, values in parse_qs(_body(environ).decode(), keep_blank_values=True).items()}
    at = datetime.now(UTC)
    now, booking, new, code = db.moment(at), _id(), _id(), _id()
    with db.writing() as run:
        run(seat_actions.JOIN, {"quota_id": world.quota_id, "heads": 1})
        _insert_booking(run, world, form, booking, now)
        _insert_head(run, world, form, booking, new)
        change = {"id": _id(), "registration_id": new, "state": "confirmed", "reason": "signed_up", "by_id": None}
        run(seat_actions.CHANGE, {**change, "at": now})
        ticket = {"id": _id(), "registration_id": new, "event_id": world.event_id, "code_hash": code * 2, "now": now}
        run(registration.INSERT_TICKET, ticket)
        _note(run, "registration.signed_up", booking, now)
        _queue(run, "registration/confirmed", form["email"], booking, now)
        since = db.moment(at - registration_rules.SAME_FOR)
        same = {"content_hash": HASH, "since": since, "except_id": booking}
        run(registration_queries.HELD_BY_ADDRESS, {"event_id": world.event_id, "email": form["email"], **same})
    return "303 See Other", f"/t/{code}"


def _insert_booking(run: Run, world: World, form: dict[str, str], booking: str, now: Any) -> None:
    values = {
        "id": booking,
        "event_id": world.event_id,
        "quota_id": world.quota_id,
        "submission_key": form["key"],
        "content_hash": HASH,
        "waiting_number": None,
        "waiting": 0,
        "origin": "web",
        "email": form["email"],
        "lang": OFFICIAL,
        "wants_follow_up": True,
        "notice_version": "1",
        "suspicion": "none",
        "link_hash": booking * 2,
        "registered_at": now,
    }
    run(registration.INSERT, values)


def _insert_head(run: Run, world: World, form: dict[str, str], booking: str, new: str) -> None:
    values = {
        "id": new,
        "booking_id": booking,
        "position": 1,
        "event_id": world.event_id,
        "category_id": form["category"],
        "state": "confirmed",
        "name": form["name"],
        "name_key": form["name"],
        "name_words": form["name"].lower(),
        "organisation": form["organisation"],
        "question": form["question"],
    }
    run(registration.INSERT_HEAD, values)


PHONES: dict[str, Any] = {}  # cookie -> phone, as the product knows phones


def check_in(db: Database, world: World, environ: WSGIEnvironment) -> tuple[str, str]:
    """One transaction, and before a phone's first scan one look at the phone; returns status and JSON."""
    sent = json.loads(_body(environ))
    door = environ["HTTP_COOKIE"].partition("door=")[2].partition(";")[0]
    if door not in PHONES:
        PHONES[door] = db.reading()(checkin_queries.SESSION, {"token_hash": _sha256(door.encode())})[0]
    session_id, door_id = PHONES[door][0], PHONES[door][4]
    at = datetime.now(UTC)
    now, code = db.moment(at), sent["code"].rpartition("/")[2]
    event, code_hash = {"event_id": world.event_id}, _sha256(code.encode())
    with db.writing() as run:
        number, inside, *_ = run(scan_actions.LOCK, {**event, "phone_id": session_id, "now": now})[0]
        guest = run(scan_actions.BY_CODE, {"code_hash": code_hash})[0]
        values = {
            **event,
            "id": sent["scan_id"],
            "number": number,
            "door_id": door_id,
            "session_id": session_id,
            "direction": sent["direction"],
            "means": "code",
            "verdict": "ok",
            "registration_id": guest[0],
            "code_hash": code_hash,
            "earlier_id": None,
            "undoes_id": None,
            "device_at": db.moment(datetime.fromisoformat(sent["device_at"])),
            "offset_ms": sent["offset_ms"],
            "received_at": now,
            "at": now,
            "phone_id": session_id,
            "now": now,
        }
        run(scan_actions.INSERT, values)
        came = {"registration_id": guest[0], "came_at": now, "entry_id": sent["scan_id"], "last_id": sent["scan_id"]}
        run(presence_actions.KEEP, {**event, **came})
        run(presence_actions.COUNT, {**event, "step": 1, "newcomers": 1, "at": now, "latest_at": now})
    told = {"scan": {"id": sent["scan_id"], "verdict": "ok"}, "room": {"inside": inside + 1}}
    return "201 Created", json.dumps(told)


def answer(db: Database, world: World, environ: WSGIEnvironment) -> tuple[str, str]:
    """The file, one transaction; returns status and address. Which hearing it is, is known, as in the product."""
    form, file = _multipart(_body(environ), environ["CONTENT_TYPE"])
    stored = _store_file(Path(world.folder) / "bare-blobs", file) if file else None
    at = datetime.now(UTC)
    now, new = db.moment(at), _id()
    with db.writing() as run:
        hearing = run(answering.NUMBER, {"id": world.hearing_id})[0]
        since = db.moment(at - rules.SAME_FOR)
        same = {"content_hash": new, "email": form["email"], "since": since}
        run(answering.EARLIER, {"key": form["submission_key"], **same})
        series = run(answering.SERIES, {"year": at.year})[0][0]
        seq = _append(run, hearing[4], new, now, has_file=stored is not None)
        values = {"id": new, "hearing_id": world.hearing_id, "number": hearing[0], "entry_seq": seq, "received_at": now}
        _insert_answer(run, form, values, f"HS-{at.year}-{series:04d}")
        if stored:
            _insert_file(run, new, stored, len(file), now)
        _queue(run, "hearing/receipt", form["email"], new, now, dedupe=f"receipt:{new}")
        _note(run, "hearing.answer_received", new, now)
    return "303 See Other", f"/receipts/{new}"


def _append(run: Run, log_id: str, ref: str, now: Any, *, has_file: bool) -> int:
    """The entry in the record, with random bytes where the product has hashes."""
    seq: int = run(store.GROW_LOG, {"id": log_id})[0][0] - 1
    if neighbours := tree.left_neighbours(seq):
        wanted = {f"s{place}": tree.last_leaf(one) for place, one in enumerate(neighbours)}
        run(store.hashes_at(len(wanted)), {"log_id": log_id, **wanted})
    names = (*PARTS, "attachment:0") if has_file else PARTS
    salts = json.dumps({name: os.urandom(32).hex() for name in names})
    values = {"id": _id(), "log_id": log_id, "seq": seq, "kind": "answer", "ref": ref, "text": "{}" * 600}
    hashes = {"leaf_hash": os.urandom(32), "nodes": os.urandom(32 * len(neighbours))}
    run(store.INSERT_ENTRY, {**values, **hashes, "salts": salts, "at": now})
    return seq


def _insert_answer(run: Run, form: dict[str, str], values: dict[str, Any], receipt_number: str) -> None:
    more = {
        "receipt_number": receipt_number,
        "receipt_hash": values["id"] * 2,
        "submission_key": form["submission_key"],
        "content_hash": HASH,
        "party_id": None,
        "sender_kind": form["sender_kind"],
        "on_behalf_of": form["on_behalf_of"],
        "name": form["name"],
        "email": form["email"],
        "text": form["text"],
        "channel": "portal",
        "is_late": False,
        "lang": OFFICIAL,
        "begun_at": None,
        "deadline_at": values["received_at"],
        "registered_by_id": None,
    }
    run(answering.INSERT, values | more)


def _insert_file(run: Run, answer_id: str, sha256: str, size: int, now: Any) -> None:
    file = {"sha256": sha256, "size": size, "media_type": "application/pdf"}
    run(filling.TAKE, {"form_hash": HASH, "now": now})
    run(blobs.INSERT, {**file, "at": now})
    run(
        answering.INSERT_ATTACHMENT,
        {**file, "id": _id(), "answer_id": answer_id, "position": 0, "file_name": "bilag.pdf"},
    )


# --- what the posts share ------------------------------------------------------------------------------------


def _note(run: Run, act: str, subject: str, now: Any) -> None:
    run(audit.INSERT, {"id": _id(), "at": now, "by_id": None, "act": act, "subject_id": subject, "facts": "{}"})


def _queue(run: Run, message: str, to: str, subject: str, now: Any, *, dedupe: str | None = None) -> None:
    values = {
        "id": _id(),
        "kind": "mail",
        "message": message,
        "to": to,
        "reply_to": None,
        "lang": OFFICIAL,
        "subject_id": subject,
        "context": json.dumps({"id": subject}),
        "secrets": None,
        "attachments": "[]",
        "calendar": None,
        "calendar_method": None,
        "dedupe": dedupe,
        "limit_key": to,
        "due_at": now,
        "queued_at": now,
    }
    run(outbox.INSERT, values)


def _body(environ: WSGIEnvironment) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    return body


def _multipart(body: bytes, content_type: str) -> tuple[dict[str, str], bytes]:
    """The fields of a form, and the file that came with it or nothing."""
    form, file = {}, b""
    for part in body.split(b"--" + content_type.partition("boundary=")[2].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        found = PART.search(head)
        if found and found[2] is None:
            form[found[1].decode()] = value[:-2].decode()
        elif found and found[2]:
            file = value[:-2]
    return form, file


def _store_file(folder: Path, file: bytes) -> str:
    """As the product does: temporary name, fsync, rename, fsync of the folder. Returns the SHA-256."""
    sha256 = hashlib.sha256(file).hexdigest()
    final = folder / sha256[:2] / sha256
    if not final.parent.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        _sync(folder)
    temporary = folder / _id()
    with temporary.open("wb") as target:
        target.write(file)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(final)
    _sync(final.parent)
    return sha256


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _id() -> str:
    return uuid.uuid4().hex


# --- the function --------------------------------------------------------------------------------------------

Take = Callable[[Database, World, WSGIEnvironment], tuple[str, str]]
ENDINGS: dict[str, Take] = {"register": sign_up, "answer": answer, "scans": check_in}


class Bare:
    """The WSGI function. ``world``: what was made in its database."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.db: Database = (
            Sqlite(Path(world.database.removeprefix("sqlite:///")))
            if world.database.startswith("sqlite")
            else Postgres(world.database)
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        take = ENDINGS.get(environ["PATH_INFO"].rpartition("/")[2])
        if take is None:
            start_response("204 No Content", [])
            return []
        status, told = take(self.db, self._world, environ)
        content = told.encode() if status.startswith("201") else b""
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start_response(status, headers if content else [*headers, ("Location", told)])
        return [content]


def application() -> Bare:
    """What the server loads; BENCH_WORLD names the file that says what was made."""
    return Bare(World.read(Path(os.environ["BENCH_WORLD"])))
