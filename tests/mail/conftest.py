"""The application with the messages that only tests send, alone or with a mail server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from eventapp.config import Settings
from tests.mail import givens
from tests.support.databases import close
from tests.support.smtp import SmtpServer


@pytest.fixture
def app(app: Flask) -> Flask:
    """Without SMTP: mails become files."""
    return givens.add_templates(app)


@pytest.fixture
def smtp_app(app: Flask, settings: Settings, smtp_server: SmtpServer) -> Iterator[Flask]:
    """With the test server as its SMTP server, inside an application context."""
    made = givens.make_app(givens.sending_to(settings, smtp_server))
    with made.app_context():
        yield made
    close(made)
