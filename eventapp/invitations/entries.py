"""What invitations enter into the record, and where each text is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, as_moment
from eventapp.errors import existing
from eventapp.invitations.models import InvitationTold
from eventapp.languages import Wording
from eventapp.mail import outbox
from eventapp.registration import actions as registrations

# SQL: the record reads an entry's text back on its own connection, without a session.
LETTER = Sql(
    "SELECT i.office, i.name, i.wished_role, i.reply_by_at, l.sha256"
    " FROM letter l JOIN invitation i ON i.id = l.invitation_id WHERE l.id = :id"
)
REPLY_ROW = Sql("SELECT state, stand_in_name, reason, channel FROM reply WHERE id = :id")
STAND_IN = Sql("SELECT stand_in_name FROM reply WHERE id = :id")
SAME_INVITATION = Sql("""
    SELECT id FROM reply WHERE invitation_id = (SELECT invitation_id FROM reply WHERE id = :id) ORDER BY id
""")
FORGET_REASON = Sql("UPDATE reply SET reason = '' WHERE id = :id")
FORGET_STAND_IN = Sql(
    "UPDATE reply SET stand_in_name = '', stand_in_title = '', contact_name = '', contact_phone = '' WHERE id = :id"
)

_told = record.Keeping(InvitationTold)


def _letter(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    """An invitation is frozen once a letter was sent."""
    row = existing(LETTER(conn, id=entry.ref).one_or_none())
    return {
        "office": Wording.load(row.office).official,
        "name": row.name,
        "role": row.wished_role,
        "reply_by": as_moment(row.reply_by_at).isoformat(),
        "letter": row.sha256,
    }


def _reply(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(REPLY_ROW(conn, id=entry.ref).one_or_none())
    return {"state": row.state, "stand_in": row.stand_in_name, "reason": row.reason, "channel": row.channel}


def noted_once(reply_id: str) -> str:
    """By what the mail that notes a reply is told from the others of its invitation."""
    return f"reply:{reply_id}"


def _forget_reply(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    """With the stand-in goes whom to call about it, the mail that says who comes, and the name on the ticket."""
    reply_id = entry.ref or ""
    if "reason" in names:
        FORGET_REASON(conn, id=reply_id)
    if "stand_in" in names:
        _forget_ticket_name(conn, reply_id)
        FORGET_STAND_IN(conn, id=reply_id)
        outbox.forget_one(conn, noted_once(reply_id))
    return names


def _forget_ticket_name(conn: Connection, reply_id: str) -> None:
    """The ticket may have been made for an earlier reply that named the same person."""
    name = str(STAND_IN(conn, id=reply_id).scalar_one())
    if name:
        for other_id in SAME_INVITATION(conn, id=reply_id).scalars().all():
            registrations.forget_name(conn, other_id, name)


INVITE = record.Kind(
    "invite",
    lazy_pgettext("record", "Invitation"),
    {
        "office": _l("the office"),
        "name": _l("the name"),
        "role": _l("what the invitee is asked to do"),
        "reply_by": _l("the deadline of the reply"),
        "letter": _l("the letter"),
    },
    _letter,
)
REPLY = record.Kind(
    "reply",
    lazy_pgettext("record", "Reply to an invitation"),
    {
        "state": _l("the reply"),
        "stand_in": _l("the stand-in"),
        "reason": _l("the reason"),
        "channel": _l("how it came in"),
    },
    _reply,
    forget=_forget_reply,
    erasable=("reason", "stand_in"),
)
ATTENDANCE = record.Kind(
    "attendance",
    lazy_pgettext("record", "Attendance"),
    {"what": _l("what it is about")},
    _told.content,
    _told.keep,
)
KINDS = (INVITE, REPLY, ATTENDANCE)
