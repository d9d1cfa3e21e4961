"""From a row of the outbox to what the reader sees: subject, text, HTML and files, in the language of the row.

Runs in the worker, never in a request that somebody waits for. A slice may register a *maker* for files that cost time
(a QR code, a PDF), and a *reader* that fetches what the templates of its mails need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, render_template
from sqlalchemy import Connection

from eventapp import blobs
from eventapp.config import settings
from eventapp.db import Sql, reading
from eventapp.mail.queued import QueuedMail

Maker = Callable[[dict[str, Any]], bytes]
Reader = Callable[[dict[str, Any]], dict[str, Any]]
Check = Callable[[Connection, QueuedMail], bool]

REMOVED = "[…]"
LARGEST_FILES = 10_000_000  # bytes of all files of a mail: many servers take no mail above 20 MB, in base64
LINK = re.compile(r"https?://[^\s<>\"']+")

_makers: dict[str, Maker] = {}
_readers: dict[str, Reader] = {}
_checks: dict[str, Check] = {}
# SQL: asked by the worker, which has no session.
LATER = Sql("""
    SELECT 1 FROM outbox_mail
    WHERE subject_id = :subject_id AND message = :message AND id <> :id AND queued_at > :at LIMIT 1
""")
SIZE = Sql("SELECT size FROM blob WHERE sha256 = :sha256")


@dataclass(frozen=True)
class File:
    """A file of a mail; ``cid`` is set for an image that is shown inside the text."""

    name: str
    media_type: str
    content: bytes
    cid: str | None = None


@dataclass(frozen=True)
class Rendered:
    """A mail ready to be packed. ``kept`` is the text without its links and codes, for staff to look at later."""

    subject: str
    text: str
    html: str
    kept: str
    files: tuple[File, ...] = ()


def register_maker(name: str, make: Maker) -> None:
    """Let attachments of mails name ``make``; it gets the mail's values, with its own name as ``file``."""
    _makers[name] = make


def register_reader(message: str, read: Reader) -> None:
    """Let ``read`` add to the values of a message when it is sent; what it puts under ``secrets`` is never kept."""
    _readers[message] = read


def register_check(message: str, check: Check) -> None:
    """Let ``check`` say, right before such a mail is sent, whether it is out of date: what holds is said by another."""
    _checks[message] = check


def is_outdated(mail: QueuedMail) -> bool:
    """Whether the mail would say what does not hold any more."""
    check = _checks.get(mail.message)
    if check is None:
        return False
    with reading() as conn:
        return check(conn, mail)


def has_later(conn: Connection, mail: QueuedMail, *messages: str) -> bool:
    """Whether a mail of one of these kinds about the same was queued after this one."""
    about = {"subject_id": mail.subject_id, "id": mail.id, "at": mail.queued_at}
    return any(LATER(conn, message=one, **about).first() for one in messages)


def may_link(mail: QueuedMail) -> bool:
    """Whether some file of it can be fetched by a link instead."""
    return any("url" in one for one in mail.attachments)


def render(mail: QueuedMail, *, with_files: bool = True, with_links: bool = False) -> Rendered:
    """The mail of a row. Reads the database, in a transaction that is over when this returns.

    :param with_links: let links stand for the files that have one; so it is, too, when they are too large together.
    :raises Exception: whatever a template or a maker raises; the mail is tried again later.
    """
    with reading() as conn, current_app.app_context():
        g.lang = mail.lang
        linked = may_link(mail) and (with_links or _size(conn, mail) > LARGEST_FILES)
        values = {**_values(mail), "linked": [one for one in mail.attachments if linked and "url" in one]}
        text = _template(mail, "body.txt", values)
        return Rendered(
            subject=" ".join(_template(mail, "subject.txt", values).split()),
            text=text,
            html=_template(mail, "body.html", values),
            kept=_without_secrets(text, mail, values),
            files=tuple(_files(mail, values)) if with_files else (),
        )


def content_id(name: str) -> str:
    """By what the HTML of a mail calls an image of the same mail."""
    return f"{name}@{domain()}"


def domain() -> str:
    """The domain that our mails come from."""
    return settings().mail_default_sender.rpartition("@")[2]


def _values(mail: QueuedMail) -> dict[str, Any]:
    read = _readers.get(mail.message)
    values = {**mail.context, **(mail.secrets or {})}
    found = read(values) if read else {}
    secrets = {**(mail.secrets or {}), **found.pop("secrets", {})}
    return {**values, **found, **secrets, "secrets": secrets}


def _template(mail: QueuedMail, name: str, values: dict[str, Any]) -> str:
    site = {"public_url": settings().public_url, "mail_lang": mail.lang, "cid": lambda file: f"cid:{content_id(file)}"}
    return render_template(f"mail/{mail.message}/{name}", **{**site, **values})


def _files(mail: QueuedMail, values: dict[str, Any]) -> Iterator[File]:
    for one in mail.attachments:
        if one in values["linked"]:
            continue
        content = blobs.read(one["sha256"]) if "sha256" in one else _make(one, values)
        cid = content_id(one["name"]) if one.get("inline") else None
        yield File(one["name"], one["media_type"], content, cid)


def _size(conn: Connection, mail: QueuedMail) -> int:
    """Of those of its files that are stored already."""
    stored = [one["sha256"] for one in mail.attachments if "sha256" in one]
    return sum(SIZE(conn, sha256=one).scalar_one_or_none() or 0 for one in stored)


def _make(attachment: dict[str, Any], values: dict[str, Any]) -> bytes:
    return _makers[attachment["maker"]]({**values, "file": attachment["name"]})


def _without_secrets(text: str, mail: QueuedMail, values: dict[str, Any]) -> str:
    """Any link may be a personal one, so all go; so do codes that stand in the text by themselves."""
    kept = LINK.sub(REMOVED, text)
    for secret in sorted(map(str, values["secrets"].values()), key=len, reverse=True):
        kept = kept.replace(secret, REMOVED) if secret else kept
    return kept
