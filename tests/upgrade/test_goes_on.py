"""What was begun with yesterday's product goes on with today's: scans, places in line, replies, answers, signing in."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

import pyotp
from flask import Flask

from tests.support.pages import PageClient
from tests.upgrade.conftest import go_to

Promises = dict[str, Any]
IN_THE_EVENING = datetime.fromisoformat("2023-11-14T20:35:00+01:00")


def test_tickets_scan_at_the_door_that_was_open(app: Flask, page_client: PageClient, promises: Promises) -> None:
    """The phone that opens the door with yesterday's shift code sees who is in the room, and tickets are known."""
    go_to(app, IN_THE_EVENING)
    app.config["WTF_CSRF_ENABLED"] = False
    page_client.submit("/door/shift", {"code": promises["shifts"]["Hoveddør"], "device_name": "Telefon 2"})
    event_id, codes = promises["events"]["havneaften"]["id"], {one["name"]: one["code"] for one in promises["tickets"]}
    inside = promises["rooms"]["havneaften"]["inside"]
    assert page_client.get(f"/api/v1/events/{event_id}/occupancy").get_json()["inside"] == inside
    expected = {
        "Åse Ågård": "already_in",  # went out and came in again
        "Sine Stedfortræder": "already_in",  # her going out was undone
        "Øjvind Ødegård": "ok",  # went out
        "Clara la Cour": "ok",  # her coming in was undone
        "Bo Bech": "cancelled",
        "Dorte Dahl": "wrong_event",
    }
    for name, verdict in expected.items():
        scan = {"scan_id": str(uuid.uuid4()), "code": codes[name]}
        answer = page_client.post(f"/api/v1/events/{event_id}/scans", json=scan).get_json()
        assert answer["scan"]["verdict"] == verdict, name
    assert page_client.get(f"/api/v1/events/{event_id}/occupancy").get_json()["inside"] == inside + 2


def test_a_seat_that_comes_free_goes_to_the_one_who_waited(page_client: PageClient, promises: Promises) -> None:
    tickets = {one["name"]: one["code"] for one in promises["tickets"]}
    waiting = next(one for one in promises["own_links"] if one["name"] == "Venter Sidst")
    page_client.submit(f"/t/{tickets['Dorte Dahl']}/cancellation", action="/cancellation")
    assert page_client.visit(f"/w/{waiting['token']}").heading == "Din billet"


def test_the_next_one_waits_behind_those_who_waited(page_client: PageClient) -> None:
    fields = {"name": "Ny Nielsen", "email": "ny@havneby.example.org", "category": "none"}
    page = page_client.submit("/events/havnemoede/register", fields)
    assert page.heading == "Du er nummer 2 på ventelisten"


def test_a_hearing_still_takes_answers_and_numbers_go_on(page_client: PageClient, promises: Promises) -> None:
    path = "/hearings/afkriminalisering-af-narkotika/answer"
    fields = {"name": "Sen Sørensen", "email": "sen@example.org", "text": "Endnu et svar.", "sender_kind": "citizen"}
    page = page_client.submit(path, fields)
    last = max(one["number"] for one in promises["receipts"])
    number = f"{last[:-4]}{int(last[-4:]) + 1:04d}"
    assert number in page.text
    done = page_client.application.test_cli_runner().invoke(args=["record", "verify"])
    assert done.exit_code == 0, done.output


def test_signing_in_takes_the_same_password_and_second_factor(page_client: PageClient, promises: Promises) -> None:
    staff = promises["staff"]
    page_client.submit("/staff/sign-in", {"email": staff["email"], "password": staff["password"]})
    code = pyotp.TOTP(staff["totp_secret"]).generate_otp(int(time.time()) // 30)
    page_client.submit("/staff/second-factor", {"code": code})
    page_client.visit("/staff/events/")
