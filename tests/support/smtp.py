"""A real SMTP server for tests, which keeps what it gets and can be told to fail."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import ipaddress
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port

DROP = "drop"  # a step of a script: hang up in the middle of the conversation


@dataclass(frozen=True)
class Received:
    """A mail as it arrived: the envelope, the bytes, and the bytes read as a message."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, _class=EmailMessage, policy=email.policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return _content(self.message, "plain")

    @property
    def html(self) -> str:
        return _content(self.message, "html")

    def attachment(self, filename: str) -> bytes:
        """Content of the attached or embedded file of that name."""
        for part in self.message.walk():
            if part.get_filename() == filename:
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                return content
        names = [part.get_filename() for part in self.message.walk() if part.get_filename()]
        raise AssertionError(f"No {filename} in {self.subject!r}; it holds {names}")

    def calendar(self) -> tuple[str, str]:
        """The calendar part: its method, and its text."""
        for part in self.message.walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                return str(part.get_param("method")), content.decode()
        raise AssertionError(f"No calendar part in {self.subject!r}")


@dataclass
class SmtpServer:
    """Address and certificate of the server, and what it received.

    ``script`` holds answers for the next mails, one each, instead of taking them in: ``"451 4.3.0 later"``,
    ``"550 5.1.1 nobody"``, or ``DROP``.
    """

    port: int
    ca_file: Path
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    script: deque[str] = field(default_factory=deque)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def environment(self) -> dict[str, str]:
        """Settings that make the product send to this server."""
        return {"MAIL_SERVER": self.host, "MAIL_PORT": str(self.port), "MAIL_CA_FILE": str(self.ca_file)}

    def to(self, address: str) -> list[Received]:
        """Mails to one address so far."""
        return [mail for mail in list(self.received) if address in mail.recipients]

    def wait_for(self, address: str, subject: str = "", *, seconds: float = 60) -> Received:
        """The first mail to ``address`` with ``subject`` in its subject, waiting for it to arrive."""
        return self.wait(lambda mail: address in mail.recipients and subject in mail.subject, seconds=seconds)

    def wait(self, wanted: Callable[[Received], bool], *, seconds: float = 60) -> Received:
        until = time.monotonic() + seconds
        with self.arrived:
            while True:
                if found := next((mail for mail in self.received if wanted(mail)), None):
                    return found
                if not self.arrived.wait(until - time.monotonic()):
                    seen = [(mail.recipients, mail.subject) for mail in self.received]
                    raise AssertionError(f"The mail did not arrive within {seconds} seconds; these did: {seen}")

    def clear(self) -> None:
        self.received.clear()
        self.script.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.script:
            answer = self.script.popleft()
            if answer != DROP:
                return answer
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 4.3.2 gone"
        content = envelope.content
        assert isinstance(content, bytes)
        with self.arrived:
            self.received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
            self.arrived.notify_all()
        return "250 2.0.0 taken"


@contextmanager
def running(folder: Path) -> Iterator[SmtpServer]:
    """An SMTP server on a free port that insists on STARTTLS; its certificate is made in ``folder``."""
    certificate, key = make_certificate(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    server = SmtpServer(port=free_port(), ca_file=certificate)
    controller = Controller(
        server,
        hostname=server.host,
        port=server.port,
        tls_context=tls,
        require_starttls=True,
        enable_SMTPUTF8=True,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine's loopback that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "smtp-certificate.pem", folder / "smtp-key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def _content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
