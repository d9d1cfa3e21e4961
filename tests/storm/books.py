"""The bookkeeping: what citizens were told, held against what lies in the database and in the file store.

Nothing of the product is used here but its tables: hashes are computed anew, and the database is asked directly. Each
check is one question for rows that should not be there, under the words in which a fault is reported.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.storm.visitors import Kind, Told

TABLES = """
    CREATE TEMP TABLE told (kind TEXT, key TEXT, hash TEXT);
    CREATE TEMP TABLE told_file (key TEXT, sha256 TEXT);
    CREATE TEMP TABLE earlier (key TEXT);
    CREATE TEMP VIEW new_answer AS SELECT * FROM answer WHERE submission_key IN (SELECT key FROM told);
    CREATE TEMP VIEW new_registration AS SELECT r.*, b.submission_key
        FROM registration r JOIN booking b ON b.id = r.booking_id WHERE submission_key IN (SELECT key FROM told);
"""

CHECKS = {
    # what was told
    "an answer is lost": """
        SELECT key FROM told WHERE kind = 'answer'
            AND NOT EXISTS (SELECT 1 FROM answer WHERE submission_key = key AND receipt_hash = hash)""",
    "a registration is lost": """
        SELECT key FROM told WHERE kind = 'registration' AND NOT EXISTS (
            SELECT 1 FROM booking b JOIN registration r ON r.booking_id = b.id
            LEFT JOIN ticket t ON t.registration_id = r.id
            WHERE b.submission_key = key AND hash IN (t.code_hash, b.link_hash))""",
    "one key was told two things": "SELECT key FROM told GROUP BY key HAVING count(DISTINCT hash) > 1",
    "an answer is there twice": "SELECT submission_key FROM answer GROUP BY submission_key HAVING count(*) > 1",
    "a registration is there twice": """
        SELECT submission_key FROM booking GROUP BY submission_key HAVING count(*) > 1
        UNION ALL SELECT submission_key FROM new_registration GROUP BY submission_key HAVING count(*) > 1""",
    "an answer that nobody was told of": """
        SELECT submission_key FROM answer
        WHERE submission_key NOT IN (SELECT key FROM told UNION SELECT key FROM earlier)""",
    "a registration that nobody was told of": """
        SELECT submission_key FROM booking
        WHERE submission_key NOT IN (SELECT key FROM told UNION SELECT key FROM earlier)""",
    # numbers
    "answer numbers have gaps": """
        SELECT h.slug FROM hearing h LEFT JOIN answer a ON a.hearing_id = h.id GROUP BY h.id
        HAVING count(a.id) <> h.answers_issued OR count(DISTINCT a.number) <> h.answers_issued
            OR max(a.number) <> h.answers_issued""",
    "a receipt number is there twice": "SELECT receipt_number FROM answer GROUP BY receipt_number HAVING count(*) > 1",
    "receipt numbers have gaps": """
        SELECT s.year FROM receipt_series s
        WHERE s.issued <> (SELECT count(*) FROM answer WHERE receipt_number LIKE 'HS-' || s.year || '-%')""",
    "numbers of the record have gaps": """
        SELECT l.slug FROM record_log l LEFT JOIN record_entry e ON e.log_id = l.id GROUP BY l.id
        HAVING count(e.id) <> l.size OR count(DISTINCT e.seq) <> l.size OR max(e.seq) <> l.size - 1""",
    # what belongs to an answer
    "an answer without its one leaf in the record": """
        SELECT submission_key FROM new_answer a WHERE 1 <> (
            SELECT count(*) FROM record_entry e WHERE e.kind = 'answer' AND e.ref = a.id AND e.seq = a.entry_seq
                AND e.leaf_hash = leaf_hash(e.text))""",
    "an answer without the files that were sent": """
        SELECT submission_key FROM new_answer a
        WHERE (SELECT group_concat(f.sha256) FROM answer_attachment f WHERE f.answer_id = a.id)
            IS NOT (SELECT group_concat(f.sha256) FROM told_file f WHERE f.key = a.submission_key)""",
    "a file that is not what was sent": """
        SELECT f.sha256 FROM answer_attachment f LEFT JOIN blob b ON b.sha256 = f.sha256
        WHERE b.size IS NOT f.size OR file_hash(f.sha256) IS NOT f.sha256""",
    "an answer without its one mail": """
        SELECT submission_key FROM new_answer a WHERE 1 <> (
            SELECT count(*) FROM outbox_mail WHERE subject_id = a.id AND message = 'hearing/receipt')""",
    "an answer without its one line in the audit log": """
        SELECT submission_key FROM new_answer a WHERE 1 <> (
            SELECT count(*) FROM audit_entry WHERE subject_id = a.id AND act = 'hearing.answer_received')""",
    # what belongs to a registration
    "counters of a quota are not its rows": """
        SELECT q.id FROM quota q WHERE
            q.taken <> (SELECT count(*) FROM registration r JOIN booking b ON b.id = r.booking_id
                        WHERE b.quota_id = q.id AND r.state = 'confirmed')
            OR q.waiting <> (SELECT count(*) FROM registration r JOIN booking b ON b.id = r.booking_id
                             WHERE b.quota_id = q.id AND r.state = 'waiting')
            OR q.waiting <> (SELECT COALESCE(sum(waiting), 0) FROM booking b WHERE b.quota_id = q.id)
            OR q.taken > q.seats OR (q.waiting > 0 AND q.taken < q.seats)""",
    "places in line have gaps": """
        SELECT q.id FROM quota q LEFT JOIN booking b ON b.quota_id = q.id GROUP BY q.id
        HAVING count(DISTINCT b.waiting_number) <> q.waiting_issued OR max(b.waiting_number) <> q.waiting_issued""",
    "a registration without its one ticket, or one who waits with a ticket": """
        SELECT submission_key FROM new_registration r
        WHERE (state = 'confirmed') <> (SELECT count(*) FROM ticket WHERE registration_id = r.id)""",
    "a registration without its one mail": """
        SELECT submission_key FROM new_registration r WHERE 1 <> (
            SELECT count(*) FROM outbox_mail
            WHERE subject_id = r.booking_id AND message = 'registration/' || r.state)""",
    "a registration without its one line in the audit log": """
        SELECT submission_key FROM new_registration r WHERE 1 <> (
            SELECT count(*) FROM audit_entry WHERE subject_id = r.booking_id AND act = 'registration.signed_up')""",
    "a registration without its one step": """
        SELECT submission_key FROM new_registration r WHERE 1 <> (
            SELECT count(*) FROM registration_change WHERE registration_id = r.id AND state = r.state)""",
    # mails and the file as a whole
    "a mail that nobody will get": "SELECT id FROM outbox_mail WHERE state NOT IN ('waiting', 'sending', 'sent')",
    "a mail was sent twice": """
        SELECT mail_id FROM outbox_attempt WHERE outcome = 'sent' GROUP BY mail_id HAVING count(*) > 1""",
    "a row points at one that is gone": 'SELECT "table" FROM pragma_foreign_key_check',
    "the database is damaged": "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
}


def keys(instance: Path) -> set[str]:
    """Submission keys that are there already, before the first citizen comes."""
    with _opened(instance) as conn:
        found = conn.execute("SELECT submission_key FROM answer UNION SELECT submission_key FROM booking")
        return {key for (key,) in found}


def faults(instance: Path, told: Iterable[Told], earlier: Iterable[str] = ()) -> list[str]:
    """What is wrong in the installation in this folder; empty when all is well.

    :param told: everything that citizens were told was received, all of it.
    :param earlier: submission keys of what was there before.
    """
    with _opened(instance) as conn:
        conn.execute("BEGIN")  # one snapshot, whatever the worker does meanwhile
        _note(conn, list(told), earlier)
        return [f"{what}: {row[0]}" for what, question in CHECKS.items() for row in conn.execute(question)]


@contextmanager
def _opened(instance: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{instance / 'eventapp.db'}?mode=ro", uri=True, isolation_level=None)) as conn:
        conn.create_function("leaf_hash", 1, lambda text: hashlib.sha256(b"\x00" + text.encode()).digest())
        conn.create_function("file_hash", 1, lambda name: _file_hash(instance / "blobs" / name[:2] / name))
        yield conn


def _note(conn: sqlite3.Connection, told: list[Told], earlier: Iterable[str]) -> None:
    for statement in TABLES.split(";"):
        conn.execute(statement)
    hashed = [(one.kind, one.key, hashlib.sha256(one.secret.encode()).hexdigest()) for one in told]
    conn.executemany("INSERT INTO told VALUES (?, ?, ?)", hashed)
    conn.executemany("INSERT INTO told_file VALUES (?, ?)", {(one.key, file) for one in told for file in one.files})
    conn.executemany("INSERT INTO earlier VALUES (?)", [(key,) for key in earlier])


def _file_hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def places(instance: Path, event_path: str) -> list[int]:
    """Places in line of those who wait for a seat at the event with this form, in order."""
    wanted = """
        SELECT b.waiting_number FROM booking b JOIN event e ON e.id = b.event_id
        WHERE '/events/' || e.slug || '/register' = ? AND b.waiting > 0 ORDER BY 1"""
    with _opened(instance) as conn:
        return [number for (number,) in conn.execute(wanted, (event_path,))]


def entries_of(instance: Path, told: Iterable[Told]) -> dict[str, tuple[str, int]]:
    """Where answers stand: submission key -> id of the answer, number of its entry in the record."""
    wanted = "SELECT submission_key, id, entry_seq FROM answer"
    with _opened(instance) as conn:
        found = {key: (answer_id, seq) for key, answer_id, seq in conn.execute(wanted)}
    return {one.key: found[one.key] for one in told if one.kind is Kind.ANSWER}
