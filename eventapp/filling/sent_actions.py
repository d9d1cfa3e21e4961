"""Taking a form in once: its key is claimed in the transaction that it writes in (ADR 0059).

Of two presses at one moment the second waits at the claim until the first is kept or undone, on SQLite before its
transaction begins, on PostgreSQL at the row.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet
from sqlalchemy import Connection

from eventapp.db import Sql, write
from eventapp.filling.errors import OtherContentError, SentBeforeError
from eventapp.filling.models import REMEMBERED
from eventapp.filling.queries import form_hash

# SQL: the claim and what stands in its way are decided by the database, in one statement.
CLAIM = Sql(
    "INSERT INTO sent_form (key_hash, content_hash, leads_to, sent_at) VALUES (:key_hash, :content_hash, '', :now)"
    " ON CONFLICT (key_hash) DO NOTHING"
)
EARLIER = Sql("SELECT content_hash, leads_to FROM sent_form WHERE key_hash = :key_hash")
LEAD = Sql("UPDATE sent_form SET leads_to = :leads_to WHERE key_hash = :key_hash")
LET_GO = Sql("DELETE FROM sent_form WHERE key_hash = :key_hash")
FORGET = Sql("DELETE FROM sent_form WHERE sent_at < :before")


def claim(conn: Connection, key: str, address: str, fields: Sequence[Sequence[str]], *, now: datetime) -> None:
    """Say in the transaction that takes a form in that it was taken in.

    :param fields: what was posted, in its order.
    :raises SentBeforeError: when it was, with the same content.
    :raises OtherContentError: when it was, with another.
    """
    key_hash, content_hash = form_hash(key, address), _content_hash(key, fields)
    if CLAIM(conn, key_hash=key_hash, content_hash=content_hash, now=now).rowcount:
        return
    earlier = EARLIER(conn, key_hash=key_hash).one()
    if earlier.content_hash != content_hash:
        raise OtherContentError
    raise SentBeforeError(_box(key).decrypt(earlier.leads_to).decode())


def lead(conn: Connection, key: str, address: str, leads_to: str) -> None:
    """Note where the sender of a form is sent, for whoever sends it once more."""
    LEAD(conn, key_hash=form_hash(key, address), leads_to=_box(key).encrypt(leads_to.encode()).decode())


def let_go(conn: Connection, key: str, address: str) -> None:
    """The form was only looked at: nothing came of it that could come twice."""
    LET_GO(conn, key_hash=form_hash(key, address))


def forget_sent(now: datetime) -> None:
    write(lambda conn: FORGET(conn, before=now - REMEMBERED))


def _content_hash(key: str, fields: Sequence[Sequence[str]]) -> str:
    return hashlib.sha256(json.dumps([key, *fields]).encode()).hexdigest()


def _box(key: str) -> Fernet:
    """Opens with the form's own key, which the database does not know."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"leads to: {key}".encode()).digest()))
