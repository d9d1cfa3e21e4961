"""The page on which something is erased, in a browser: for everybody, at every width, and without a mouse."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from eventapp.db import end_reading
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.web.permissions import Role
from tests.hearing.conftest import make_hearing
from tests.hearing.test_answering import sent_to
from tests.record.page_verifier import site
from tests.support.browser import SIZES, axe_violations
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")


@pytest.mark.parametrize("size", list(SIZES))
def test_an_officer_erases_with_the_keyboard_alone(
    app: Flask, client: FlaskClient, browser: Browser, size: str
) -> None:
    with app.app_context():
        hearing_id = make_hearing().id
        end_reading()
        answering.receive(sent_to(hearing_id, name="Anna Hvalros", text="Jeg hedder Hvalros.", email="a@example.org"))
        answer_id = queries.answers(hearing_id)[0].id
        end_reading()
    sign_in(client, Role.OFFICER)
    with site(browser, client) as (page, _):
        page.set_viewport_size(SIZES[size])
        page.goto(f"http://localhost/staff/hearings/answers/{answer_id}")
        page.get_by_role("link", name="Slet fra sagen").press("Enter")
        expect(page.get_by_role("checkbox")).to_have_count(3)  # neither files nor on whose behalf: there are none
        assert axe_violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        page.get_by_role("checkbox").first.focus()
        for key in ("Space", "Tab", "Space", "Tab", "Space", "Tab"):
            page.keyboard.press(key)
        page.keyboard.type("Den registrerede har bedt om det.")
        for key in ("Tab", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("main")).to_contain_text("Slettet. Det står i protokollen.")
    with app.app_context():
        answer = queries.answer(answer_id)
        assert (answer.name, answer.text, answer.email) == ("", "", "")
