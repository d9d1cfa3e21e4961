"""Rows of the hearing that the record speaks of, as it must have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, as_moment
from eventapp.hearing.entries import ANSWER, CLOSE, DEADLINE, EXTEND, LINK, NOTICE, PARTY
from eventapp.hearing.models import HearingTold
from eventapp.languages import Wording

# SQL: the record reads rows back on its own connection, without a session.
HEARINGS = Sql("""
    SELECT h.id, h.title, h.question, h.starts_at, h.deadline_at, h.published_at, h.closed_at,
        EXISTS (SELECT 1 FROM deadline_change d WHERE d.hearing_id = h.id) AS was_moved
    FROM hearing h WHERE h.case_id = :case_id ORDER BY h.id
""")
MATERIAL = Sql("""
    SELECT m.hearing_id, v.sha256 FROM hearing_material m JOIN document_version v ON v.id = m.version_id
    JOIN hearing h ON h.id = m.hearing_id WHERE h.case_id = :case_id ORDER BY m.hearing_id, m.annex
""")
CHANGES = Sql("""
    SELECT d.id, d.hearing_id, d.entry_seq, d.at FROM deadline_change d JOIN hearing h ON h.id = d.hearing_id
    WHERE h.case_id = :case_id ORDER BY d.id
""")
NOTICES = Sql("""
    SELECT n.id, n.party_id, n.sent_at, p.name FROM notice n JOIN party p ON p.id = n.party_id
    JOIN hearing h ON h.id = p.hearing_id WHERE h.case_id = :case_id ORDER BY p.id, n.sent_at, n.id
""")
ANSWERS = Sql("""
    SELECT a.id, a.entry_seq, a.received_at, a.begun_at, a.deadline_at, a.is_late, a.party_id
    FROM answer a JOIN hearing h ON h.id = a.hearing_id WHERE h.case_id = :case_id ORDER BY a.id
""")
ATTACHED = Sql("""
    SELECT t.answer_id, t.size, t.media_type FROM answer_attachment t JOIN answer a ON a.id = t.answer_id
    JOIN hearing h ON h.id = a.hearing_id WHERE h.case_id = :case_id ORDER BY t.answer_id, t.position
""")


def _hearings(conn: Connection, case_id: str) -> Iterator[record.Row]:
    material: dict[str, list[str]] = defaultdict(list)
    for one in MATERIAL(conn, case_id=case_id):
        material[one.hearing_id].append(one.sha256)
    for row in HEARINGS(conn, case_id=case_id):
        yield record.Row(
            row.id,
            DEADLINE.name,
            (row.id,),
            facts=_at(row.published_at),
            says={
                "title": Wording.load(row.title).official,
                "question": Wording.load(row.question).official,
                "starts_at": as_moment(row.starts_at).isoformat(),
                "material": material[row.id],
                **({} if row.was_moved else {"deadline": as_moment(row.deadline_at).isoformat()}),
            },
            newer=frozenset({"starts_at"}),
            is_told=row.published_at is not None,
        )
        yield record.Row(row.id, CLOSE.name, (row.id,), facts=_at(row.closed_at), is_told=row.closed_at is not None)
        moved = {"new": as_moment(row.deadline_at).isoformat()}
        yield record.Row(row.id, EXTEND.name, (row.id,), says=moved, is_told=bool(row.was_moved))


def _changes(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in CHANGES(conn, case_id=case_id):
        yield record.Row(row.id, EXTEND.name, (row.hearing_id,), row.entry_seq, facts=_at(row.at), numbered=True)


def _notices(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in NOTICES(conn, case_id=case_id):
        yield record.Row(row.id, NOTICE.name, (row.id,), facts=_at(row.sent_at))


def _parties(conn: Connection, case_id: str) -> Iterator[record.Row]:
    """Each party that was written to is called what its last letter or correction calls it."""
    letters: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in NOTICES(conn, case_id=case_id):
        letters[row.party_id, row.name].append(row.id)
    for (party_id, name), notices in letters.items():
        yield record.Row(party_id, NOTICE.name, (*notices, party_id), says={"party": name})


def _answers(conn: Connection, case_id: str) -> Iterator[record.Row]:
    attached: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in ATTACHED(conn, case_id=case_id):
        attached[one.answer_id].append({"size": one.size, "type": one.media_type})
    for row in ANSWERS(conn, case_id=case_id):
        moments = {"started_at": row.begun_at, "deadline_at": row.deadline_at}
        told = {name: _moment(moment) for name, moment in moments.items()}
        yield record.Row(
            row.id,
            ANSWER.name,
            (row.id,),
            row.entry_seq,
            facts={**told, **_at(row.received_at), "late": bool(row.is_late), "attachments": attached[row.id]},
            says={"party_id": row.party_id},
            newer=frozenset({"party_id"}),
            numbered=True,
        )


def _at(moment: Any) -> dict[str, str]:
    return {"received_at": record.moment_text(as_moment(moment))} if moment else {}


def _moment(moment: datetime | str | None) -> str | None:
    return record.moment_text(as_moment(moment)) if moment else None


TABLES = (
    record.Table("hearing", _hearings, (DEADLINE.name, CLOSE.name, EXTEND.name)),
    record.Table("deadline_change", _changes),
    record.Table("notice", _notices, (NOTICE.name,)),
    record.Table("party", _parties),
    record.Table("answer", _answers, (ANSWER.name,)),
    record.told_table(HearingTold, DEADLINE.name, CLOSE.name, LINK.name, PARTY.name),
)
