"""What goes over the wire to a real SMTP server, and what its answers do to a mail."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from eventapp import blobs
from eventapp.config import Settings
from eventapp.db import transaction
from eventapp.mail import calendar, delivery
from eventapp.mail.headers import UnsafeHeaderError
from eventapp.mail.lane import MailLane
from eventapp.mail.models import State
from eventapp.mail.queued import QueuedMail
from eventapp.mail.rendering import File, Rendered
from eventapp.work.worker import Runner, Worker
from tests.mail.givens import change, make_app, queue, row, sending_to
from tests.mail.test_headers import VALUES
from tests.support.databases import close
from tests.support.ports import free_port
from tests.support.smtp import DROP, SmtpServer, make_certificate

MEETING = calendar.Meeting(
    uid="u@example.org",
    sequence=0,
    changed_at=datetime(2023, 9, 1, tzinfo=UTC),
    starts_at=datetime(2023, 9, 28, 15, tzinfo=UTC),
    ends_at=datetime(2023, 9, 28, 17, tzinfo=UTC),
    title="Debat; på Rådhuset, æøå",
    organiser_email="debat@example.org",
)
QUEUED = QueuedMail(
    id="1" * 32,
    message="test/hello",
    to_address="anna@example.org",
    reply_to=None,
    lang="da",
    subject_id=None,
    context={},
    secrets=None,
    attachments=[],
    calendar=None,
    calendar_method=None,
    message_id="<1@example.org>",
    limit_key=None,
    admitted_at=None,
    queued_at=datetime(2023, 9, 1, tzinfo=UTC),
)
MAIL = Rendered("Hej", "Tekst", "<p>Tekst</p>", "Tekst")


def send(app: Flask) -> None:
    Worker(app).run_once()


# --- the mail itself -----------------------------------------------------------------------------------------


def test_a_mail_arrives_with_both_texts_and_our_headers(smtp_app: Flask, smtp_server: SmtpServer):
    mail_id = queue(context={"name": "Åse Ærø"}, reply_to="sag@example.org")
    send(smtp_app)
    (mail,) = smtp_server.received
    assert mail.subject == "Hello Åse Ærø"
    assert "sendt automatisk af Åse Ærø." in mail.text
    assert "<h1>Hello Åse Ærø</h1>" in mail.html
    assert mail.message["Message-ID"] == f"<{mail_id}@example.org>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Reply-To"] == "sag@example.org"
    assert mail.message["From"] == "Københavns Kommune <debat@example.org>"
    assert mail.sender == "debat@example.org"


def test_the_calendar_part_says_its_method_and_keeps_every_byte(smtp_app: Flask, smtp_server: SmtpServer):
    text = calendar.request(MEETING, calendar.Attendee("Ærø", "anna@example.org"))
    queue(calendar=text, calendar_method="REQUEST")
    send(smtp_app)
    assert smtp_server.received[0].calendar() == ("REQUEST", text)


def test_no_line_is_longer_than_smtp_allows(smtp_app: Flask, smtp_server: SmtpServer):
    queue(context={"name": "Anna", "link": "https://example.org/" + "å" * 4000})
    send(smtp_app)
    (mail,) = smtp_server.received
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998
    assert "å" * 4000 in mail.html


def test_an_inline_image_is_bound_to_the_text_and_a_file_is_attached(app: Flask):
    files = (
        File("ticket.png", "image/png", b"\x89PNG", "ticket.png@example.org"),
        File("Bilag æ.pdf", "application/pdf", b"%PDF"),
    )
    with app.app_context():
        raw = delivery.pack(QUEUED, replace(MAIL, files=files)).as_bytes()
    message = BytesParser(policy=policy.default).parsebytes(raw)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    image, attached = list(message.walk())[-2:]
    assert (image["Content-ID"], image.get_content_disposition()) == ("<ticket.png@example.org>", "inline")
    assert (attached.get_filename(), attached.get_content_disposition()) == ("Bilag æ.pdf", "attachment")
    assert attached.get_payload(decode=True) == b"%PDF"


@pytest.mark.parametrize("place", ["subject", "recipient", "reply address", "file name"])
def test_no_value_becomes_a_header_of_its_own(app: Flask, place: str):
    """Each of the 300 values in each place is refused."""
    passed = []
    with app.app_context():
        for value in VALUES:
            job, mail = QUEUED, MAIL
            match place:
                case "subject":
                    mail = replace(MAIL, subject=value)
                case "recipient":
                    job = replace(QUEUED, to_address=value)
                case "reply address":
                    job = replace(QUEUED, reply_to=value)
                case "file name":
                    mail = replace(MAIL, files=(File(value, "text/plain", b"x"),))
            try:
                delivery.pack(job, mail).as_bytes()
            except UnsafeHeaderError:
                continue
            passed.append(value)
    assert passed == []


def test_a_mail_with_a_line_break_hidden_in_a_name_ends_as_refused(smtp_app: Flask, smtp_server: SmtpServer):
    mail_id = queue(context={"name": "=?utf-8?Q?a=0D=0ABcc:_b@example.org?="})
    send(smtp_app)
    assert smtp_server.received == []
    assert (row(mail_id).state, row(mail_id).answer) == (
        State.REFUSED,
        "It is not safe to send: control characters in the subject",
    )


# --- the server's answers ------------------------------------------------------------------------------------


def test_what_the_server_said_is_kept(smtp_app: Flask, smtp_server: SmtpServer):
    mail_id = queue()
    send(smtp_app)
    assert (row(mail_id).state, row(mail_id).answer) == (State.SENT, "250 2.0.0 taken")
    assert [(one.outcome, one.answer) for one in row(mail_id).tries] == [(State.SENT, "250 2.0.0 taken")]


@pytest.mark.parametrize("answer", ["552 5.3.4 too large", "552 message size exceeds", "554 5.3.4 too big for system"])
def test_a_mail_that_is_too_large_for_the_other_side_goes_out_with_links(
    smtp_app: Flask, smtp_server: SmtpServer, answer: str
) -> None:
    stored = blobs.put(b"%PDF-1.4 %%EOF")
    with transaction() as session:
        blobs.insert(session.connection(), stored, "application/pdf")
    file = {"name": "a.pdf", "media_type": "application/pdf", "sha256": stored.sha256, "url": "https://x.example/a"}
    smtp_server.script.append(answer)
    mail_id = queue(attachments=[file])
    Runner(MailLane(), "test", threading.Event()).work_off()  # and no sweep: no row speaks of the file here
    assert (row(mail_id).state, row(mail_id).answer) == (State.SENT, "250 2.0.0 taken")
    (received,) = smtp_server.received
    assert [part.get_filename() for part in received.message.walk() if part.get_filename()] == []


@pytest.mark.parametrize("answer", ["550 5.1.1 nobody here", "552 5.3.4 too large", "554 5.7.1 no"])
def test_a_permanent_no_ends_the_mail(smtp_app: Flask, smtp_server: SmtpServer, answer: str):
    smtp_server.script.append(answer)
    mail_id = queue()
    send(smtp_app)
    assert (row(mail_id).state, row(mail_id).answer) == (State.REFUSED, answer)


@pytest.mark.parametrize("answer", ["450 4.2.0 later", "451 4.3.0 later", "452 4.2.2 full"])
def test_later_means_later_with_the_same_message_id(smtp_app: Flask, smtp_server: SmtpServer, answer: str):
    smtp_server.script.append(answer)
    mail_id = queue()
    send(smtp_app)
    tried = row(mail_id)
    assert (tried.state, tried.attempts, tried.answer) == (State.WAITING, 1, answer)
    assert timedelta(minutes=14) < tried.due_at - tried.tries[0].at < timedelta(minutes=16)
    send(smtp_app)
    assert smtp_server.received == []
    pass_time(mail_id)
    send(smtp_app)
    assert [mail.message["Message-ID"] for mail in smtp_server.received] == [tried.message_id]
    assert [one.outcome for one in row(mail_id).tries] == [State.WAITING, State.SENT]


def test_a_line_cut_in_the_middle_is_tried_again(smtp_app: Flask, smtp_server: SmtpServer):
    smtp_server.script.append(DROP)
    mail_id = queue()
    send(smtp_app)
    assert row(mail_id).state is State.WAITING
    pass_time(mail_id)
    send(smtp_app)
    assert (row(mail_id).state, row(mail_id).answer) == (State.SENT, "250 2.0.0 taken")


def test_a_cut_line_does_not_keep_the_next_mail_back(smtp_app: Flask, smtp_server: SmtpServer):
    smtp_server.script.extend(["550 no", DROP])
    mails = [queue(f"{name}@example.org") for name in ("a", "b", "c")]
    send(smtp_app)
    # The second mail met a used line that broke, which is no try: it went over a new one at once.
    assert [row(one).state for one in mails] == [State.REFUSED, State.SENT, State.SENT]


def test_it_is_given_up_after_the_last_try(smtp_app: Flask, smtp_server: SmtpServer):
    smtp_server.script.append("451 later")
    mail_id = queue()
    change(mail_id, attempts=49)
    send(smtp_app)
    assert (row(mail_id).state, row(mail_id).answer) == (State.GIVEN_UP, "451 later")


def test_one_line_serves_many_mails(smtp_app: Flask, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch):
    dialled = count_calls(monkeypatch)
    for number in range(10):
        queue(f"a{number}@example.org")
    send(smtp_app)
    assert (len(smtp_server.received), len(dialled)) == (10, 1)


# --- servers that are not as they should be ------------------------------------------------------------------


def sent_to(settings: Settings, server: SmtpServer, **others: object) -> tuple[State, str]:
    """What becomes of a mail with such a server."""
    app = make_app(sending_to(settings, server, **others))
    with app.app_context():
        mail_id = queue()
        send(app)
        found = row(mail_id)
    close(app)
    return found.state, found.answer or ""


class Keeper:
    """Takes every mail in."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:
        self.taken += 1
        return "250 ok"


