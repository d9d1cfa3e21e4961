"""What the hearing enters into the record, and where each text is found again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, as_moment
from eventapp.errors import existing
from eventapp.hearing.models import HearingTold
from eventapp.hearing.rules import content, place
from eventapp.mail import outbox

# SQL: the record reads an entry's text back on its own connection, without a session.
NOTICE_ROW = Sql("SELECT addressee, subject, deadline_at FROM notice WHERE id = :id")
CHANGE = Sql(
    "SELECT old_at, new_at, reason, told FROM deadline_change WHERE hearing_id = :hearing_id AND entry_seq = :seq"
)
ANSWER_ROW = Sql(
    "SELECT name, on_behalf_of, sender_kind, email, text, channel, received_at, hearing_id, number,"
    " receipt_number, party_id"
    " FROM answer WHERE id = :id"
)
LINKED = Sql("""
    SELECT t.parts FROM record_entry e JOIN hearing_told t ON t.log_id = e.log_id AND t.seq = e.seq
    WHERE e.kind = 'link' AND e.ref = :id ORDER BY e.seq LIMIT 1
""")
FILES = Sql("SELECT file_name, sha256 FROM answer_attachment WHERE answer_id = :id ORDER BY position")
FORGET_FIELD = {
    name: Sql(f"UPDATE answer SET {name} = '' WHERE id = :id") for name in ("text", "name", "on_behalf_of", "email")
}
FORGET_FINGERPRINT = Sql("UPDATE answer SET content_hash = :content_hash WHERE id = :id")
FORGET_ADDRESSEE = Sql("UPDATE notice SET addressee = '' WHERE id = :id")
PARTY_OF = Sql("SELECT party_id FROM notice WHERE id = :id")
# A party that no letter and no correction names any more is on the list only so that figures and answers stay.
FORGET_PARTY = Sql("""
    UPDATE party SET name = '', email = '' WHERE id = :id
        AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.party_id = party.id AND n.addressee <> '')
        AND NOT EXISTS (
            SELECT 1 FROM hearing_told t JOIN record_entry e ON e.log_id = t.log_id AND e.seq = t.seq
            WHERE e.kind = 'party' AND e.ref = party.id AND t.parts <> '{}'
        )
