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

from eventapp import blobs
from eventapp.config import settings
from eventapp.db import reading
from eventapp.mail.queued import QueuedMail

Maker = Callable[[dict[str, Any]], bytes]
Reader = Callable[[dict[str, Any]], dict[str, Any]]

REMOVED = "[…]"
LINK = re.compile(r"https?://[^\s<>\"']+")

_makers: dict[str, Maker] = {}
_readers: dict[str, Reader] = {}


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


def render(mail: QueuedMail, *, with_files: bool = True) -> Rendered:
    """The mail of a row. Reads the database, in a transaction that is over when this returns.

    :raises Exception: whatever a template or a maker raises; the mail is tried again later.
    """
    with reading(), current_app.app_context():
        g.lang = mail.lang
        values = _values(mail)
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
        content = blobs.read(one["sha256"]) if "sha256" in one else _make(one, values)
        cid = content_id(one["name"]) if one.get("inline") else None
        yield File(one["name"], one["media_type"], content, cid)


def _make(attachment: dict[str, Any], values: dict[str, Any]) -> bytes:
    return _makers[attachment["maker"]]({**values, "file": attachment["name"]})


def _without_secrets(text: str, mail: QueuedMail, values: dict[str, Any]) -> str:
    """Any link may be a personal one, so all go; so do codes that stand in the text by themselves."""
    kept = LINK.sub(REMOVED, text)
    for secret in sorted(map(str, values["secrets"].values()), key=len, reverse=True):
        kept = kept.replace(secret, REMOVED) if secret else kept
    return kept
