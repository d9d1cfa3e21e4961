"""What is in the way of a form, and what it must not cost (ADR 0054)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import clock
from eventapp.contributions.models import Contribution
from eventapp.db import db
from eventapp.hearing.models import Answer
from eventapp.registration.models import Booking
from eventapp.web import bodies
from eventapp.web.permissions import Role
from tests.filling.test_kept_files import PDF, listed
from tests.hearing.conftest import make_hearing
from tests.hearing.test_pages import FORM, TYPED
from tests.support.factories import STARTS_AT, make_case, make_event
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture(autouse=True)
def hearing_slug(app: Flask) -> str:
    with app.app_context():
        return make_hearing().slug


def filled(client: PageClient, **fields: Any) -> dict[str, Any]:
    client.visit(FORM)
    return {**form_values(choose_form(client.page, {"text": ""}, "")), **TYPED, **fields}


def answers(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Answer)) or 0


def forget_cookies(client: PageClient) -> None:
    for name in ("form", "lang", "staff"):
        client.delete_cookie(name)


def test_whoever_keeps_no_cookies_sends_at_the_first_press(page_client: PageClient, app: Flask) -> None:
    data = filled(page_client)
    forget_cookies(page_client)
    assert page_client.post(FORM, data=data).status_code == 303
    assert answers(app) == 1


def test_a_token_that_nobody_made_is_refused_and_the_next_press_works(page_client: PageClient, app: Flask) -> None:
    data = filled(page_client, csrf_token="IjEi.aaaa.bbbb", files=[(BytesIO(PDF), "bilag.pdf")])
    assert page_client.post(FORM, data=data).status_code == 422
    assert answers(app) == 0
    back = form_values(choose_form(page_client.page, {"text": ""}, ""))
    assert back["text"] == TYPED["text"]
    assert listed(page_client.page) == ["bilag.pdf"]
    assert page_client.post(FORM, data=back).status_code == 303


def test_the_forms_of_strangers_are_public_and_leave_nothing_with_the_browser(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if view.__dict__.get("from_strangers")}
    assert marked == {
        "contributions.contribute",
        "hearing.answer",
        "hearing.looked_up",
        "invitations.reply",
        "record.verified",
        "registration.cancel",
        "registration.leave",
        "registration.leave_one",
        "registration.take_consent_back",
        "registration.take_consent_of_booking_back",
        "registration.sign_up",
    }
    assert [name for name in marked if app.view_functions[name].__dict__["permission"] is not None] == []


def test_another_language_keeps_files_and_key(page_client: PageClient) -> None:
    data = filled(page_client, form_language="en", files=[(BytesIO(PDF), "bilag.pdf")])
    assert page_client.post(FORM, data=data).status_code == 200
    assert listed(page_client.page) == ["bilag.pdf"]
    assert form_values(choose_form(page_client.page, {"text": ""}, ""))["submission_key"] == data["submission_key"]
    assert '<html lang="en">' in page_client.get("/").text


def at_most(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that is easily passed."""
    monkeypatch.setitem(app.view_functions["hearing.answer"].__dict__, "takes_files", 1000)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10_000)


def test_a_body_that_is_too_large_keeps_text_and_earlier_files(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_client.post(FORM, data=filled(page_client, email="", files=[(BytesIO(PDF), "bilag.pdf")]))
    back = form_values(choose_form(page_client.page, {"text": ""}, ""))
    at_most(app, monkeypatch)
    film = BytesIO(PDF + b"x" * 100_000)
    page_client.post(FORM, data={**back, "text": "Vigtig tekst", "files": [(film, "film.pdf")]})
    assert page_client.response.status_code == 413
    assert listed(page_client.page) == ["bilag.pdf"]
    assert form_values(choose_form(page_client.page, {"text": ""}, ""))["text"] == "Vigtig tekst"
    assert "for stort" in page_client.page.text


def test_beyond_all_measure_nothing_is_read(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = filled(page_client, files=[(BytesIO(PDF + b"x" * 100_000), "film.pdf")])
    monkeypatch.setattr(bodies, "READ_ON_BYTES", 0)
    at_most(app, monkeypatch)
    assert page_client.post(FORM, data=data).status_code == 413
    assert TYPED["text"] not in page_client.response.text


def test_a_rule_that_says_no_stands_on_the_form(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event was moved to a later time while somebody wrote."""
    with app.app_context():
        make_event(slug="debat")
        db.session.commit()
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT.replace(day=20))
    page_client.visit("/events/debat/contribute")
    form = choose_form(page_client.page, {"text": ""}, "")
    themes = [one.attributes["value"] for one in form.all("input", name="theme")]
    data = {**form_values(form), "text": "Tre timers arbejde", "theme": themes[0], "quoting": "no"}
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT)
    answer = page_client.post("/events/debat/contribute", data=data)
    assert answer.status_code == 409
    assert "Tre timers arbejde" in answer.text
    assert "IKKE modtaget" in answer.text
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT.replace(day=20))
    (again,) = [one for one in page_client.page.forms() if one.attributes["action"] == "/events/debat/contribute"]
    assert page_client.post("/events/debat/contribute", data=form_values(again)).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Contribution.text)).all() == ["Tre timers arbejde"]


def test_a_page_of_elsewhere_is_never_drawn(page_client: PageClient) -> None:
    for page in ("https://evil.example/", "//evil.example/", "staff", "/staff/accounts", "/events/x/register"):
        data = filled(page_client, form_page=page, form_language="en")
        answer = page_client.post(FORM, data=data)
        assert 'evil.example/"' not in answer.text.replace(f'value="{page}"', "")
        assert "Bevar tr" in answer.text


def test_staff_whose_session_ended_keep_text_and_file(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        case_id = make_case().id
        db.session.commit()
    sign_in(page_client, Role.ORGANISER)
    address = f"/staff/cases/{case_id}/documents"
    page_client.visit(address)
    form = choose_form(page_client.page, {"title": ""}, "documents")
    data = {**form_values(form), "title": "Notat", "kind": "memo", "file": (BytesIO(PDF), "notat.pdf")}
    page_client.delete_cookie("staff")
    assert page_client.post(address, data=data).status_code == 403
    (again,) = [one for one in page_client.page.forms() if one.attributes["action"] == address]
    sign_in(page_client, Role.ORGANISER)
    assert page_client.post(address, data=form_values(again)).status_code == 303
    assert "Notat" in page_client.visit(address).text


def test_nobody_sees_what_another_typed(page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-up forms are drawn once for all; one that came back is drawn for its sender alone."""
    with app.app_context():
        make_event(slug="debat")
        db.session.commit()
    monkeypatch.setattr(clock, "now", lambda: STARTS_AT.replace(day=1))
    app.testing = False  # pages are kept for a second
    page_client.visit("/events/debat/register")
    data = {
        **form_values(choose_form(page_client.page, {"name": ""}, "")),
        "name": "Åse Hemmelig",
        "form_language": "en",
    }
    assert "Åse Hemmelig" in page_client.post("/events/debat/register", data=data).text
    for language in ("da", "en"):
        other = app.test_client().get(f"/events/debat/register?lang={language}")
        assert other.status_code == 200
        assert "Åse Hemmelig" not in other.text
    with app.app_context():
        assert db.session.scalars(select(Booking.id)).all() == []
