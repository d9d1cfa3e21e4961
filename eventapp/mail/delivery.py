"""Flask-Mail, mended: everything about it that we do otherwise stands in this module.

1. A calendar part says its method, and images of the text are bound to it.
2. Lines are never longer than SMTP allows: text goes as quoted-printable, calendars as base64.
3. The server has a time limit, for each wait and for the whole, and its certificate is checked (TLS 1.2 or better).
4. The message id is ours and stays the same when a mail is tried again.
5. A server that is gone when we say goodbye is no fault, and what it said to a mail is kept.
6. Headers are looked over after decoding (see ``headers``).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.charset import BASE64, QP, Charset
from email.message import Message as Part
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from types import TracebackType
from typing import Any

from flask import Flask
from flask_mail import Attachment, Connection, Mail, Message

from eventapp import clock
from eventapp.config import Settings, settings
from eventapp.mail import calendar, headers
from eventapp.mail.queued import QueuedMail
from eventapp.mail.rendering import File, Rendered, domain

LONGEST_SECONDS = 45  # for a greeting or a whole mail; MAIL_TIMEOUT_SECONDS is for each single wait
GOODBYE_SECONDS = 5
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}  # no holiday replies, please


# --- packing -------------------------------------------------------------------------------------------------


class OurMessage(Message):
    """A mail with a calendar part, inline images and a message id of ours."""

    def __init__(self, *, message_id: str, calendar_method: str | None = None, **parts: Any) -> None:
        super().__init__(**parts)
        self.msgId = message_id
        self.calendar_method = calendar_method

    def as_bytes(self) -> bytes:
        """The mail as it goes over the wire.

        :raises UnsafeHeaderError: when a header holds more than was put into it.
        """
        raw = super().as_bytes()
        headers.check_finished(raw)
        return raw

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = BASE64 if subtype == "calendar" else QP
        part = MIMEText("", subtype)
        del part["Content-Transfer-Encoding"]  # the library encodes only where nothing is said yet
        part.set_payload(text or "", charset)
        return part

    def _message(self) -> MIMEBase:
        whole = super()._message()
        alternative, *files = _parts(whole)
        for part in (*_parts(alternative), *files):
            if part.get_content_subtype() == "calendar":
                _say_method(part, self.calendar_method if part not in files else None)
        whole.set_payload([_with_images(alternative, files), *(one for one in files if not one["Content-ID"])])
        return whole


def _parts(whole: Part) -> list[Part]:
    payload = whole.get_payload()
    return [one for one in payload if isinstance(one, Part)] if isinstance(payload, list) else []


def _say_method(part: Part, method: str | None) -> None:
    """In the header of a calendar object stand its method and its signs, or no program acts on it (RFC 6047, 2.4)."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    part.set_param("charset", "utf-8")
    part.set_param("method", method or calendar.method_of(content))


def _with_images(alternative: Part, files: list[Part]) -> Part:
    images = [one for one in files if one["Content-ID"]]
    if not images:
        return alternative
    related = MIMEMultipart("related", type="multipart/alternative")
    for part in (alternative, *images):
        related.attach(part)
    return related


def pack(mail: QueuedMail, rendered: Rendered) -> OurMessage:
    """The mail of a row, with its headers checked.

    :raises UnsafeHeaderError: when a text would become more than the header it is meant for.
    """
    _check(mail, rendered)
    return OurMessage(
        message_id=mail.message_id,
        calendar_method=mail.calendar_method,
        subject=rendered.subject,
        sender=formataddr((settings().site_name, settings().mail_default_sender)),
        recipients=[mail.to_address],
        reply_to=mail.reply_to,
        body=rendered.text,
        html=rendered.html,
        alts={"calendar": mail.calendar} if mail.calendar else {},
        attachments=[_attachment(one) for one in rendered.files],
        extra_headers=AUTOMATIC,
        date=clock.system_now().timestamp(),
    )


def _check(mail: QueuedMail, rendered: Rendered) -> None:
    headers.check_text(rendered.subject, "subject")
    headers.check_address(mail.to_address, "recipient")
    if mail.reply_to is not None:
        headers.check_address(mail.reply_to, "reply address")
    for one in rendered.files:
        headers.check_text(one.name, "file name")
        headers.check_text(one.media_type, "file type")


def _attachment(file: File) -> Attachment:
    disposition, extra = ("inline", {"Content-ID": f"<{file.cid}>"}) if file.cid else ("attachment", {})
    return Attachment(file.name, file.media_type, file.content, disposition, extra)


# --- the line to the server ----------------------------------------------------------------------------------


class TryAgainError(Exception):
    """It did not work this time; the text says why."""


class UnreachableError(TryAgainError):
    """There is no line to the server, so no other mail can go either just now."""


class RefusedError(Exception):
    """The server said no, and will say so again; the text is its answer."""

    @property
    def is_too_large(self) -> bool:
        """Whether it was the size that it said no to (RFC 1870, 6.1; RFC 3463, 3.4)."""
        return str(self).startswith("552") or "5.3.4" in str(self)


class Host(smtplib.SMTP):
    """A server that cannot keep us for ever; ``answer`` is what it said to the last mail."""

    answer = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        with self.at_most(LONGEST_SECONDS):
            super().__init__(*args, **options)

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Cut the line when what is inside takes longer, however steadily the server trickles."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, text = super().data(msg)
        self.answer = readable(code, text)
        return code, text

    def _cut(self) -> None:
        sock = getattr(self, "sock", None)
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # below TLS, which another thread is waiting in


class TlsHost(Host, smtplib.SMTP_SSL):
    """The same where the line is encrypted from its first byte (port 465)."""


class PatientConnection(Connection):
    """A connection with limits, that does not mind when the server is gone at the end."""

    host: Host | None

    def configure_host(self) -> Host:
        chosen = settings()
        options = {"timeout": chosen.mail_timeout_seconds, "local_hostname": domain()}
        if chosen.mail_use_ssl:
            host: Host = TlsHost(chosen.mail_server, chosen.mail_port, context=tls_context(chosen), **options)
        else:
            host = Host(chosen.mail_server, chosen.mail_port, **options)
        try:
            with host.at_most(LONGEST_SECONDS):
                _introduce(host, chosen)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.host is not None:
            with suppress(OSError), self.host.at_most(GOODBYE_SECONDS):  # smtplib's own errors are OSErrors
                self.host.quit()
            self.host.close()


def tls_context(chosen: Settings) -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, or against those of MAIL_CA_FILE."""
    context = ssl.create_default_context(cafile=chosen.mail_ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _introduce(host: Host, chosen: Settings) -> None:
    if chosen.mail_use_tls and not chosen.mail_use_ssl:
        host.starttls(context=tls_context(chosen))
    if chosen.mail_username:
        host.login(chosen.mail_username, chosen.mail_password)


def readable(code: int, text: bytes | str) -> str:
    """A server's answer as one line of text."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = "".join(sign if sign.isprintable() else " " for sign in said)
    return f"{code} {' '.join(shown.split())}"[:500].strip()


def register(app: Flask) -> None:
    """Give Flask-Mail its settings. It reads them once; tests send too, to a server of theirs."""
    chosen: Settings = app.extensions["settings"]
    app.config.update(
        MAIL_SERVER=chosen.mail_server,
        MAIL_PORT=chosen.mail_port,
        MAIL_DEFAULT_SENDER=chosen.mail_default_sender,
        MAIL_SUPPRESS_SEND=False,
    )
    Mail(app)