""")
FORGET_TOLD = Sql("UPDATE hearing_told SET parts = '{}' WHERE log_id = :log_id AND seq = :seq")
FORGET_FILES = Sql("DELETE FROM answer_attachment WHERE answer_id = :id")

_told = record.Keeping(HearingTold)


def answer_content(conn: Connection, answer_id: str) -> dict[str, Any]:
    """What the record committed to of an answer, from the answer's own rows.

    :raises NotFoundError: when there is none.
    """
    row = existing(ANSWER_ROW(conn, id=answer_id).one_or_none())
    answer = SimpleNamespace(**{**row._mapping, "received_at": as_moment(row.received_at)})
    told = content(answer, [(file.file_name, file.sha256) for file in FILES(conn, id=answer_id)])
    return told | place(row.hearing_id, row.number, row.receipt_number, _party_at_first(conn, answer_id, row.party_id))


def _party_at_first(conn: Connection, answer_id: str, party_id: str | None) -> str | None:
    """Whose answer it was when it came, before anybody of staff said something else."""
    linked = LINKED(conn, id=answer_id).scalar_one_or_none()
    return party_id if linked is None else json.loads(linked)["party_before"]


def _answer(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    told = answer_content(conn, entry.ref or "")
    return told | {record.attachment_name(place): sha256 for place, (_, sha256) in enumerate(told["files"])}


def _notice(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(NOTICE_ROW(conn, id=entry.ref).one_or_none())
    return {"party": row.addressee, "subject": row.subject, "deadline": as_moment(row.deadline_at).isoformat()}


def _extension(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(CHANGE(conn, hearing_id=entry.ref, seq=entry.seq).first())
    old, new = (as_moment(one).isoformat() for one in (row.old_at, row.new_at))
    return {"old": old, "new": new, "reason": row.reason, "told": row.told}


def _forget_answer(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    """An attachment goes with all others and their names, and the address with the mails that were sent to it.

    A receipt by mail names the files that came with the answer, so it goes with them too.

    So does the fingerprint by which a text that is sent twice is known: who guesses the text could try it.
    """
    answer_id = entry.ref or ""
    FORGET_FINGERPRINT(conn, id=answer_id, content_hash=secrets.token_hex(32))
    for name in names & FORGET_FIELD.keys():
        FORGET_FIELD[name](conn, id=answer_id)
    attached = {name for name in entry.salts if name == "files" or ":" in name}
    if names & attached:
        FORGET_FILES(conn, id=answer_id)
        names = names | attached
    if names & {"email", *attached}:
        outbox.forget(conn, answer_id)
    return names


def _forget_notice(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    """With the name goes the letter that was mailed, and with the last letter's name the party's on the list."""
    notice_id = entry.ref or ""
    FORGET_ADDRESSEE(conn, id=notice_id)
    outbox.forget(conn, notice_id)
    FORGET_PARTY(conn, id=PARTY_OF(conn, id=notice_id).scalar_one_or_none())
    return names


def _forget_party(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    FORGET_TOLD(conn, log_id=entry.log_id, seq=entry.seq)
    FORGET_PARTY(conn, id=entry.ref)
    return names


DEADLINE = record.Kind(
    "deadline",
    lazy_pgettext("record", "Deadline"),
    {
        "title": _l("the title"),
        "question": _l("the question"),
        "starts_at": _l("the beginning"),
        "deadline": _l("the deadline"),
        "material": _l("the material"),
    },
    _told.content,
    _told.keep,
)
NOTICE = record.Kind(
    "notice",
    lazy_pgettext("record", "Hearing letter"),
    {"party": _l("the party"), "subject": _l("what it is about"), "deadline": _l("the deadline")},
    _notice,
    forget=_forget_notice,
    erasable=("party",),
)
PARTY = record.Kind(
    "party",
    lazy_pgettext("record", "Name of a party"),
    {"party": _l("the party")},
    _told.content,
    _told.keep,
    forget=_forget_party,
    erasable=("party",),
)
EXTEND = record.Kind(
    "extend",
    lazy_pgettext("record", "Extension of the deadline"),
    {
        "old": _l("the deadline before"),
        "new": _l("the deadline after"),
        "reason": _l("the reason"),
        "told": _l("how many were told"),
    },
    _extension,
)
CLOSE = record.Kind(
    "close",
    lazy_pgettext("record", "Closing"),
    {
        "heard": _l("how many were heard"),
        "ticked": _l("how many of them answered"),
        "answers": _l("how many answers came"),
        "late": _l("how many came late"),
    },
    _told.content,
    _told.keep,
)
LINK = record.Kind(
    "link",
    lazy_pgettext("record", "Whose answer it is"),
    {"party_id": _l("the party on the list"), "party_before": _l("the party on the list before")},
    _told.content,
    _told.keep,
)
ANSWER = record.Kind(
    "answer",
    lazy_pgettext("record", "Hearing answer"),
    {
        "name": _l("the name"),
        "on_behalf_of": _l("on whose behalf"),
        "sender_kind": _l("what the sender speaks as"),
        "email": _l("the e-mail address"),
        "text": _l("the text"),
        "channel": _l("how it came in"),
        "received_at": _l("when it came in"),
        "files": _l("the attachments"),
        "hearing": _l("the hearing"),
        "serial": _l("the number"),
        "receipt_number": _l("the number of the receipt"),
        "party_id": _l("the party on the list"),
    },
    _answer,
    forget=_forget_answer,
    erasable=("text", "files", "name", "on_behalf_of", "email"),
)
KINDS = (DEADLINE, NOTICE, PARTY, EXTEND, CLOSE, LINK, ANSWER)
