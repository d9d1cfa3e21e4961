"""Logs: one line a request, the route and never the address (reliability S16, S61)."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from eventapp import LARGEST_POST_BYTES
from eventapp.db import reading
from eventapp.hearing.answering.forms import LARGEST_REQUEST_BYTES
from eventapp.web import logs
from eventapp.web.bodies import READ_ON_BYTES
from eventapp.web.permissions import public
from tests.support.html import Page

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the application writes to its log."""
    file = StringIO()
    logger = structlog.wrap_logger(structlog.PrintLogger(file), processors=structlog.get_config()["processors"])
    monkeypatch.setattr(logs, "log", logger)
    return file


def lines(written: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_secrets_in_addresses_and_fields_are_in_no_log(
    client: FlaskClient, written: StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/t/PLANTEDTICKETCODE234567ABCD?lang=da&q=plantedquery")
    client.get("/i/planted-invitation-token")
    client.get("/staff/links/planted-link", headers={"Referer": "https://x/planted", "User-Agent": "planted-agent"})
    token = Page(client.get("/staff/sign-in").text).forms()[-1].all("input")[0].attributes["value"]
    fields = {"csrf_token": token, "email": "planted@example.org", "password": "planted password"}
    client.post("/staff/sign-in", data=fields)
    assert len(lines(written)) == 5
    assert "planted" not in (written.getvalue() + caplog.text).lower()
    assert token not in written.getvalue()


def test_a_line_says_what_was_asked_and_how_it_went(client: FlaskClient, written: StringIO) -> None:
    client.get("/staff/links/some-token")
    (line,) = lines(written)
    asked = (line["event"], line["method"], line["route"], line["status"])
    assert asked == ("request", "GET", "/staff/links/<token>", 410)
    assert isinstance(line["ms"], float)
    assert line["timestamp"].endswith("Z")
    assert len(line["id"]) == 16


def test_an_unknown_address_is_logged_without_it(client: FlaskClient, written: StringIO) -> None:
    client.get("/planted-address")
    assert lines(written)[0]["route"] is None
    assert "planted" not in written.getvalue()


def test_line_breaks_make_no_line_of_their_own(written: StringIO) -> None:
    logs.log.warning("said", value='a\r\n{"event": "forged"}\u2028')
    assert [line["event"] for line in lines(written)] == ["said"]


@pytest.fixture
def breaking(app: Flask) -> FlaskClient:
    """An application with a page that breaks in the database, and says there what it was given."""

    @app.get("/breaks/<token>")
    @public
    def breaks(token: str) -> str:
        with reading() as conn:
            conn.execute(text("SELECT * FROM nowhere WHERE token = :token"), {"token": token})
        return "done"

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.engines("sqlite", "postgresql")
def test_a_fault_is_logged_by_kind_and_place_and_quotes_nothing(
    breaking: FlaskClient, written: StringIO, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert breaking.get("/breaks/planted-token").status_code == 500
    fault, request = lines(written)
    assert fault["event"] == "fault"
    assert fault["route"] == "/breaks/<token>"
    assert fault["id"] == request["id"]
    assert fault["kinds"][0] in {"OperationalError", "ProgrammingError"}
    assert any(place.endswith(" breaks") for place in fault["at"])
    assert "planted" not in written.getvalue() + caplog.text + capfd.readouterr().err


@pytest.mark.parametrize("fault", [True, ValueError("planted")])
def test_a_fault_that_is_logged_along_is_told_by_kind_and_place_too(written: StringIO, fault: bool | Exception) -> None:
    try:
        raise KeyError("planted") from LookupError("planted")
    except KeyError:
        logs.log.error("stumbled", exc_info=fault)
    (line,) = lines(written)
    assert line["event"] == "stumbled"
    assert line["kinds"] == (["KeyError", "LookupError"] if fault is True else ["ValueError"])
    assert "planted" not in written.getvalue()


def test_the_proxy_that_is_proposed_logs_no_address_and_no_query() -> None:
    proposed = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    (line,) = [one for one in proposed.splitlines() if one.startswith("log_format ")]
    assert set(re.findall(r"\$(\w+)", line)) <= {
        "time_iso8601",
        "request_method",
        "status",
        "body_bytes_sent",
        "request_time",
    }
    assert "access_log" in proposed


def test_the_proxy_that_is_proposed_lets_through_what_the_product_itself_refuses() -> None:
    """Else it answers with a page of its own, and the text is lost."""
    proposed = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    (mebibytes,) = re.findall(r"client_max_body_size (\d+)m;", proposed)
    assert int(mebibytes) * 2**20 >= LARGEST_REQUEST_BYTES + LARGEST_POST_BYTES + READ_ON_BYTES
