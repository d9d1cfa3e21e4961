"""The one place that commits, the write gate, and group commit."""

from __future__ import annotations

import enum
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import CheckConstraint, Connection, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from eventapp import audit
from eventapp.audit import AuditEntry
from eventapp.db import Job, Json, Sql, UtcDateTime, as_moment, db, enum_column, is_writing, reading, transaction, write
from eventapp.errors import DomainError
from eventapp.web.csrf import protect
from eventapp.web.permissions import public

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2024, 5, 14, 10, 0, tzinfo=UTC)
COUNT = Sql("SELECT count(*) FROM audit_entry")
ADD_ORPHAN = Sql("INSERT INTO role_grant (id, staff_id, role, granted_at) VALUES ('grant', 'nobody', 'admin', :at)")


def note(act: str) -> Job[None]:
    return lambda conn: audit.insert(conn, None, act)


def acts() -> set[str]:
    with reading() as conn:
        return set(conn.scalars(select(AuditEntry.act)))


# --- one transaction a request -------------------------------------------------------------------------------


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of an application that writes a line at every request, and then answers as asked."""

    @app.route("/write/<int:status>", methods=["GET", "POST"])
    @protect.exempt
    @public
    def write_and_answer(status: int):
        audit.record(None, "test.written")
        db.session.flush()
        if status == 500:
            raise LookupError("a fault of ours")
        if status == 409:
            raise DomainError
        return "done", status

    @app.get("/raw")
    @public
    def write_past_the_session():
        audit.insert(db.session.connection(), None, "test.written")
        return "done"

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (201, 1), (303, 1), (404, 0), (409, 0), (422, 0), (500, 0)])
def test_only_a_success_is_kept(client: FlaskClient, app: Flask, status: int, kept: int) -> None:
    assert client.post(f"/write/{status}").status_code == status
    with app.app_context():
        assert len(acts()) == kept


def test_a_get_must_not_write(client: FlaskClient, app: Flask) -> None:
    assert client.get("/write/200").status_code == 500
    assert client.head("/write/200").status_code == 500
    with app.app_context():
        assert acts() == set()


def test_what_a_get_writes_past_the_session_is_not_kept(client: FlaskClient, app: Flask) -> None:
    client.get("/raw")
    with app.app_context():
        assert acts() == set()


def test_a_fault_shows_no_trace(client: FlaskClient) -> None:
    answer = client.post("/write/500")
    assert "LookupError" not in answer.text
    assert "a fault of ours" not in answer.text
    assert "Traceback" not in answer.text


def test_reading_never_waits_behind_the_gate(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        audit.insert(session.connection(), None, "test.open")
        assert is_writing()
        assert acts() == set()
    with app.app_context():
        assert acts() == {"test.open"}


def write_and_fail() -> None:
    with transaction() as session:
        audit.insert(session.connection(), None, "test.lost")
        raise LookupError


def test_a_command_that_fails_leaves_nothing_and_lets_the_next_in(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(LookupError):
            write_and_fail()
        with transaction() as session:
            audit.insert(session.connection(), None, "test.kept")
        assert acts() == {"test.kept"}


# --- group commit --------------------------------------------------------------------------------------------


def test_a_result_comes_after_the_commit(app: Flask) -> None:
    def write_number(number: int) -> Job[int]:
        def job(conn: Connection) -> int:
            audit.insert(conn, None, f"test.{number}")
            return number

        return job

    with app.app_context():
        for number in range(20):
            assert write(write_number(number)) == number
            assert f"test.{number}" in acts()  # on another connection


class RefusedError(DomainError):
    code = "refused_by_test"


def refuse(conn: Connection) -> None:
    audit.insert(conn, None, "test.refused")
    raise RefusedError


def test_a_job_that_fails_is_undone_alone(app: Flask) -> None:
    """Sixteen at once, every other one refused: on SQLite they share transactions."""

    def run(number: int) -> str:
        with app.app_context():
            try:
                write(refuse if number % 2 else note(f"test.{number}"))
            except RefusedError as error:
                return error.code
            return "kept"

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(run, range(64)))
    assert results == ["kept", "refused_by_test"] * 32
    with app.app_context():
        assert acts() == {f"test.{number}" for number in range(0, 64, 2)}


def test_a_constraint_that_refuses_one_job_leaves_the_others_alone(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError):
            write(lambda conn: ADD_ORPHAN(conn, at=NOW))
        write(note("test.after"))
        assert acts() == {"test.after"}


def test_a_statement_that_is_refused_quotes_no_value(app: Flask) -> None:
    """Values are people's names and worse, and errors are written into logs."""
    with app.app_context(), reading() as conn, pytest.raises(DBAPIError) as refused:
        Sql("SELECT :told FROM no_such_table")(conn, told="Åse Hemmelig")
    assert "no_such_table" in str(refused.value)
    assert "Hemmelig" not in str(refused.value)


