"""What the letters to the parties say: values for the templates under ``templates/mail/hearing/``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from eventapp.db import Sql
from eventapp.hearing.models import Hearing, Party
from eventapp.mail import outbox, rendering
from eventapp.mail.queued import QueuedMail
from eventapp.telling import queries as changes
from eventapp.web.registry import Telling
from eventapp.web.urls import external_url

EXTENDED = "hearing/extended"
# SQL: one of each address, however many answers it sent; a party that was sent the hearing has a notice of its own.
_ANSWERED = """
    SELECT min(a.id) AS id FROM answer a
    WHERE a.hearing_id = :hearing_id AND a.email <> '' AND a.received_at <= :until AND lower(a.email) NOT IN (
        SELECT lower(p.email) FROM party p JOIN notice n ON n.party_id = p.id WHERE p.hearing_id = :hearing_id)
    GROUP BY lower(a.email)
"""
SOME_ANSWERED = Sql(f"""
    SELECT id, email, lang FROM answer WHERE id IN ({_ANSWERED}) AND id > :after ORDER BY id LIMIT :most
""")
ANSWERED_NUMBER = Sql(f"SELECT count(*) FROM ({_ANSWERED}) AS addresses")


# A later notice to the same party says what holds, with question and material.
FOLLOWED = Sql("""
    SELECT 1 FROM notice mine JOIN notice later ON later.party_id = mine.party_id AND later.sent_at > mine.sent_at
    WHERE mine.id = :notice_id LIMIT 1
""")


def is_outdated(conn: Connection, mail: QueuedMail) -> bool:
    """Whether a notice names a deadline that a later one has replaced."""
    return FOLLOWED(conn, notice_id=mail.subject_id).first() is not None


def register() -> None:
    """Let the worker know when one of these mails is out of date."""
    rendering.register_check("hearing/notice", is_outdated)
    rendering.register_check("hearing/extension", is_outdated)
    rendering.register_check(EXTENDED, lambda conn, mail: rendering.has_later(conn, mail, EXTENDED))


def answered_number(conn: Connection, hearing_id: str, until: datetime) -> int:
    """How many addresses sent an answer, those of parties with notices of their own apart."""
    return int(ANSWERED_NUMBER(conn, hearing_id=hearing_id, until=until).scalar_one())


def tell_answered(conn: Connection, telling: Telling, after: str, most: int) -> list[str]:
    """Write to those who have answered that the deadline is another now: they may send one more.

    :param after: the last answer whose sender was written to; empty at the beginning.
    :returns: the answers whose senders were written to now, at most ``most``; empty when all were.
    """
    found = SOME_ANSWERED(conn, hearing_id=telling.subject_id, until=telling.until, after=after, most=most).all()
    with Session(conn) as session:
        hearing = session.get_one(Hearing, telling.subject_id)
        told = {
            "title": hearing.title,
            "case_number": hearing.case.number,
            "deadline_at": hearing.deadline_at,
            "reasons": list(changes.since(conn, hearing.id, telling.since).reasons),
            "page": external_url("hearing.show", slug=hearing.slug),
            "number": telling.number,
            "hearing_id": hearing.id,
        }
    for one in found:
        dedupe = f"{EXTENDED}:{telling.number}:{one.id}"
        outbox.queue(
            conn, message=EXTENDED, to=one.email, lang=one.lang, subject_id=one.id, context=told, dedupe=dedupe
        )
    return [one.id for one in found]


def notice(hearing: Hearing, party: Party, reason: str = "") -> dict[str, Any]:
    """For ``hearing/notice``, ``hearing/extension`` and ``hearing/correction``; ``reason``: of a correction."""
    return {
        "party": party.name,
        "title": hearing.title,
        "case_number": hearing.case.number,
        "question": hearing.question,
        "deadline_at": hearing.deadline_at,
        "reason": reason or (hearing.deadline_changes[-1].reason if hearing.deadline_changes else ""),
        "material": [{"annex": one.annex, "title": one.version.document.title} for one in hearing.material],
        "contacts": [
            {"function": one.function, "email": one.email, "phone": one.phone} for one in hearing.case.contacts
        ],
        "page": external_url("hearing.show", slug=hearing.slug),
    }