@contextmanager
def plain_server(host: str = "127.0.0.1", **options: Any) -> Iterator[tuple[SmtpServer, Keeper]]:
    """A server without TLS, unless the options say otherwise."""
    keeper, port = Keeper(), free_port()
    controller = Controller(keeper, hostname=host, port=port, **options)
    controller.start()
    try:
        yield SmtpServer(host=host, port=port, ca_file=Path("/nonexistent")), keeper
    finally:
        controller.stop()


def test_without_tls_the_mail_stays_and_says_why(settings: Settings, smtp_server: SmtpServer):
    with plain_server() as (server, keeper):
        state, answer = sent_to(settings, server, mail_ca_file=str(smtp_server.ca_file))
    assert (state, keeper.taken) == (State.WAITING, 0)
    assert "TLS" in answer


def test_without_tls_it_goes_when_the_settings_say_so(settings: Settings):
    with plain_server() as (server, keeper):
        state, _ = sent_to(settings, server, mail_use_tls=False)
    assert (state, keeper.taken) == (State.SENT, 1)


def test_a_certificate_that_nobody_vouches_for_is_refused(settings: Settings, smtp_server: SmtpServer):
    state, answer = sent_to(settings, smtp_server, mail_ca_file="")
    assert (state, smtp_server.received) == (State.WAITING, [])
    assert "CERTIFICATE_VERIFY_FAILED" in answer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that vouches for itself, and a server's use of it."""
    file, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return file, context


