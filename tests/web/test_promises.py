"""What the pages of the house promise to everybody, where no slice's own tests prove it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.db import db
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.events.models import Event
from eventapp.registration.models import Booking
from eventapp.web.permissions import Role
from tests.checkin.support import make_guest
from tests.hearing.conftest import SENT_AT, make_hearing
from tests.support.factories import STARTS_AT, make_event
from tests.support.html import Element, Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.walk import pages

pytestmark = pytest.mark.engines("sqlite")
PRODUCT = Path(__file__).parents[2] / "eventapp"
GUEST = "Zenobia Quistgaard"
ASKING = ("cpr", "konto", "account", "adgangskode", "password")
# Modules that speak to other machines, and who may: mails go out, and a worker says on which machine it runs.
NETWORK = {"ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "urllib3", "xmlrpc"}
MAY_SPEAK = {"mail/channels.py", "mail/delivery.py", "work/worker.py"}


@pytest.fixture(params=[Stage.REGISTRATION, Stage.AFTER, Stage.CLOSED])
def staged(app: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The demo at a stage, with a guest of a name that nobody else has."""
    with app.app_context():
        load.load(request.param)
        make_guest(db, db.session.scalars(select(Event.id)).one(), GUEST, note="Kvistens behov")
        db.session.commit()
    yield app
    clock.follow(timedelta)


def walked(app: Flask) -> list[tuple[str, Page]]:
    """Every page that somebody reaches from the front page without signing in."""
    found = list(pages(app, app.test_client(), ["/"], lang="da"))
    assert len(found) > 8
    return found


def test_nobody_is_asked_for_an_account_or_a_cpr_number(staged: Flask) -> None:
    labels = {
        f"{path}: {one.text}"
        for path, page in walked(staged)
        if not path.startswith("/staff/")
        for one in page.root.all("label", "legend")
    }
    assert labels
    assert {one for one in labels if any(word in one.lower() for word in ASKING)} == set()


def test_no_public_page_tells_who_has_signed_up(staged: Flask) -> None:
    with staged.app_context():
        addresses = list(db.session.scalars(select(Booking.email).where(Booking.email != "")))
    told = {*GUEST.split(), "Kvistens", *addresses}
    found = {f"{path}: {one}" for path, page in walked(staged) for one in told if one in whole(page)}
    assert found == set()


def whole(page: Page) -> str:
    """Everything that a page says, also in attributes."""
    return " ".join([page.root.text, *(value for one in page.root.walk() for value in one.attributes.values())])


def told_before(page: Page, words: str) -> bool:
    """Whether a sentence stands above the button that sends the form of the page."""
    order: list[Element] = list(page.root.all("main")[0].walk())
    button = [at for at, one in enumerate(order) if one.tag == "button" and "button-primary" in one.attributes["class"]]
    said = [at for at, one in enumerate(order) if one.tag == "p" and words in one.text]
    return bool(said) and said[0] < button[-1]


def test_who_answers_or_gives_input_is_told_before_that_others_may_read_it(
    app: Flask, page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        make_hearing()
        make_event(slug="debat")
        db.session.commit()
    monkeypatch.setattr(clock, "now", lambda: SENT_AT + timedelta(days=1))
    answer = page_client.visit("/hearings/havneparken/answer")
    assert told_before(answer, "Dit svar bliver en del af sagen, kan blive offentliggjort")
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT + timedelta(days=1))
    given = page_client.visit("/events/debat/contribute")
    assert told_before(given, "Alle kan bede om at se")
    assert not told_before(given, "Det, som ingen har sagt")


def speaking(code: str) -> set[str]:
    """Modules of the network that a module brings in."""
    found: set[str] = set()
    for one in ast.walk(ast.parse(code)):
        if isinstance(one, ast.Import):
            found |= {name.name for name in one.names}
        elif isinstance(one, ast.ImportFrom) and one.module:
            found |= {one.module, *(f"{one.module}.{name.name}" for name in one.names)}
    return found & NETWORK


def test_the_product_speaks_to_no_other_machine_than_the_mail_server() -> None:
    found = {
        path.relative_to(PRODUCT).as_posix() for path in PRODUCT.rglob("*.py") if speaking(path.read_text("utf-8"))
    }
    assert found == MAY_SPEAK
    assert speaking("from urllib import request") == speaking("import urllib.request as r") == {"urllib.request"}
    assert speaking("from http import HTTPStatus\nfrom urllib.parse import quote") == set()


def test_cookies_last_as_long_as_the_page_says(app: Flask) -> None:
    client = app.test_client()
    client.get("/?lang=en")
    client.get("/staff/sign-in")
    lang, form = (client.get_cookie(name) for name in ("lang", "form"))
    assert lang is not None
    assert form is not None
    assert (lang.max_age, form.max_age, form.expires) == (365 * 24 * 3600, None, None)


def main_buttons(page: Page) -> list[str]:
    """What the page asks for above all."""
    found = [one for main in page.root.all("main") for one in main.all("a", "button")]
    return [one.text for one in found if "button-primary" in one.attributes.get("class", "").split()]


def test_no_page_has_two_main_buttons(app: Flask) -> None:
    with app.app_context():
        load.load(Stage.CLOSED)
    client = app.test_client()
    sign_in(client, *(one for one in Role if one is not Role.DOOR))
    buttons = {path: main_buttons(page) for path, page in pages(app, client, ["/staff/", "/", "/door/"], lang="da")}
    clock.follow(timedelta)
    assert {path: found for path, found in buttons.items() if len(found) > 1} == {}
    assert sum(map(len, buttons.values())) > 30
