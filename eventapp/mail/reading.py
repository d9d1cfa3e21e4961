"""A mail as staff may see it: from its file, from what was kept of it, or as it would be sent now."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path

from eventapp.mail import rendering
from eventapp.mail.channels import eml_path
from eventapp.mail.models import OutboxMail
from eventapp.mail.packing import unpack
from eventapp.mail.queued import QueuedMail


@dataclass(frozen=True)
class Shown:
    """Subject and text, with links only where the mail was written to a file; ``files`` as (name, type, bytes)."""

    subject: str
    text: str
    files: tuple[tuple[str, str, int | None], ...]
    file: Path | None = None


def shown(mail: OutboxMail) -> Shown | None:
    """``None`` when its template cannot be rendered any more, or yet, or its row cannot be read."""
    if (file := eml_path(mail.id)).exists():
        return _from_file(file)
    try:
        named = tuple((one["name"], one["media_type"], None) for one in mail.attachments)
        if mail.body is not None:
            return Shown(mail.subject or "", mail.body, named)
        made = rendering.render(_queued(mail), with_files=False)
    except Exception:
        return None
    return Shown(made.subject, made.kept, named)


def _from_file(path: Path) -> Shown:
    message = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    return Shown(str(message["Subject"]), body.get_content() if body else "", tuple(_files(message)), path)


def _files(message: EmailMessage) -> Iterator[tuple[str, str, int | None]]:
    for part in message.walk():
        name = part.get_filename()
        content = part.get_payload(decode=True)
        if (name or part.get_content_type() == "text/calendar") and isinstance(content, bytes):
            yield name or "invite.ics", part.get_content_type(), len(content)


def _queued(mail: OutboxMail) -> QueuedMail:
    return QueuedMail(
        id=mail.id,
        message=mail.message,
        to_address=mail.to_address,
        reply_to=mail.reply_to,
        lang=mail.lang,
        subject_id=mail.subject_id,
        context=unpack(mail.context),
        secrets=unpack(mail.secrets),
        attachments=mail.attachments,
        calendar=mail.calendar,
        calendar_method=mail.calendar_method,
        message_id=mail.message_id or "",
        limit_key=mail.limit_key,
        admitted_at=mail.admitted_at,
        queued_at=mail.queued_at,
    )