def test_what_a_statement_gave_is_a_result_like_any_other(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        conn = session.connection()
        rows = Sql("SELECT :one AS one, :two AS two")(conn, one="1", two="2")
        assert [dict(one) for one in rows.mappings()] == [{"one": "1", "two": "2"}]
        assert Sql("SELECT 1 AS one WHERE :no = 'yes'")(conn, no="no").scalar_one_or_none() is None
        assert Sql("DELETE FROM audit_entry WHERE act = :act")(conn, act="test.none").rowcount == 0


SWAP = Sql("UPDATE audit_entry SET subject_id = COALESCE(subject_id, '') || :sign WHERE act = :act")


@pytest.mark.engines("postgresql")
def test_of_two_jobs_that_wait_for_each_other_both_are_kept_in_the_end(app: Flask) -> None:
    both_began = threading.Barrier(2, timeout=60)

    def job_of(sign: str, first: str, second: str) -> Job[None]:
        tries = iter([both_began.wait])

        def job(conn: Connection) -> None:
            SWAP(conn, sign=sign, act=first)
            next(tries, lambda: None)()
            SWAP(conn, sign=sign, act=second)

        return job

    def run(job: Job[None]) -> None:
        with app.app_context():
            write(job)

    with app.app_context():
        write(note("test.one"))
        write(note("test.two"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [job_of("a", "test.one", "test.two"), job_of("b", "test.two", "test.one")]))
    with app.app_context():
        assert {"".join(sorted(one or "")) for one in db.session.scalars(select(AuditEntry.subject_id))} == {"ab"}


@pytest.mark.engines("sqlite")
def test_a_writer_that_is_gone_is_replaced(app: Flask) -> None:
    """As in a process that was forked off: the thread is known, and does not run."""
    gone = threading.Thread(target=lambda: None)
    gone.start()
    gone.join()
    writer = app.extensions["writer"]
    writer._thread = gone
    first_runs, go_on = threading.Event(), threading.Event()

    def slow(_conn: Connection) -> None:
        first_runs.set()
        assert go_on.wait(60)

    def run(job) -> None:
        with app.app_context():
            write(job)

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(run, slow)]
        assert first_runs.wait(60)
        done.append(pool.submit(run, note("test.after")))  # it must wait, so it is the writer's
        while not writer._jobs.qsize():
            pass
        go_on.set()
        for one in done:
            one.result(60)
    with app.app_context():
        assert acts() == {"test.after"}
    assert writer._thread is not gone


@pytest.mark.engines("sqlite")
def test_who_comes_while_nobody_writes_needs_no_other_thread(app: Flask) -> None:
    threads: list[threading.Thread] = []
    with app.app_context():
        write(lambda _conn: threads.append(threading.current_thread()))
        with pytest.raises(ZeroDivisionError):
            write(lambda _conn: 1 / 0)
        write(note("test.after"))
        assert acts() == {"test.after"}
    assert threads == [threading.current_thread()]
    assert app.extensions["writer"]._thread is None


