"""The page of what is under way, in a browser: for everybody, at every width, and moving by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from eventapp.web.permissions import Person, Role
from eventapp.work.models import JobState
from eventapp.work.worker import Worker
from tests.record.page_verifier import site
from tests.support.browser import SIZES, axe_violations
from tests.support.staff import sign_in
from tests.work.givens import change, start

WORK = "http://localhost/staff/work"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("size", list(SIZES))
def test_the_page_is_accessible_at_every_width(app: Flask, client: FlaskClient, browser: Browser, size: str) -> None:
    owner = Person(sign_in(client, Role.ADMIN), "Anna")
    with app.app_context():
        running, failed = start(total=80, owner=owner), start(total=1, owner=owner)
        Worker(app).run_once()
        change(running, state=JobState.RUNNING, leased_by="one", done=20, total=80, finished_at=None)
        change(failed, state=JobState.FAILED, answer="It could not be made: KeyError")
    with site(browser, client) as (page, _):
        page.set_viewport_size(SIZES[size])
        page.goto(WORK)
        assert axe_violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.engines("sqlite")
def test_the_bar_moves_and_the_page_says_when_the_job_is_done(
    app: Flask, client: FlaskClient, browser: Browser
) -> None:
    owner = Person(sign_in(client, Role.ORGANISER), "Anna")
    with app.app_context():
        job_id = start(total=80, owner=owner)
        change(job_id, state=JobState.RUNNING, leased_by="one", done=20, total=80)
    with site(browser, client) as (page, _):
        page.goto(WORK)
        bar = page.locator("progress")
        assert bar.evaluate("bar => bar.value") == 20
        with app.app_context():
            change(job_id, done=60)
        expect(page.locator(".progress__text")).to_have_text("60 af 80")
        assert bar.evaluate("bar => bar.value") == 60
        with app.app_context():
            change(job_id, state=JobState.DONE, leased_by=None, done=80, finished_at=datetime.now(UTC))
        expect(page.locator("main")).to_contain_text("Færdig")
        expect(bar).to_have_count(0)
