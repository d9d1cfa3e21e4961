"""What a guest comes as is a text of the authority: at a phone in another language it says its own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db
from eventapp.events.queries import event_by_id
from eventapp.languages import Wording
from tests.checkin.support import DOORS_OPEN, make_guest, make_hall, open_shift
from tests.support.pages import PageClient

pytestmark = pytest.mark.engines("sqlite")


def test_what_a_guest_comes_as_says_its_language_on_a_phone_in_another(
    app: Flask, page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: DOORS_OPEN + timedelta(minutes=5))
    with app.app_context():
        event_id = make_hall(db).event_id
        code = open_shift(event_by_id(event_id), "Bagindgang")
        category = event_by_id(event_id).categories[0]
        category.label = Wording("Fagperson")
        guest = make_guest(db, event_id, category_id=category.id)
    page_client.submit("/door/shift", {"code": code})
    token = page_client.visit("/door/").root.all("meta", name="csrf-token")[0].attributes["content"]

    def scan(language: str) -> dict[str, str]:
        headers = {"X-CSRFToken": token}
        body = {"scan_id": uuid.uuid4().hex, "code": guest.code}
        address = f"/api/v1/events/{event_id}/scans?lang={language}"
        answer = page_client.post(address, json=body, headers=headers)
        assert answer.json is not None, answer.text
        found: dict[str, str] = answer.json["scan"]
        return found

    told = scan("en")
    assert (told["who"], told["category"], told["category_lang"]) == ("Anna A. · Fagperson", "Fagperson", "da")
    for page in ("/door/?lang=en", f"/door/scans/{told['id']}?lang=en"):
        assert 'Anna A. · <span lang="da">Fagperson</span>' in page_client.get(page).text
    found = page_client.post(
        f"/api/v1/events/{event_id}/guest-searches?lang=en", json={"q": "anna"}, headers={"X-CSRFToken": token}
    ).json
    assert found is not None
    assert (found["guests"][0]["category"], found["guests"][0]["category_lang"]) == ("Fagperson", "da")
    danish = scan("da")
    assert (danish["category"], danish["category_lang"]) == ("Fagperson", "")
