"""The bookkeeping notices what it is there for: each fault, planted by hand, is found and called by its name."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.config import Settings
from eventapp.db import end_reading, new_id
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.models import SenderKind
from tests.hearing.conftest import SENT_AT, make_hearing
from tests.registration.givens import given_event, sign_up
from tests.storm import books
from tests.storm.visitors import Kind, Told

pytestmark = pytest.mark.engines("sqlite")
SEATS, GUESTS, ANSWERS = 2, 4, 3
FILE = b"%PDF-1.7 bilag %%EOF"


@dataclass
class World:
    """A few guests and answers, and what each was told."""

    instance: Path
    told: list[Told]

    def faults(self) -> list[str]:
        """Names of the faults, each once, in the order in which they are looked for."""
        return list(dict.fromkeys(one.partition(":")[0] for one in books.faults(self.instance, self.told)))

    def run(self, *statements: str) -> None:
        """Change the database behind the product's back."""
        with closing(sqlite3.connect(self.instance / "eventapp.db", isolation_level=None)) as conn:
            for one in statements:
                conn.execute(one)


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    with app.app_context():
        told = [*sign_ups(), *answers()]
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    (settings.instance_path / "eventapp.db").symlink_to(database)
    return World(settings.instance_path, told)


def sign_ups() -> list[Told]:
    event, told = given_event(seats=SEATS), []
    for number in range(GUESTS):
        key = new_id()
        outcome = sign_up(event, number, key=key)
        page = f"/t/{outcome.ticket_code}" if outcome.ticket_code else f"/w/{outcome.link_token}"
        told.append(Told(Kind.REGISTRATION, key, page))
    return told


def answers() -> list[Told]:
    hearing_id, told = make_hearing().id, []
    end_reading()
    uploads = [NamedFile(blobs.put(FILE), "bilag.pdf", "application/pdf")]
    for number in range(ANSWERS):
        sent = SentAnswer(
            hearing_id=hearing_id,
            submission_key=secrets.token_hex(16),
            name="Ægidius",
            email=f"svar{number}@example.org",
            text="Bevar træerne.",
            sender_kind=SenderKind.CITIZEN,
            received_at=SENT_AT + timedelta(hours=1),
            uploads=uploads if number == 0 else (),
        )
        token = answering.receive(sent)
        files = (sha256(FILE).hexdigest(),) if number == 0 else ()
        told.append(Told(Kind.ANSWER, sent.submission_key, f"/receipts/{token}", files))
    return told


def test_books_that_are_right_are_found_right(world: World) -> None:
    assert world.faults() == []


def test_books_of_before_the_storm_are_no_fault(world: World) -> None:
    before = books.keys(world.instance)
    assert before == {one.key for one in world.told}
    assert books.faults(world.instance, [], before) == []


def without_rules(table: str, *changes: str) -> tuple[str, ...]:
    """Changes of a table that its constraints would refuse."""
    return (
        "PRAGMA foreign_keys = OFF",
        "PRAGMA legacy_alter_table = ON",
        f"CREATE TABLE bare AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE bare RENAME TO {table}",
        f"CREATE UNIQUE INDEX bare_id ON {table} (id)",
        *changes,
    )


def once_more(table: str, which: str) -> tuple[str, ...]:
    """A second row like one that is there, but for its id."""
    return without_rules(
        table,
        f"CREATE TABLE one AS SELECT * FROM {table} WHERE {which}",
        "UPDATE one SET id = 'another'",
        f"INSERT INTO {table} SELECT * FROM one",
        "DROP TABLE one",
    )


