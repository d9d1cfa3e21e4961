"""Rows of the case that its record speaks of, as it must have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from eventapp import record
from eventapp.cases.entries import CASE, DECISION, DOCUMENT, PUBLISH
from eventapp.cases.models import CaseTold
from eventapp.db import Sql, as_moment
from eventapp.languages import Wording

# SQL: the record reads rows back on its own connection, without a session.
CASE_ROW = Sql('SELECT number, title, summary, origin, origin_body, origin_on, published_at FROM "case" WHERE id = :id')
VERSIONS = Sql("""
    SELECT v.id, v.document_id, v.number, v.size, v.media_type, v.entry_seq, v.uploaded_at
    FROM document_version v JOIN document d ON d.id = v.document_id WHERE d.case_id = :id ORDER BY v.id
""")
STEPS = Sql("""
    SELECT id, body, meeting_on, item, decision, link, decided_at FROM decision_step WHERE case_id = :id ORDER BY id
""")
ENTRIES = Sql("SELECT DISTINCT kind, ref FROM record_entry WHERE log_id = :id")
LETTERS = Sql("SELECT id, kind, dated_on, summary FROM government_letter WHERE case_id = :id ORDER BY id")

Rows = Callable[[Connection, str], Iterable[record.Row]]


def _case(conn: Connection, case_id: str) -> Iterator[record.Row]:
    row = CASE_ROW(conn, id=case_id).one_or_none()
    if row is None:
        return
    facts = ("number", "origin_body")
    texts = ("title", "summary", "origin")
    says = {name: getattr(row, name) for name in facts} | {name: _official(getattr(row, name)) for name in texts}
    yield record.Row(case_id, CASE.name, (case_id,), says={**says, "origin_on": _day(row.origin_on)})
    at = {"received_at": record.moment_text(as_moment(row.published_at))} if row.published_at else {}
    yield record.Row(case_id, PUBLISH.name, (case_id,), facts=at, is_told=row.published_at is not None)


def _versions(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in VERSIONS(conn, id=case_id):
        yield record.Row(
            row.id,
            DOCUMENT.name,
            (row.document_id,),
            seq=row.entry_seq,
            numbered=True,
            facts={
                "received_at": record.moment_text(as_moment(row.uploaded_at)),
                "attachments": [{"size": row.size, "type": row.media_type}],
            },
        )


def _decisions(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in STEPS(conn, id=case_id):
        told = {name: getattr(row, name) for name in ("item", "link")} | {"meeting_on": _day(row.meeting_on)}
        told |= {name: _official(getattr(row, name)) for name in ("body", "decision")}
        at = {"received_at": record.moment_text(as_moment(row.decided_at))} if row.decided_at else {}
        is_told = row.decided_at is not None or bool(told["decision"])
        yield record.Row(row.id, DECISION.name, (row.id,), facts=at, says=told, is_told=is_told)


def _letters(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in LETTERS(conn, id=case_id):
        says = {"letter": row.kind, "dated_on": _day(row.dated_on), "summary": _official(row.summary)}
        yield record.Row(row.id, DOCUMENT.name, (row.id,), says=says)


def _told(rows: Rows) -> Rows:
    """Where the record does not tell that the case was opened, it began later: only what it tells of is held."""

    def told(conn: Connection, case_id: str) -> Iterator[record.Row]:
        known = {(one.kind, one.ref) for one in ENTRIES(conn, id=case_id)}
        began = any(kind == CASE.name for kind, _ in known)
        for row in rows(conn, case_id):
            if began or any((row.kind, ref) in known for ref in row.refs):
                yield row

    return told


def _official(stored: str) -> str:
    return Wording.load(stored).official


def _day(stored: Any) -> str:
    return str(stored or "")


TABLES = (
    record.Table("case", _told(_case), (CASE.name, PUBLISH.name)),
    record.Table("document_version", _told(_versions), (DOCUMENT.name,)),
    record.Table("decision_step", _told(_decisions), (DECISION.name,)),
    record.Table("government_letter", _told(_letters), (DOCUMENT.name,)),
    record.told_table(CaseTold, CASE.name, PUBLISH.name, DOCUMENT.name, DECISION.name),
)
