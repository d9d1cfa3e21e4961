"""Where a packed mail goes: over the line to the SMTP server, or into the mail folder where there is none."""

from __future__ import annotations

import os
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from flask import current_app

from eventapp.config import settings
from eventapp.mail import answers
from eventapp.mail.delivery import (
    LONGEST_SECONDS,
    OurMessage,
    PatientConnection,
    RefusedError,
    TryAgainError,
    UnreachableError,
    readable,
)
from eventapp.mail.queued import QueuedMail

CLOSING = 421
PERMANENT = range(500, 600)


class Channel(Protocol):
    """One way out, kept open while a worker has mails for it."""

    def send(self, mail: QueuedMail, message: OurMessage) -> str:
        """Send one mail; returns what the other side said.

        :raises TryAgainError: later it may work.
        :raises RefusedError: it never will.
        """


@contextmanager
def open_channel() -> Iterator[Channel]:
    """The way out that the settings name. The line is only opened when the first mail is sent."""
    if not settings().mail_server:
        yield Folder(settings().mail_folder)
        return
    line = SmtpLine()
    try:
        yield line
    finally:
        line.hang_up()


class Folder:
    """Mails as ``.eml`` files, for installations without SMTP; staff can read them on the outbox page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: QueuedMail, message: OurMessage) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        raw = message.as_bytes()
        descriptor, temporary = tempfile.mkstemp(prefix="incoming-", dir=self._folder)  # readable by us alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(eml_path(mail.id))
        finally:
            Path(temporary).unlink(missing_ok=True)
        return answers.WRITTEN


def eml_path(mail_id: str) -> Path:
    """Where the file of a mail lies, if there is one."""
    return settings().mail_folder / f"{mail_id}.eml"


class SmtpLine:
    """One connection for many mails; opened anew when the server has hung up in between."""

    def __init__(self) -> None:
        self._line: PatientConnection | None = None
        self._fault: UnreachableError | None = None

    def send(self, mail: QueuedMail, message: OurMessage) -> str:
        if self._is_open():
            try:
                return self._say(message)
            except _GoneError:
                self.hang_up()  # a server may close a used line at any time; that is no try of this mail
        self._dial()
        try:
            return self._say(message)
        except _GoneError as error:
            self.hang_up()
            raise TryAgainError(str(error)) from error

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self._line = None

    def _is_open(self) -> bool:
        return self._line is not None and self._line.host is not None and self._line.host.sock is not None

    def _dial(self) -> None:
        if self._fault:
            raise self._fault
        self.hang_up()
        line = PatientConnection(current_app.extensions["mail"])
        try:
            self._line = line.__enter__()
        except (OSError, smtplib.SMTPException) as error:
            self._fault = UnreachableError(_why_unreachable(error))
            raise self._fault from error

    def _say(self, message: OurMessage) -> str:
        assert self._line is not None
        host = self._line.host
        assert host is not None
        try:
            with host.at_most(LONGEST_SECONDS):
                self._line.send(message)
        except smtplib.SMTPException as error:
            raise _verdict(error) from error
        except OSError as error:
            raise _GoneError(answers.with_detail(answers.LINE_BROKE, type(error).__name__)) from error
        return host.answer


class _GoneError(Exception):
    """The server hung up."""


def _verdict(error: smtplib.SMTPException) -> Exception:
    """What a mail server's no means."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _GoneError(answers.HUNG_UP)
    code, text = _answer(error)
    if code == CLOSING:
        return _GoneError(readable(code, text))
    return RefusedError(readable(code, text)) if code in PERMANENT else TryAgainError(readable(code, text))


def _answer(error: smtplib.SMTPException) -> tuple[int, bytes | str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return 0, str(error)


def _why_unreachable(error: OSError | smtplib.SMTPException) -> str:
    match error:
        case smtplib.SMTPNotSupportedError():
            return answers.with_detail(answers.NOT_OFFERED, error)
        case ssl.SSLError():
            return answers.with_detail(answers.NOT_SAFE, error.reason or error)
        case smtplib.SMTPAuthenticationError():
            return answers.with_detail(answers.NOT_SIGNED_IN, readable(*_answer(error)))
        case smtplib.SMTPResponseException():
            return readable(*_answer(error))
        case _:
            return answers.with_detail(answers.NOT_REACHED, error or type(error).__name__)