@pytest.mark.engines("sqlite")
def test_jobs_that_wait_share_one_commit(app: Flask) -> None:
    commits: list[Connection] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def slow(_conn: Connection) -> None:
        first_runs.set()
        assert go_on.wait(60)

    def run(job) -> None:
        with app.app_context():
            write(job)

    with app.app_context():
        event.listen(db.engine, "commit", commits.append)
        writer = app.extensions["writer"]
    with ThreadPoolExecutor(11) as pool:
        done = [pool.submit(run, slow)]
        assert first_runs.wait(60)
        done += [pool.submit(run, note(f"test.{number}")) for number in range(10)]
        while writer._jobs.qsize() < 10:
            pass
        go_on.set()
        for one in done:
            one.result()
    assert len(commits) == 2
    with app.app_context():
        assert len(acts()) == 10


@pytest.mark.engines("sqlite")
def test_a_commit_that_fails_is_told_to_everybody_in_it(app: Flask) -> None:
    """A foreign key that is looked at only at the commit takes the whole batch with it."""
    first_runs, go_on = threading.Event(), threading.Event()

    def slow(_conn: Connection) -> None:
        first_runs.set()
        assert go_on.wait(60)

    def poison(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        ADD_ORPHAN(conn, at=NOW)

    def run(job) -> None:
        with app.app_context():
            write(job)

    with app.app_context():
        writer = app.extensions["writer"]
    with ThreadPoolExecutor(3) as pool:
        before = pool.submit(run, slow)
        assert first_runs.wait(60)
        innocent, guilty = pool.submit(run, note("test.lost")), pool.submit(run, poison)
        while writer._jobs.qsize() < 2:
            pass
        go_on.set()
        before.result()
        for one in (innocent, guilty):
            with pytest.raises(IntegrityError):
                one.result()
    with app.app_context():
        assert acts() == set()
        write(note("test.next"))
        assert acts() == {"test.next"}


@pytest.mark.engines("sqlite")
def test_waiting_for_oneself_is_refused_and_not_waited_for(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        audit.insert(session.connection(), None, "test.outer")
        with pytest.raises(RuntimeError, match="inside a write transaction"):
            write(note("test.inner"))
        with pytest.raises(RuntimeError, match="inside the first"), transaction() as second:
            second.connection()


# --- the gate ------------------------------------------------------------------------------------------------


@pytest.mark.engines("sqlite")
def test_a_turn_that_ends_in_another_thread_is_over_for_the_one_that_took_it(app: Flask) -> None:
    with app.app_context():
        conn = db.engine.connect()
        audit.insert(conn, None, "test.lost")
        closer = threading.Thread(target=conn.close)
        closer.start()
        closer.join()
        with transaction() as session:
            audit.insert(session.connection(), None, "test.next")
        assert acts() == {"test.next"}


WRITER = """
import sys
from pathlib import Path
from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import Sql, as_moment, transaction

READ = Sql("SELECT subject_id FROM audit_entry WHERE act = 'test.counter'")
WRITE = Sql("UPDATE audit_entry SET subject_id = :value WHERE act = 'test.counter'")
url, instance, secret, other, times = sys.argv[1:]
app = create_app(Settings(Path(instance), secret, other, url))
with app.app_context():
    for _ in range(int(times)):
        with transaction() as session:
            conn = session.connection()
            WRITE(conn, value=str(int(READ(conn).scalar_one()) + 1))
"""


@pytest.mark.engines("sqlite")
def test_processes_take_turns_and_none_is_starved(app: Flask) -> None:
    """Four processes read a number and write it raised by one, fifty times each; a lost turn would lose a count."""
    found = app.extensions["settings"]
    with app.app_context(), transaction() as session:
        audit.insert(session.connection(), None, "test.counter", "0")
    arguments = [found.database_url, str(found.instance_path), found.secret_key, found.ticket_key, "50"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for one in writers:
        _, said = one.communicate(timeout=60)
        assert one.returncode == 0, said
    with app.app_context():
        assert db.session.scalar(select(AuditEntry.subject_id)) == "200"


# --- columns and statements ----------------------------------------------------------------------------------


def test_a_statement_means_the_same_on_both_databases(app: Flask) -> None:
    found = Sql("SELECT act FROM audit_entry WHERE at > :after AND act LIKE 'te%' AND 'a:b' = :text ORDER BY act")
    with app.app_context():
        write(note("test.found"))
        with reading() as conn:
            assert found(conn, after=NOW, text="a:b").scalars().all() == ["test.found"]
            assert found(conn, after=NOW, text="%").scalars().all() == []


@pytest.fixture
def one_entry(app: Flask) -> Iterator[datetime]:
    at = datetime(2024, 10, 27, 0, 30, 0, 123456, tzinfo=UTC)
    with app.app_context():
        with transaction() as session:
            session.add(AuditEntry(at=at, act="test.moment", facts={"text": "æøå 🦔", "list": [1, None]}))
        yield at


def test_moments_come_back_as_they_were_by_either_way(one_entry: datetime) -> None:
    with reading() as conn:
        assert conn.scalars(select(AuditEntry.at)).one() == one_entry
        raw = Sql("SELECT at FROM audit_entry WHERE at = :at")(conn, at=one_entry).scalar_one()
        assert as_moment(raw) == one_entry
        assert as_moment(raw).tzinfo is UTC
        assert conn.scalars(select(AuditEntry.facts)).one() == {"text": "æøå 🦔", "list": [1, None]}


def test_moments_are_ordered_across_both_ways_of_writing(one_entry: datetime) -> None:
    with transaction() as session:
        raw = Sql("INSERT INTO audit_entry (id, at, act, facts) VALUES ('raw', :at, 'test.raw', '{}')")
        raw(session.connection(), at=one_entry - timedelta(microseconds=1))
    with reading() as conn:
        assert list(conn.scalars(select(AuditEntry.act).order_by(AuditEntry.at))) == ["test.raw", "test.moment"]


def test_a_moment_without_time_zone_is_never_stored(app: Flask) -> None:
    naive = NOW.replace(tzinfo=None)
    with app.app_context(), transaction() as session:
        with pytest.raises(StatementError, match="without time zone"):
            session.execute(select(func.count()).where(AuditEntry.at == naive))
        with pytest.raises(ValueError, match="without time zone"):
            UtcDateTime().process_bind_param(naive, session.connection().dialect)


def test_days_are_written_as_days(app: Flask) -> None:
    with app.app_context(), reading() as conn:
        same = Sql("SELECT count(*) FROM audit_entry WHERE CAST(:day AS TEXT) = '2024-05-14'")
        assert same(conn, day=date(2024, 5, 14)).scalar_one() == 0


class Colour(enum.StrEnum):
    RED = "red"


def test_a_closed_list_is_checked_by_the_database(app: Flask) -> None:
    column = enum_column(Colour)
    assert column.create_constraint
    assert column.enums == ["red"]
    role = Sql("INSERT INTO role_grant (id, staff_id, role, granted_at) VALUES ('x', 'nobody', 'emperor', :at)")
    with app.app_context(), pytest.raises(IntegrityError, match=r"(?i)check"):
        write(lambda conn: role(conn, at=NOW))


def test_every_check_has_a_name() -> None:
    unnamed = [
        (table.name, str(one.sqltext))
        for table in db.metadata.tables.values()
        for one in table.constraints
        if isinstance(one, CheckConstraint) and not one.name
    ]
    assert unnamed == []


def test_json_keeps_its_order_out_of_the_comparison(app: Flask) -> None:
    with app.app_context():
        dialect = db.engine.dialect
        assert Json().process_bind_param({"b": 1, "a": 2}, dialect) == Json().process_bind_param(
            {"a": 2, "b": 1}, dialect
        )
        assert Json().process_bind_param(None, dialect) is None
