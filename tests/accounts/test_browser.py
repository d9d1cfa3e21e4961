"""A newcomer's first day in a real browser, and the pages of the administrator, on a phone and on a desktop."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from flask import Flask

from tests.accounts.conftest import Colleague
from tests.support.browser import Watched
from tests.support.html import Page
from tests.support.pictures import qr_from_png

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.usefixtures("quick_hashes"), pytest.mark.seconds(240)]
PASSWORD = "grævling i kjole og hvidt"


def secret_on(tab: Watched) -> str:
    """What a phone reads off the page: the secret in the QR code."""
    text = qr_from_png(tab.page.locator("svg.qr").screenshot())
    return parse_qs(urlsplit(text).query)["secret"][0]


def press(tab: Watched) -> None:
    """The main button of the page."""
    tab.page.locator("main form .button-primary").last.click()
    tab.check()


@pytest.mark.parametrize(("size", "lang"), [("phone", "da"), ("desktop", "en")])
def test_from_the_first_link_to_signing_in_again(
    app: Flask, address: str, open_tab: Callable[..., Watched], size: str, lang: str
) -> None:
    runner = app.test_cli_runner()
    made = ["accounts", "create", "ny@havneby.example.org", "Ny Kollega", "--role", "admin", "--role", "auditor"]
    link = runner.invoke(args=made).output.strip()
    tab = open_tab(address, size=size, lang=lang)
    page = tab.page

    tab.visit(urlsplit(link).path)
    press(tab)
    page.fill("#new_password", PASSWORD)
    press(tab)
    secret = secret_on(tab)
    page.fill("#code", pyotp.TOTP(secret).now())
    press(tab)
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    page.locator("main a.button-primary").click()
    tab.check()
    assert urlsplit(page.url).path == "/staff/"

    for path in (
        "account",
        "account/password",
        "account/recovery-codes",
        "accounts",
        "accounts/new",
        "audit",
        "second-factor/enrolment",
    ):
        tab.visit(f"/staff/{path}")
    tab.visit("/staff/accounts")
    page.locator("main tbody a").click()
    tab.check()

    page.locator("header form button").click()
    tab.check()
    page.go_back()
    page.wait_for_load_state("load")
    assert urlsplit(page.url).path == "/staff/sign-in"  # nothing of the page can be seen any more

    page.fill("#email", "ny@havneby.example.org")
    page.fill("#password", "et forkert kodeord")
    press(tab)
    assert page.locator(".error-summary").is_visible()
    page.fill("#password", PASSWORD)
    press(tab)
    page.fill("#code", codes[0].lower())
    press(tab)
    assert urlsplit(page.url).path.startswith("/staff/accounts/")  # the page that going back had asked for


def test_what_was_typed_is_sent_again_after_signing_in_in_another_tab(
    app: Flask, address: str, open_tab: Callable[..., Watched], admin: Colleague
) -> None:
    tab = open_tab(address)
    page = tab.page
    sign_in(tab, admin)
    tab.visit("/staff/accounts/new")
    page.fill("#name", "Åse Ærø")
    page.fill("#email", "aase@havneby.example.org")
    page.check("#roles")
    page.context.clear_cookies(name="staff")
    page.locator("main form .button-primary").click()
    page.wait_for_load_state("load")
    assert page.locator("h1").inner_text() == "Du er logget ud"
    tab.check()
    with page.context.expect_page() as opened:
        page.locator("main a[target=_blank]").click()
    other = opened.value
    other.fill("#email", admin.email)
    other.fill("#password", admin.password)
    other.locator("main button").click()
    other.fill("#code", admin.code())
    other.locator("main button").click()
    other.wait_for_url("**/staff/")
    press(tab)
    assert "Åse Ærø" in page.locator("main").inner_text()
    assert Page(page.content()).heading == "Giv dette link videre"


def sign_in(tab: Watched, who: Colleague) -> None:
    tab.visit("/staff/sign-in")
    tab.page.fill("#email", who.email)
    tab.page.fill("#password", who.password)
    press(tab)
    tab.page.fill("#code", who.code())
    press(tab)


@pytest.mark.parametrize(("size", "lang"), [("phone", "da"), ("desktop", "en")])
def test_the_house_pages_are_sound(address: str, open_tab: Callable[..., Watched], size: str, lang: str) -> None:
    tab = open_tab(address, size=size, lang=lang)
    for path in ("/", "/privacy", "/accessibility"):
        tab.visit(path)
    tab.visit("/nothing-here", status=404)
