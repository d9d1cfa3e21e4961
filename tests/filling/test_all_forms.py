"""Every form of the product, public and of staff: whatever is in the way, what was typed comes back (ADR 0054)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from eventapp import clock
from eventapp.db import db
from eventapp.invitations.actions import link_token
from eventapp.web.permissions import Permission, Role
from eventapp.web.returned import LANGUAGE, PAGE, SECRETS
from tests.invitations.conftest import make_invitation
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.html import Element, Page
from tests.support.pages import PageClient, form_values
from tests.support.routes import routes
from tests.support.staff import sign_in
from tests.web.things import make_things

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.seconds(600)]

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
    return TYPED.get(kind, LINE)


@dataclass(frozen=True)
class Walk:
    """Whoever may do everything, with something of each kind to do it to, and the pages that strangers see."""

    client: PageClient
    pages: list[str]

    def forms(self) -> Iterator[Found]:
        seen = set()
        for path in self.pages:
            answer = self.client.get(path, buffered=True)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            for form in Page(answer.text).forms():
                action = form.attributes.get("action") or path
                is_typed_in = form.attributes.get("method") == "post" and form.all("input", name=PAGE)
                if is_typed_in and action not in seen:
                    seen.add(action)
                    yield Found(path, action, form)

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


def missing(answer: TestResponse, found: Found) -> list[str]:
    """What was typed and does not stand in the form that came back."""
    page = Page(answer.text)
    forms = [one for one in page.forms() if one.attributes.get("action") == found.action]
    if not forms:
        return ["the form"]
    back = form_values(forms[0])
    ours = {"csrf_token", "form_key", PAGE}
    return [name for name, value in found.typed.items() if name not in ours and back.get(name) != value]


def test_there_are_forms_of_every_slice(walk: Walk) -> None:
    found = [one.action for one in walk.forms()]
    assert len(found) > 35, found
    for path in ("/events/aaben/register", "/events/holdt/contribute", "/hearings/hoering-kalkvej/answer", "/receipts"):
        assert path in found
    assert any(one.startswith("/i/") for one in found)


def test_a_token_that_is_too_old_costs_nothing(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        answer = walk.post(one, csrf_token="of-another-day")
        if answer.status_code not in {400, 422}:
            faults[str(one)] = str(answer.status_code)
        elif wrong := missing(answer, one):
            faults[str(one)] = f"lost {wrong}"
        elif "IKKE modtaget" not in answer.text and "Intet er tabt" not in answer.text:
            faults[str(one)] = "does not say that nothing was received"
    assert faults == {}


def test_another_language_costs_nothing(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        answer = walk.post(one, **{LANGUAGE: "en"})
        if answer.status_code != 200 or '<html lang="en">' not in answer.text:
            faults[str(one)] = str(answer.status_code)
        elif wrong := missing(answer, one):
            faults[str(one)] = f"lost {wrong}"
        walk.post(one, **{LANGUAGE: "da"})
    assert faults == {}


def test_a_body_that_is_too_large_costs_no_text(walk: Walk, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1)
    for view in app.view_functions.values():
        monkeypatch.delitem(view.__dict__, "takes_files", raising=False)
    for one in walk.forms():
        answer = walk.post(one)
        assert answer.status_code == 413, one
        assert missing(answer, one) == [], one


def test_what_a_view_refuses_stands_in_its_form(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        texts = [name for name, value in one.typed.items() if value in (TEXT, LINE)]
        for name in texts[-1:]:
            answer = walk.post(one, **{name: "ikke \x07 gemt"})
            lost = [left for left in missing(answer, one) if left != name] if answer.status_code >= 400 else []
            if lost:
                faults[str(one)] = f"{answer.status_code} lost {lost}"
    assert faults == {}
