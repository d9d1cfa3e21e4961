"""Every form of the product, as a careful person would find it: by walking all pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from eventapp import clock
from eventapp.db import db
from eventapp.events.models import Quota
from eventapp.invitations.actions import link_token
from eventapp.web.permissions import Permission, Role
from eventapp.web.returned import PAGE, SECRETS
from tests.invitations.conftest import make_invitation
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.html import Element, Page
from tests.support.pages import PageClient, form_values
from tests.support.routes import routes
from tests.support.staff import sign_in
from tests.web.things import make_things

NO_FORMS = {"work.progress", "record.standalone"}  # another page calls it; a file to take away
TYPED = {
    "date": "2031-01-02",
    "datetime-local": "2031-01-02T03:04",
    "email": "aase@havneby.example.org",
    "number": "7",
    "time": "03:04",
    "url": "https://havneby.example.org/",
}
TEXT = 'Første linje "med" <tegn>\nanden linje'
LINE = 'Åse "og" <Bo>'


@dataclass(frozen=True)
class Found:
    """A form, on its page."""

    page: str
    action: str
    endpoint: str
    form: Element

    def __str__(self) -> str:
        return f"{self.action} on {self.page}"

    @property
    def typed(self) -> dict[str, Any]:
        """Something typed or chosen in every field."""
        values = form_values(self.form)
        for one in self.form.all("input", "select", "textarea"):
            name, kind = one.attributes.get("name", ""), one.attributes.get("type", "text")
            is_trap = one.attributes.get("tabindex") == "-1"
            if not name or is_trap or kind in {"hidden", "file", "password"} or any(part in name for part in SECRETS):
                continue
            values[name] = _something(one, kind)
        return {name: value for name, value in values.items() if name}


def _something(field: Element, kind: str) -> str:
    if field.tag == "select":
        return field.all("option")[-1].attributes.get("value", "")
    if field.tag == "textarea":
        return TEXT
    if kind in {"checkbox", "radio"}:
        return field.attributes.get("value", "on")
    if field.attributes.get("inputmode") == "numeric":
        kind = "number"
    return TYPED.get("email" if "email" in field.attributes["name"] else kind, LINE)


@dataclass(frozen=True)
class Walk:
    """Whoever may do everything, with something of each kind to do it to, and the pages that strangers see."""

    client: PageClient
    pages: list[str]

    def forms(self) -> Iterator[Found]:
        """Those in which something is typed or chosen, public and of staff."""
        return (one for one in self.posts() if one.form.all("input", name=PAGE))

    def posts(self) -> Iterator[Found]:
        """All that post anything, buttons too."""
        seen = set()
        for path in self.pages:
            answer = self.client.get(path, buffered=True)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            for form in Page(answer.text).forms():
                action = form.attributes.get("action") or path
                if form.attributes.get("method") == "post" and action not in seen:
                    seen.add(action)
                    yield Found(path, action, self.endpoint(action), form)

    def endpoint(self, action: str) -> str:
        urls = self.client.application.url_map.bind("localhost")
        return str(urls.match(action.partition("?")[0], method="POST")[0])

    def post(self, found: Found, **values: str) -> TestResponse:
        return self.client.post(found.action, data={**found.typed, **values}, buffered=True)


@pytest.fixture
def walk(app: Flask, page_client: PageClient, monkeypatch: pytest.MonkeyPatch) -> Walk:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)
    with app.app_context():
        things = make_things("KALKVEJ")
        open_event = make_event(slug="aaben")
        make_event(slug="holdt", starts_at=STARTS_AT - timedelta(days=30))
        token = link_token(make_invitation(open_event).id)
        db.session.execute(update(Quota).values(taken=1))  # of the guest who was put there without a sign-up
        db.session.commit()
    sign_in(page_client, *(set(Role) - {Role.DOOR}))
    pages = [
        "/events/aaben/register",
        "/events/holdt/contribute",
        "/hearings/hoering-kalkvej/answer",
        f"/i/{token}",
        *(
            one.path
            for one in routes(app, lambda blueprint: things.values(blueprint, None))
            if not one.changes and one.permission is not Permission.CHECK_IN and one.endpoint not in NO_FORMS
        ),
    ]
    return Walk(page_client, pages)
