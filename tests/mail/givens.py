"""What the tests of mail start from: messages of their own, an application that sends to a test server, queued rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask
from jinja2 import BaseLoader, ChoiceLoader, DictLoader
from sqlalchemy import null, select
from sqlalchemy.orm import Session, selectinload

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import reading, transaction
from eventapp.mail import outbox
from eventapp.mail.models import OutboxMail
from eventapp.web.permissions import Permission, Scope
from eventapp.web.registry import MailOwner, Registry
from tests.support.smtp import SmtpServer

TEMPLATES = {
    "mail/test/hello/subject.txt": "Hello {{ name }}",
    "mail/test/hello/body.txt": "{{ _('This mail was sent automatically by %(name)s.', name=name) }}\n\n"
    "See {{ link }}\n{{ code }}\n",
    "mail/test/hello/body.html": '{% extends "mail/base.html" %}{% block content %}<h1>Hello {{ name }}</h1>'
    '<p><a href="{{ link }}">See</a></p><img src="{{ cid("picture.png") }}" alt="">{% endblock %}',
    "mail/test/broken/body.txt": "{{ nothing.at.all }}",
}


def add_templates(app: Flask) -> Flask:
    """The product's templates, and those of the messages that only tests send."""
    product = app.jinja_loader
    assert isinstance(product, BaseLoader)
    app.jinja_env.loader = ChoiceLoader([product, DictLoader(TEMPLATES)])
    registry: Registry = app.extensions["registry"]
    registry.mail_owners["test"] = MailOwner(Permission.READ_OUTBOX, lambda _id: Scope(), lambda _reach: select(null()))
    return app


def make_app(settings: Settings) -> Flask:
    return add_templates(create_app(settings, testing=True))


def sending_to(settings: Settings, server: SmtpServer, **others: Any) -> Settings:
    """Settings that send to a test server."""
    return replace(
        settings,
        **{
            "mail_server": server.host,
            "mail_port": server.port,
            "mail_ca_file": str(server.ca_file),
            "mail_timeout_seconds": 2,
            **others,
        },
    )


def queue(to: str = "anna@example.org", *, message: str = "test/hello", **options: Any) -> str:
    """Queue one mail in a transaction of its own, which is kept."""
    context: Mapping[str, Any] = options.pop("context", {"name": "Anna"})
    with transaction() as session:
        mail_id = outbox.queue(session.connection(), message=message, to=to, context=context, **options)
    assert mail_id is not None
    return mail_id


def row(mail_id: str) -> OutboxMail:
    """The row as it is now."""
    with reading() as conn, Session(conn) as session:
        return session.scalars(
            select(OutboxMail).where(OutboxMail.id == mail_id).options(selectinload(OutboxMail.tries))
        ).one()


def change(mail_id: str, **values: Any) -> None:
    """Alter a row behind everybody's back, for instance to let time pass."""
    with transaction() as session:
        mail = session.get_one(OutboxMail, mail_id)
        for name, value in values.items():
            setattr(mail, name, value)
