"""A further language is one entry and one folder of catalogues: Swedish is added, and the public pages are walked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask
from flask_babel import get_domain
from sqlalchemy import select

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.db import db
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.languages import LANGUAGES, OFFICIAL, SOURCE, Wording
from eventapp.mail.models import OutboxMail
from eventapp.registration.fields import NOT_SAID
from eventapp.registration.models import Booking
from eventapp.web.permissions import Role
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.walk import pages
from tools import catalogues

pytestmark = pytest.mark.engines("sqlite")

CODE = "sv"
SIGN = "¤"  # begins each text of our Swedish, so that it is told from English


def write_catalogues(root: Path) -> None:
    """What a translator would bring: every text of the Danish catalogues, one file a slice."""
    texts = catalogues.read_texts(catalogues.ROOT, OFFICIAL)
    files: dict[str, Catalog] = {}
    for message, name in texts.messages.values():
        catalog = files.setdefault(Path(name).name, Catalog(locale=CODE, fuzzy=False))
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        translated = tuple(f"{SIGN}{one}" for one in ids)
        catalog.add(message.id, translated if len(ids) > 1 else translated[0], context=message.context)
    folder = root / "eventapp" / "translations" / CODE
    folder.mkdir(parents=True)
    for name, catalog in files.items():
        with (folder / name).open("wb") as file:
            write_po(file, catalog)


@pytest.fixture
def swedish(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The product with the demo, after somebody has added Swedish."""
    shutil.copytree(catalogues.ROOT / "eventapp" / "translations", tmp_path / "eventapp" / "translations")
    write_catalogues(tmp_path)
    catalogues.compile_all(tmp_path)
    entry = replace(LANGUAGES[SOURCE], code=CODE, name="Svenska", long_day="EEEE d MMMM y", at=" kl. ")
    monkeypatch.setitem(LANGUAGES, CODE, entry)
    with app.app_context():
        texts = get_domain()
        monkeypatch.setattr(texts, "cache", {})
        monkeypatch.setattr(texts, "_translation_directories", [str(tmp_path / "eventapp" / "translations")])
        load.load(Stage.REGISTRATION)
    yield app
    clock.follow(timedelta)


def english_of(page: Page) -> list[str]:
    """Headings, labels and buttons that are not Swedish, among those that are texts of the product."""
    known = {one[0] for one in catalogues.read_texts(catalogues.ROOT, OFFICIAL).messages}
    parts = page.root.all("h1", "h2", "label", "button", "legend", "th", "dt")
    return [one.text for one in parts if one.text in known]


def test_every_public_page_is_swedish(swedish: Flask) -> None:
    walked = list(pages(swedish, swedish.test_client(), ["/"], lang=CODE))
    assert len(walked) > 8
    for path, page in walked:
        assert page.root.all("html")[0].attributes["lang"] == CODE, path
        assert SIGN in page.text, path
        assert english_of(page) == [], path
        menu = page.root.all("nav", class_="languages d-print-none")[0]
        assert [one.text for one in menu.all("a", "button")] == [one.name for one in LANGUAGES.values()], path
        assert menu.all("a", "button", aria_current="true")[0].text == "Svenska", path


def test_a_case_is_written_and_read_in_swedish(swedish: Flask, page_client: PageClient) -> None:
    sign_in(page_client, Role.OFFICER)
    with swedish.app_context():
        case = db.session.scalars(select(Case)).one()
        case_id, slug = case.id, case.slug
    page_client.submit(f"/staff/cases/{case_id}/facts", {f"title_{CODE}": "Hamnen"})
    assert page_client.visit(f"/cases/{slug}?lang={CODE}").heading == "Hamnen"
    with swedish.app_context():
        title = db.session.scalars(select(Case.title)).one()
    assert isinstance(title, Wording)
    assert set(title.texts) == {*LANGUAGES}


def test_who_signs_up_in_swedish_gets_a_swedish_mail(swedish: Flask, page_client: PageClient) -> None:
    page_client.visit(f"/?lang={CODE}")
    address = "/events/debat-om-narkotika/register"
    page_client.submit(address, {"name": "Åsa Öberg", "email": "asa@example.org", "category": NOT_SAID})
    assert page_client.page.root.all("html")[0].attributes["lang"] == CODE
    with swedish.app_context():
        booked = db.session.scalars(select(Booking.lang).where(Booking.email == "asa@example.org")).one()
        mailed = db.session.scalars(select(OutboxMail.lang).where(OutboxMail.to_address == "asa@example.org")).one()
    assert (booked, mailed) == (CODE, CODE)
