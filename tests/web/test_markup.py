"""Every page is HTML as the standard has it: the Nu HTML checker reads them all, and each public page says what it is.

What stands on pages depends on the stage, the reader, the language and on what was typed wrong, so all of these are
walked: pages by their links, and what comes back of a form that was sent empty or with nonsense in each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import select

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.db import db
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.events.models import Event
from eventapp.languages import LANGUAGES
from eventapp.web.permissions import Grant, Role
from tests.support.html import Element, Page
from tests.support.pages import form_values
from tests.support.staff import sign_in
from tests.support.walk import pages
from tests.web.test_language_of_parts import personal_pages
from tools import nu

pytestmark = pytest.mark.engines("sqlite")

NONSENSE = "<5 & \"x\" 'y'"
LEAVING = re.compile(r"/(?:sign-out|depart|demo)\b")


class Sheets:
    """The pages of a walk as files, each text once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names, self.known = folder, dict[str, str](), set[int]()

    def add(self, path: str, text: str) -> None:
        if hash(text) in self.known:
            return
        self.known.add(hash(text))
        name = f"{len(self.known)}.html"
        (self.folder / name).write_text(text, "utf-8")
        self.names[name] = path

    def faults(self) -> list[str]:
        found = nu.faults([self.folder / name for name in self.names])
        return [f"{self.names[one.split(':')[0]]} {one}" for one in found]


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    folder = tmp_path / "pages"
    folder.mkdir()
    return Sheets(folder)


@pytest.fixture(params=[Stage.REGISTRATION, Stage.CLOSED])
def shown(app: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The demo while guests sign up, and at its end; a form needs no token, so that a walk can send it."""
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context():
        load.load(request.param)
    yield app
    clock.follow(timedelta)


def forms(page: Page) -> Iterator[Element]:
    for form in page.forms():
        target = form.attributes.get("action", "")
        if form.attributes.get("method", "").lower() == "post" and not LEAVING.search(target):
            yield form


def walk(app: Flask, client: FlaskClient, starts: list[str], sheets: Sheets) -> list[tuple[str, Page]]:
    """Every page in each language, and what each form answers when it is sent empty and with nonsense."""
    found = []
    for lang in LANGUAGES:
        for path, page in pages(app, client, starts, lang=lang, each=1):
            sheets.add(f"{path} ({lang})", page.source)
            found.append((path, page))
    sent = set()
    for path, page in found:
        for form in forms(page):
            target = form.attributes.get("action") or path
            kind = re.sub(r"[0-9a-f]{32}", "*", target)
            if kind not in sent:
                sent.add(kind)
                for values in ({}, dict.fromkeys(form_values(form), NONSENSE)):
                    answer = client.post(target, data=values, buffered=True)
                    if answer.mimetype == "text/html" and answer.status_code not in range(300, 400):
                        sheets.add(f"POST {target} {answer.status_code}", answer.text)
    return found


def undescribed(walked: list[tuple[str, Page]]) -> list[str]:
    """Public pages without a sentence that says what they are."""
    return [path for path, page in walked if not path.startswith("/staff/") and not description(page)]


def description(page: Page) -> str:
    named = [one for one in page.root.all("meta") if one.attributes.get("name") == "description"]
    return named[0].attributes.get("content", "").strip() if len(named) == 1 else ""


def test_every_page_is_valid_and_public_ones_say_what_they_are(shown: Flask, sheets: Sheets) -> None:
    client = shown.test_client()
    with shown.app_context():
        starts = ["/", *personal_pages()]
        case_id, event_id = (db.session.scalars(select(one)).one() for one in (Case.id, Event.id))
    some = [Grant(Role.CHAIR, case_id=case_id), Grant(Role.ORGANISER, event_id=event_id)]
    sign_in(client, *(set(Role) - {Role.DOOR}), grants=some)
    walk(shown, client, ["/staff/"], sheets)
    assert len(sheets.names) > 80
    walked = walk(shown, shown.test_client(), starts, sheets)
    assert len(sheets.names) > 120
    assert undescribed(walked) == []
    found = sheets.faults()
    assert not found, "\n".join(found)


def test_the_page_of_a_fault_is_valid_with_what_was_written_in_it(bare_app: Flask, sheets: Sheets) -> None:
    made = bare_app.extensions["fault_pages"]
    written = {"name": NONSENSE, "text": NONSENSE * 10, "password": "x"}
    for status in (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE):
        with bare_app.test_request_context("/a?b=<5", method="POST", data=written):
            sheets.add(f"{status}, sent", made.page(status, request))
        with bare_app.test_request_context("/"):
            sheets.add(f"{status}, asked", made.page(status, request))
    found = sheets.faults()
    assert not found, "\n".join(found)
    assert len(sheets.names) == 4


def test_a_fault_in_the_markup_is_found(sheets: Sheets) -> None:
    """Negative control: the two kinds that the pages once had, and a page without a sentence about itself."""
    page = (
        '<!doctype html><html lang="da"><head><title>x</title></head><body><form action="/x">'
        '<label for="a">x</label><select id="a" required><option value="1">1</option></select></form>'
        "<p>under <5 år</p></body></html>"
    )
    sheets.add("/x", page)
    found = "\n".join(sheets.faults())
    assert "The first “option” element in a “select” element with a “required” attribute" in found
    assert "Unescaped “<”" in found
    assert undescribed([("/x", Page(page))]) == ["/x"]