def test_a_certificate_of_another_host_is_refused(settings: Settings, certificate: tuple[Path, ssl.SSLContext]):
    with plain_server("127.0.0.2", tls_context=certificate[1]) as (server, keeper):
        state, answer = sent_to(settings, server, mail_ca_file=str(certificate[0]))
    assert (state, keeper.taken) == (State.WAITING, 0)
    assert "CERTIFICATE_VERIFY_FAILED" in answer


def test_an_old_version_of_tls_is_refused(settings: Settings, certificate: tuple[Path, ssl.SSLContext]):
    certificate[1].set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        certificate[1].minimum_version = ssl.TLSVersion.TLSv1
        certificate[1].maximum_version = ssl.TLSVersion.TLSv1_1
    with plain_server(tls_context=certificate[1]) as (server, keeper):
        state, answer = sent_to(settings, server, mail_ca_file=str(certificate[0]))
    assert (state, keeper.taken) == (State.WAITING, 0)
    assert "No safe connection" in answer


def test_tls_from_the_first_byte(settings: Settings, certificate: tuple[Path, ssl.SSLContext]):
    with plain_server(ssl_context=certificate[1]) as (server, keeper):
        state, _ = sent_to(settings, server, mail_use_ssl=True, mail_ca_file=str(certificate[0]))
    assert (state, keeper.taken) == (State.SENT, 1)


def test_a_server_that_is_not_there(settings: Settings, smtp_server: SmtpServer):
    state, answer = sent_to(settings, replace(smtp_server, port=free_port()))
    assert state is State.WAITING
    assert "cannot be reached" in answer


@contextmanager
def silent_server(trickle: bytes = b"") -> Iterator[SmtpServer]:
    """Takes the call and says nothing, or sends one byte after the other without an end."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        line, _ = listener.accept()
        with line:
            while not stopped.wait(0.05):
                try:
                    line.sendall(trickle)
                except OSError:
                    return

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield SmtpServer(port=listener.getsockname()[1], ca_file=Path())
    finally:
        stopped.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize("trickle", [b"", b"2"], ids=["hangs", "trickles"])
def test_a_slow_server_is_left_after_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch, trickle: bytes):
    monkeypatch.setattr(delivery, "LONGEST_SECONDS", 1.5)
    with silent_server(trickle) as server:
        started = datetime.now(UTC)
        state, _ = sent_to(settings, server, mail_ca_file="", mail_timeout_seconds=1)
    assert state is State.WAITING
    assert datetime.now(UTC) - started < timedelta(seconds=30)


def test_an_unreachable_server_is_asked_once_for_many_mails(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    dialled = count_calls(monkeypatch)
    app = make_app(replace(settings, mail_server="127.0.0.1", mail_port=free_port()))
    with app.app_context():
        mails = [queue(f"a{number}@example.org") for number in range(5)]
        send(app)
        assert {row(one).state for one in mails} == {State.WAITING}
        assert {len(row(one).tries) for one in mails} == {1}
    close(app)
    assert len(dialled) == 1


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time the server is called."""
    calls: list[None] = []
    original = delivery.PatientConnection.configure_host

    def counted(self: delivery.PatientConnection) -> delivery.Host:
        calls.append(None)
        return original(self)

    monkeypatch.setattr(delivery.PatientConnection, "configure_host", counted)
    return calls


def pass_time(mail_id: str) -> None:
    """Let a mail be due again."""
    change(mail_id, due_at=datetime.now(UTC))
