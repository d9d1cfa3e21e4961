"""How the other slices send something: one row, written in the transaction of what it tells about.

A worker renders and delivers it after the commit. So nothing is sent for what was undone, and "was it sent?" has an
answer. Cheap enough for the hot paths: one statement, no template, no image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection

from eventapp import clock
from eventapp.db import Sql, new_id
from eventapp.languages import OFFICIAL
from eventapp.mail import rules
from eventapp.mail.packing import pack

INSERT = Sql("""
    INSERT INTO outbox_mail (id, message, to_address, reply_to, lang, subject_id, context, secrets, attachments,
                             calendar, calendar_method, dedupe, limit_key, state, attempts, due_at, queued_at)
    VALUES (:id, :message, :to, :reply_to, :lang, :subject_id, :context, :secrets, :attachments,
            :calendar, :calendar_method, :dedupe, :limit_key, 'waiting', 0, :due_at, :queued_at)
    ON CONFLICT (dedupe) DO NOTHING
""")
FORGET = Sql("DELETE FROM outbox_mail WHERE subject_id = :subject_id")
FORGET_ONE = Sql("DELETE FROM outbox_mail WHERE dedupe = :dedupe")


class Options(TypedDict, total=False):
    """What a mail may have besides its message, address and context; see :func:`queue`."""

    lang: str
    secrets: Mapping[str, Any] | None
    subject_id: str | None
    reply_to: str | None
    attachments: Iterable[Mapping[str, object]]
    calendar: str | None
    calendar_method: str | None
    dedupe: str | None
    public: bool
    at: datetime | None


def queue(
    conn: Connection,
    *,
    message: str,
    to: str,
    context: Mapping[str, Any],
    **options: Unpack[Options],
) -> str | None:
    """Let a mail be sent once this transaction is kept.

    :param message: folder under ``templates/mail/`` with ``subject.txt``, ``body.txt`` and ``body.html``.
    :param to: one address in ASCII, as ``email_validator`` gives it (``ascii_email``).
    :param context: values for the templates: JSON, and aware moments and days. Stays in the row.
    :param lang: a code of :data:`eventapp.languages.LANGUAGES`; the official language when none is given.
    :param secrets: more values for the templates: links with codes. Leave the row when the mail is sent.
    :param subject_id: the row that the mail belongs to, such as a registration.
    :param attachments: mappings of ``name``, ``media_type``, and either ``sha256`` of a stored file or ``maker``, the
        name that :func:`eventapp.mail.rendering.register_maker` was given; ``url`` is where everybody can fetch the
        same, and goes instead of a stored file that is too large for a mail. With ``"inline": True`` it is an image
        that the HTML body shows by ``<img src="{{ cid("name.png") }}">``.
    :param calendar: an iCalendar object that goes along as another form of the text, with ``calendar_method``.
    :param dedupe: a second mail with the same text here is not queued.
    :param public: set for mails that anybody can have sent to anybody; such are limited by address (S45).
    :param at: not before this moment, by the machine's clock.
    :returns: the row's id, or ``None`` when ``dedupe`` was there already.
    """
    now = clock.system_now()
    mail_id = new_id()
    queued = INSERT(
        conn,
        id=mail_id,
        message=message,
        to=to,
        context=pack(dict(context)),
        secrets=pack(dict(secrets)) if (secrets := options.get("secrets")) else None,
        attachments=pack([_checked(one) for one in options.get("attachments", ())]),
        lang=options.get("lang", OFFICIAL),
        reply_to=options.get("reply_to"),
        subject_id=options.get("subject_id"),
        calendar=options.get("calendar"),
        calendar_method=options.get("calendar_method"),
        dedupe=options.get("dedupe"),
        limit_key=rules.mailbox(to) if options.get("public") else None,
        due_at=options.get("at") or now,
        queued_at=now,
    )
    return mail_id if queued.rowcount else None


def forget(conn: Connection, subject_id: str) -> None:
    """Delete every mail that belongs to a row, sent or not, with all tries: the person asked to be erased."""
    FORGET(conn, subject_id=subject_id)


def forget_one(conn: Connection, dedupe: str) -> None:
    """The same for one of the mails of a row: the one that was queued with this ``dedupe``."""
    FORGET_ONE(conn, dedupe=dedupe)


def _checked(attachment: Mapping[str, object]) -> dict[str, object]:
    if {"name", "media_type"} - set(attachment) or ("sha256" in attachment) == ("maker" in attachment):
        raise ValueError("An attachment has a name, a media_type, and either sha256 or maker.")
    return dict(attachment)