LAST_ANSWER = f"(SELECT id FROM answer WHERE number = {ANSWERS})"
ONE_SEATED = "(SELECT id FROM registration WHERE state = 'confirmed' ORDER BY id LIMIT 1)"
ITS_BOOKING = f"(SELECT booking_id FROM registration WHERE id = {ONE_SEATED})"
PLANTED: dict[str, tuple[str, ...]] = {
    "an answer is lost": without_rules("answer", f"DELETE FROM answer WHERE number = {ANSWERS}"),
    "an answer is there twice": once_more("answer", "number = 2"),
    "a registration is lost": without_rules("registration", f"DELETE FROM registration WHERE id = {ONE_SEATED}"),
    "a registration is there twice": once_more("registration", f"id = {ONE_SEATED}"),
    "answer numbers have gaps": (f"UPDATE answer SET number = number + 1 WHERE number = {ANSWERS}",),
    "a receipt number is there twice": without_rules(
        "answer", "UPDATE answer SET receipt_number = 'HS-2024-0001' WHERE number = 2"
    ),
    "receipt numbers have gaps": ("UPDATE receipt_series SET issued = issued + 1",),
    "numbers of the record have gaps": ("UPDATE record_log SET size = size + 1",),
    "an answer without its one leaf in the record": (
        f"UPDATE record_entry SET text = text || ' ' WHERE ref = {LAST_ANSWER}",
    ),
    "an answer without the files that were sent": ("DELETE FROM answer_attachment",),
    "an answer without its one mail": (f"DELETE FROM outbox_mail WHERE subject_id = {LAST_ANSWER}",),
    "an answer without its one line in the audit log": (f"DELETE FROM audit_entry WHERE subject_id = {LAST_ANSWER}",),
    "counters of a quota are not its rows": ("UPDATE quota SET taken = taken - 1",),
    "places in line have gaps": ("UPDATE booking SET waiting_number = 9 WHERE waiting_number = 2",),
    "a registration without its one ticket, or one who waits with a ticket": (
        f"DELETE FROM ticket WHERE registration_id = {ONE_SEATED}",
    ),
    "a registration without its one mail": (f"DELETE FROM outbox_mail WHERE subject_id = {ITS_BOOKING}",),
    "a registration without its one line in the audit log": (
        f"DELETE FROM audit_entry WHERE subject_id = {ITS_BOOKING}",
    ),
    "a registration without its one step": (f"DELETE FROM registration_change WHERE registration_id = {ONE_SEATED}",),
    "a mail that nobody will get": (
        f"UPDATE outbox_mail SET state = 'refused', finished_at = queued_at WHERE subject_id = {ITS_BOOKING}",
    ),
    "a row points at one that is gone": ("PRAGMA foreign_keys = OFF", "DELETE FROM receipt_series", "DELETE FROM blob"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(world: World, fault: str) -> None:
    world.run(*PLANTED[fault])
    assert fault in world.faults()


CHANGED: dict[str, Callable[[list[Told]], list[Told]]] = {
    "an answer is lost": lambda told: [*told, Told(Kind.ANSWER, new_id(), "/receipts/ukendt")],
    "a registration is lost": lambda told: [*told, Told(Kind.REGISTRATION, new_id(), "/w/ukendt")],
    "one key was told two things": lambda told: [*told, replace(told[-1], page="/receipts/en-anden")],
    "an answer that nobody was told of": lambda told: told[:-1],
    "a registration that nobody was told of": lambda told: told[1:],
}


@pytest.mark.parametrize("fault", CHANGED)
def test_being_told_what_is_not_so_is_found(world: World, fault: str) -> None:
    world.told = CHANGED[fault](world.told)
    assert fault in world.faults()


def test_a_file_with_one_wrong_byte_or_none_at_all_is_found(world: World) -> None:
    stored = sha256(FILE).hexdigest()
    path = world.instance / "blobs" / stored[:2] / stored
    path.write_bytes(FILE.replace(b"bilag", b"bilog"))
    assert world.faults() == ["a file that is not what was sent"]
    path.unlink()
    assert world.faults() == ["a file that is not what was sent"]


def test_a_mail_that_was_sent_twice_is_found(world: World) -> None:
    sent = """INSERT INTO outbox_attempt (id, mail_id, at, outcome, answer)
              SELECT '{}', id, queued_at, 'sent', '' FROM outbox_mail ORDER BY id LIMIT 1"""
    world.run(sent.format(1))
    assert world.faults() == []
    world.run(sent.format(2))
    assert world.faults() == ["a mail was sent twice"]


def test_every_check_was_seen_to_fail() -> None:
    elsewhere = {"a file that is not what was sent", "a mail was sent twice", "the database is damaged"}
    assert set(books.CHECKS) == PLANTED.keys() | CHANGED.keys() | elsewhere


def test_a_damaged_database_is_found(world: World) -> None:
    world.run("PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE name = 'ix_audit_entry_at'")
    assert "the database is damaged" in world.faults()
