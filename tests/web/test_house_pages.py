"""The front page, privacy, accessibility, and what programs ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from eventapp import clock, create_app
from eventapp.config import Settings
from eventapp.web import house
from eventapp.web.registry import ApiOperation, FrontCard
from tests.support.databases import close
from tests.support.pages import PageClient
from tests.support.routes import json_of, routes

pytestmark = pytest.mark.engines("sqlite")


# --- the front page ------------------------------------------------------------------------------------------


def test_an_empty_front_page_says_what_comes(page_client: PageClient) -> None:
    page = page_client.visit("/")
    assert page.heading == "Debatter og høringer"
    assert "Der er ikke offentliggjort noget endnu" in page.text
    assert "DEMO_STAGE" not in page.text


def test_the_front_page_shows_what_the_slices_published_in_order(page_client: PageClient, app: Flask) -> None:
    registry = app.extensions["registry"]
    may, june = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    registry.front_cards[:] = [
        lambda: [
            FrontCard(20, "Debat i maj", "/events/maj", at=may),
            FrontCard(20, "Debat i juni", "/events/juni", at=june),
        ],
        lambda: [FrontCard(10, "Sagen <b>", "/cases/sagen", "Kort om sagen", "Sag 2024-1", "Høring åben")],
    ]
    page = page_client.visit("/")
    titles = [one.text for one in page.root.all("h2")]
    assert titles == ["Sagen <b>", "Debat i juni", "Debat i maj"]
    assert "Høring åben" in page.text


def test_on_demo_data_the_front_page_says_how_to_change_stage(page_client: PageClient, app: Flask) -> None:
    app.extensions["registry"].demo_loaded = lambda: True
    assert "DEMO_STAGE=hearing make run" in page_client.visit("/").text


# --- privacy and accessibility -------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["da", "en"])
@pytest.mark.parametrize("path", ["/", "/privacy", "/accessibility"])
def test_house_pages_are_sound_in_both_languages(page_client: PageClient, path: str, lang: str) -> None:
    page = page_client.visit(f"{path}?lang={lang}")
    assert page.root.all("html")[0].attributes["lang"] == lang
    danish = {"Spørg", "og", "ikke"} & set(page.root.all("main")[0].text.split())
    assert bool(danish) is (lang == "da")


def test_privacy_has_what_the_law_asks_for(page_client: PageClient, settings: Settings) -> None:
    text = page_client.visit("/privacy").text
    for wanted in (
        house.NOTICE_VERSION,
        settings.dpo_contact,
        settings.contact_email,
        "Datatilsynet",
        "artikel 6",
        "aktindsigt",
        "rettigheder",
    ):
        assert wanted in text
    assert [one.attributes["id"] for one in page_client.page.root.all("h2") if "id" in one.attributes] == ["cookies"]


def test_the_ground_for_sensitive_information_is_the_authoritys_own(settings: Settings) -> None:
    app = create_app(replace(settings, sensitive_data_ground="artikel 9, stk. 2, litra f"), testing=True)
    assert "artikel 9, stk. 2, litra f" in app.test_client().get("/privacy").text
    close(app)


def test_the_cookie_list_is_complete(client: FlaskClient) -> None:
    """After a walk through public pages and sign-in nothing is in the browser that the page does not name."""
    for path in ("/", "/privacy?lang=en", "/staff/sign-in", "/verify"):
        client.get(path)
    page = client.get("/privacy").text
    for name in ("form", "lang"):
        assert client.get_cookie(name) is not None
    for cookie in (client._cookies or {}).values():
        assert f"<dt>{cookie.key}</dt>" in page


def test_accessibility_is_our_own_statement_or_the_authoritys(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/was").location == "/accessibility"
    assert client.get("/accessibility").status_code == 200
    url = "https://www.was.digst.dk/debat-example-org"
    app = create_app(replace(settings, accessibility_statement_url=url), testing=True)
    assert [app.test_client().get(path).location for path in ("/was", "/accessibility")] == [url, url]
    close(app)


# --- programs ------------------------------------------------------------------------------------------------


def test_search_engines_are_kept_out_of_what_is_personal(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text
    for path in ("/staff/", "/door/", "/t/", "/T/", "/i/", "/receipts/"):
        assert f"Disallow: {path}\n" in text


def test_security_txt_is_valid(client: FlaskClient, settings: Settings) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert lines["Contact"] == f"mailto:{settings.contact_email}"
    left = datetime.fromisoformat(lines["Expires"]) - clock.system_now()
    assert timedelta(days=30) < left < timedelta(days=365)  # RFC 9116


def test_the_favicon_is_a_picture(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.mimetype in {"image/x-icon", "image/vnd.microsoft.icon"}
    answer.close()


# --- the machine interface -----------------------------------------------------------------------------------


def test_the_description_of_the_machine_interface_is_valid(client: FlaskClient) -> None:
    document = json_of(client.get("/api/openapi.json"))
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_the_description_names_every_operation_and_no_other(app: Flask, client: FlaskClient) -> None:
    document = json_of(client.get("/api/openapi.json"))
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    rules = {
        route.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        for route in routes(app)
        if route.endpoint == rule.endpoint
    }
    served = {
        (route.method, rules[route.endpoint].replace("<", "{").replace(">", "}"))
        for route in routes(app)
        if rules[route.endpoint].startswith(("/api/v1/", "/healthz", "/readyz"))
    }
    assert described == served


def test_an_operation_is_described_with_its_parameters_body_and_refusals(app: Flask, client: FlaskClient) -> None:
    scan = ApiOperation(
        "post",
        "/api/v1/test/{event_id}/scans",
        "test_scan",
        "Note a scan",
        {201: ("It is noted.", {"type": "object"})},
        body={"type": "object", "properties": {"code": {"type": "string"}}},
        query={"since": {"type": "integer"}},
        security="door",
    )
    app.extensions["registry"].api.append(scan)
    document = json_of(client.get("/api/openapi.json"))
    OpenAPIV31SpecValidator(document).validate()
    found = document["paths"]["/api/v1/test/{event_id}/scans"]["post"]
    assert [(one["name"], one["in"], one["required"]) for one in found["parameters"]] == [
        ("event_id", "path", True),
        ("since", "query", False),
    ]
    assert found["security"] == [{"door": []}]
    assert found["responses"]["default"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Error"
    }
    assert document["components"]["securitySchemes"]["door"]["name"] == "door"


def test_health_says_alive_and_ready(client: FlaskClient) -> None:
    assert json_of(client.get("/healthz")) == {"status": "alive"}
    answer = client.get("/readyz")
    assert json_of(answer)["status"] in {"ready", "not ready"}
    assert (answer.status_code == 200) is (json_of(answer)["faults"] == [])


def test_readiness_says_what_is_wrong(app: Flask, client: FlaskClient) -> None:
    app.extensions["registry"].readiness.append(lambda: "the worker sleeps")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "the worker sleeps" in json_of(answer)["faults"]
