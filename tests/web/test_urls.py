"""Links that leave the page, and where ``next=`` may lead (reliability S26, S27)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventapp.web.urls import external_url, safe_next
from tests.support.html import Page
from tests.support.pages import field_names

pytestmark = pytest.mark.engines("sqlite")
ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/staff/",
    "HTTPS://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/ok\\evil.example",
    "//evil.example@localhost",
    "//localhost@evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "mailto:x@evil.example",
    "evil.example",
    "staff/",
    "./staff",
    "../staff",
    "?next=x",
    "#x",
    "@evil.example",
    " //evil.example",
    "\t//evil.example",
    "\n//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\u2028/evil.example",
    "/\u200b/evil.example",
    "／／evil.example",
    "〱evil.example",
    "//evil。example",
    "//xn--vil-9la.example",
    "//ëvil.example",
    "//[::1]/",
    "//0x7f000001/",
    "//evil.example:80/",
    "//evil.example%2f@localhost/",
    "http:\\\\evil.example",
    "http:evil.example",
    "ht\ttp://evil.example",
    "blob:https://evil.example/x",
    "ftp://evil.example",
    "file:///etc/passwd",
    "//%65vil.example",
    "//evil%00.example",
    "//evil.example#/staff",
    "//evil.example?/staff",
    "",
    " ",
]


@pytest.mark.parametrize("wish", ELSEWHERE)
def test_next_never_leads_away(wish: str) -> None:
    with Flask(__name__).test_request_context("/staff/sign-in", method="POST", data={"next": wish}):
        assert safe_next("/staff/") == "/staff/"


@pytest.mark.parametrize(
    "wish",
    [
        "/",
        "/staff/cases/",
        "/staff/audit?act=x&page=2",
        "/%2F/evil.example",
        "/events/ny-havnepark#program",
        "/søg?q=æ",
    ],
)
def test_next_leads_to_our_own_pages(wish: str) -> None:
    with Flask(__name__).test_request_context("/staff/sign-in", method="POST", data={"next": wish}):
        assert safe_next("/staff/") == wish


def test_signing_in_does_not_carry_a_foreign_address_on(client: FlaskClient) -> None:
    form = Page(client.get("/staff/sign-in?next=//evil.example").text).forms()[-1]
    assert "next" not in field_names(form)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "ftp", "X-Forwarded-Host": "evil.example:99"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Original-Host": "evil.example"},
        {"X-Rewrite-URL": "//evil.example"},
    ],
)
def test_links_that_leave_the_page_are_made_from_the_settings_alone(app: Flask, headers: dict[str, str]) -> None:
    with app.test_request_context("/", headers=headers):
        assert external_url("pages.privacy") == "http://localhost/privacy"


def test_links_can_be_made_without_a_request(app: Flask) -> None:
    with app.app_context():
        assert external_url("accounts.link", token="abc") == "http://localhost/staff/links/abc"


@pytest.mark.parametrize("number", ["2147483648", "99999999999999999999", "9" * 5000])
def test_a_number_that_no_column_could_hold_is_an_unknown_address(client: FlaskClient, number: str) -> None:
    assert client.get(f"/record/anything/entries/{number}").status_code == 404
    assert client.get(f"/hearings/anything/material/{number}").status_code == 404
