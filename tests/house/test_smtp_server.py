"""The SMTP server of the tests is strict and fails on command: else tests of delivery would prove nothing."""

import smtplib
import ssl
from email.message import EmailMessage

import pytest

from tests.support.smtp import DROP, SmtpServer


def send(server: SmtpServer, *, tls: bool = True) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Prøve"
    message.set_content("Hej\n")
    message.add_attachment(b"123", maintype="image", subtype="png", filename="kode.png")
    with smtplib.SMTP(server.host, server.port, timeout=30) as conn:
        if tls:
            conn.starttls(context=ssl.create_default_context(cafile=str(server.ca_file)))
        conn.send_message(message)


def test_mail_is_kept_with_its_envelope_and_parts(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    mail = smtp_server.wait_for("b@example.org", "Prøve")
    assert (mail.sender, mail.recipients, mail.text) == ("a@example.org", ("b@example.org",), "Hej\n")
    assert mail.attachment("kode.png") == b"123"


def test_mail_without_tls_is_refused(smtp_server: SmtpServer) -> None:
    with pytest.raises(smtplib.SMTPException):
        send(smtp_server, tls=False)
    assert smtp_server.received == []


def test_script_decides_what_becomes_of_the_next_mails(smtp_server: SmtpServer) -> None:
    smtp_server.script.extend(["451 4.3.0 later", DROP])
    with pytest.raises(smtplib.SMTPDataError, match="later"):
        send(smtp_server)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    send(smtp_server)
    assert len(smtp_server.to("b@example.org")) == 1


def test_waiting_for_a_mail_that_never_comes_says_what_came(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    with pytest.raises(AssertionError, match="Prøve"):
        smtp_server.wait_for("c@example.org", seconds=0.1)
