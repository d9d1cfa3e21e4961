"""From a row to what the reader sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import blobs
from eventapp.db import is_writing
from eventapp.mail import rendering
from eventapp.mail.models import OutboxMail
from eventapp.mail.queued import QueuedMail
from eventapp.mail.rendering import Rendered
from tests.mail.givens import queue
from tests.support.work import take_mails

PICTURE = {"name": "picture.png", "media_type": "image/png", "maker": "test.picture", "inline": True}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registrations of this test alone."""
    monkeypatch.setattr(rendering, "_makers", {})
    monkeypatch.setattr(rendering, "_readers", {})


def taken(**options: Any) -> QueuedMail:
    queue(**options)
    (job,) = take_mails()
    return job


def rendered(**options: Any) -> Rendered:
    return rendering.render(taken(**options))


@pytest.mark.parametrize(
    ("lang", "first"),
    [("da", "Denne mail er sendt automatisk af Anna."), ("en", "This mail was sent automatically by Anna.")],
)
def test_a_mail_is_in_the_language_of_its_row(db: SQLAlchemy, lang: str, first: str):
    mail = rendered(lang=lang)
    assert mail.text.startswith(first)
    assert f'<html lang="{lang}">' in mail.html


def test_the_layout_names_the_sender_and_loads_nothing(db: SQLAlchemy):
    html = rendered().html
    assert "Københavns Kommune" in html
    assert "debat@example.org" in html
    assert "http" not in html.replace("{{ link }}", "")
    assert "<script" not in html


@pytest.mark.parametrize("name", ["{{7*7}}", "{name.__class__}", "%(x)s", "{% raw %}", "<b>Anna</b>", "{{ config }}"])
def test_what_people_typed_stays_text(db: SQLAlchemy, name: str):
    mail = rendered(context={"name": name})
    assert mail.subject == f"Hello {name}"
    assert f"af {name}." in mail.text
    assert "<b>" not in mail.html
    assert "49" not in mail.subject


def test_a_subject_is_one_line(db: SQLAlchemy):
    assert rendered(context={"name": "Anna\n  \t Andersen"}).subject == "Hello Anna Andersen"


def test_secrets_reach_the_mail_but_not_what_is_kept(db: SQLAlchemy):
    mail = rendered(context={"name": "Anna"}, secrets={"link": "https://example.org/t/ABC", "code": "XK-77"})
    assert "https://example.org/t/ABC" in mail.text
    assert "XK-77" in mail.text
    assert "ABC" not in mail.kept
    assert "XK-77" not in mail.kept
    assert "Anna" in mail.kept


def test_a_link_in_the_context_is_not_kept_either(db: SQLAlchemy):
    mail = rendered(context={"name": "Anna", "link": "https://example.org/i/token"})
    assert "https://example.org/i/token" in mail.text
    assert "token" not in mail.kept


@pytest.mark.usefixtures("registered")
def test_a_reader_adds_what_is_looked_up_when_the_mail_is_sent(db: SQLAlchemy):
    def read(values: dict[str, Any]) -> dict[str, Any]:
        assert not is_writing()
        assert db.session.scalars(select(OutboxMail)).one().subject_id == values["registration_id"]
        return {"name": "Looked up", "secrets": {"code": "XK-77"}}

    rendering.register_reader("test/hello", read)
    mail = rendered(context={"registration_id": "r1"}, subject_id="r1")
    assert mail.subject == "Hello Looked up"
    assert "XK-77" in mail.text
    assert "XK-77" not in mail.kept


@pytest.mark.usefixtures("registered")
def test_a_maker_makes_its_file_from_the_values_when_the_mail_is_sent(db: SQLAlchemy):
    rendering.register_maker("test.picture", lambda values: f"picture of {values['code']}".encode())
    mail = rendered(secrets={"code": "XK"}, attachments=[PICTURE])
    (file,) = mail.files
    assert file.content == b"picture of XK"
    assert f'src="cid:{file.cid}"' in mail.html


def test_a_stored_file_is_attached_as_it_is(db: SQLAlchemy):
    stored = blobs.put(b"%PDF-1.7 ...")
    (file,) = rendered(
        attachments=[{"name": "memo.pdf", "media_type": "application/pdf", "sha256": stored.sha256}]
    ).files
    assert (file.name, file.content, file.cid) == ("memo.pdf", b"%PDF-1.7 ...", None)


def test_moments_are_shown_as_the_templates_of_pages_show_them(db: SQLAlchemy, app: Any):
    app.jinja_env.loader.loaders[1].mapping["mail/test/when/subject.txt"] = "{{ at|long_moment }}"
    for part in ("body.txt", "body.html"):
        app.jinja_env.loader.loaders[1].mapping[f"mail/test/when/{part}"] = ""
    mail = rendered(message="test/when", context={"at": datetime(2023, 9, 28, 15, 0, tzinfo=UTC)})
    assert mail.subject == "torsdag den 28. september 2023 kl. 17.00"
