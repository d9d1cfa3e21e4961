"""Forms in a browser, on a phone and on a large screen: nothing that was typed or chosen is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.conftest import Start
from tests.filling.test_kept_files import PDF, received
from tests.hearing.conftest import make_hearing
from tests.hearing.test_pages import FORM
from tests.record.page_verifier import site
from tests.support.browser import SIZES, axe_violations

pytestmark = pytest.mark.engines("sqlite")
HERE = f"http://localhost{FORM}"
NO_STORE = "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('', 'SecurityError'); }})"
FULL_STORE = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }"
HALF_SCRIPT = "XMLHttpRequest.prototype.open = () => { throw new Error('half-way'); }"


@pytest.fixture(params=["phone", "desktop"])
def page(app: Flask, client: FlaskClient, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with app.app_context():
        make_hearing()
    with site(browser, client) as (opened, _asked):
        opened.set_viewport_size(SIZES[request.param])
        yield opened


def choose(page: Page, *names: str) -> None:
    files = [FilePayload(name=one, mimeType="application/pdf", buffer=PDF + one.encode()) for one in names]
    page.set_input_files("#files", files)


def fill(page: Page, text: str) -> None:
    page.check("input[name=sender_kind][value=citizen]")
    page.fill("#name", "Mona")
    page.fill("#email", "mona@example.org")
    page.fill("#text", text)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send høringssvar").click()


def test_a_file_that_is_refused_is_never_left_out_without_a_word(page: Page, app: Flask) -> None:
    page.goto(HERE)
    fill(page, "Se bilaget.")
    page.set_input_files("#files", {"name": "plan.exe", "mimeType": "application/pdf", "buffer": PDF})
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text("plan.exe")
    assert received(app) == []


def test_another_language_keeps_what_is_typed(page: Page, app: Flask) -> None:
    page.goto(HERE)
    fill(page, "Mange gode tanker")
    choose(page, "a.pdf")
    page.locator(".languages").get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Give a hearing answer")
    assert page.input_value("#text") == "Mange gode tanker"
    expect(page.locator("[data-kept-files] li")).to_have_count(1)
    assert received(app) == []


def test_who_uses_the_machine_next_finds_nothing(page: Page) -> None:
    page.goto(HERE)
    fill(page, "Det, som kun jeg må læse")
    kept = page.evaluate("JSON.stringify([{...localStorage}, document.cookie])")
    assert "kun jeg" not in kept
    next_person = page.context.new_page()
    page.close()
    next_person.goto(HERE)
    assert [next_person.input_value(f"#{name}") for name in ("name", "email", "text")] == ["", "", ""]


@pytest.mark.parametrize("size", list(SIZES))
def test_what_is_sent_to_a_real_server(start_server: Start, browser: Browser, size: str) -> None:
    server = start_server(DEMO_STAGE="hearing")
    context = browser.new_context(viewport=SIZES[size], locale="da")
    try:
        page = context.new_page()
        page.goto(server.address)
        found = page.locator("a[href^='/hearings/']").first.get_attribute("href")
        form = f"{server.address}{found}/answer"
        _files_stay_and_each_choice_adds(page, form)
        _two_tabs_are_two_drafts(page, form)
        for script in (NO_STORE, FULL_STORE, HALF_SCRIPT):
            _a_script_that_fails_does_no_worse_than_none(context.new_page(), form, script)
    finally:
        context.close()


def _files_stay_and_each_choice_adds(page: Page, form: str) -> None:
    page.goto(form)
    fill(page, "Sagen 010170-1234 siger alt.")
    choose(page, "a.pdf")
    choose(page, "b.pdf")
    expect(page.locator("[data-file-list] li")).to_have_count(2)
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text("CPR")
    expect(page.locator("[data-kept-files] li")).to_have_count(2)
    assert axe_violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.get_by_role("button", name="Fjern a.pdf").click()
    expect(page.locator("[data-kept-files] li")).to_have_count(1)
    choose(page, "c.pdf")
    page.fill("#text", "Uden nummer.")
    send(page)
    page.wait_for_url("**/receipts/**")
    expect(page.get_by_text("2 filer fulgte med.")).to_be_visible()
    assert [page.get_by_text(one).count() for one in ("a.pdf", "b.pdf", "c.pdf")] == [0, 1, 1]


def _two_tabs_are_two_drafts(page: Page, form: str) -> None:
    """And a receipt ends that of its own tab."""
    page.goto(form)
    page.fill("#text", "Svar for mig selv")
    other = page.context.new_page()
    other.goto(form)
    assert other.input_value("#text") == ""
    fill(other, "Svar for foreningen")
    send(other)
    other.wait_for_url("**/receipts/**")
    page.reload()
    expect(page.locator("#text")).to_have_value("Svar for mig selv")
    other.goto(form)
    assert other.input_value("#text") == ""


def _a_script_that_fails_does_no_worse_than_none(page: Page, form: str, script: str) -> None:
    page.add_init_script(script)
    page.goto(form)
    fill(page, "Bevar træerne.")
    send(page)
    page.wait_for_url("**/receipts/**")
