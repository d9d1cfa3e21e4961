"""A further language is a line of one table: content in it is typed in, stored and shown, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from eventapp.cases import queries
from eventapp.db import db
from eventapp.languages import LANGUAGES, Wording
from eventapp.web.permissions import Role
from tests.support.factories import make_case
from tests.support.pages import PageClient
from tests.support.staff import sign_in


@pytest.fixture
def swedish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "sv", replace(LANGUAGES["da"], code="sv", name="Svenska"))


@pytest.mark.usefixtures("swedish")
def test_a_third_language_is_typed_in_stored_and_shown(app: Flask, page_client: PageClient) -> None:
    with app.app_context():
        case = make_case(slug="havnepark")
        db.session.commit()
        case_id = case.id
    sign_in(page_client, Role.ORGANISER)
    page = page_client.submit(f"/staff/cases/{case_id}/facts", {"title_sv": "En ny hamnpark"})
    assert "Svenska" in page.text
    with app.app_context():
        wanted = {"da": "Ny havnepark", "en": "A new harbour park", "sv": "En ny hamnpark"}
        assert queries.case_by_id(case_id).title == Wording(wanted)
    for code, title in wanted.items():
        assert page_client.visit(f"/cases/havnepark?lang={code}").heading == title
    assert page_client.page.root.all("html")[0].attributes["lang"] == "sv"
