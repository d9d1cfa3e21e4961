"""Every form is taken in once: two presses at one moment, Back and send again (ADR 0059)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.db import Model, db
from eventapp.filling import sent_actions
from eventapp.filling.models import REMEMBERED, SentForm
from eventapp.web.permissions import Role
from eventapp.web.returned import KEY
from tests.filling.test_kept_files import PDF
from tests.filling.walk import Found, Walk
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

pytestmark = pytest.mark.seconds(900)

# Endpoint -> what must be typed there so that it is taken in.
LATER = "2031-01-02T05:04"
FITTING: dict[str, dict[str, Any]] = {
    "accounts.create": {"email": "ny@havneby.example.org", "roles": str(Role.ORGANISER)},
    "cases_staff.create": {"number": "2031-77"},
    "events_staff.hall": {"max_persons": "500"},
    "events_staff.new": {"ends_at": LATER, "registration_closes_at": "2031-01-02T03:05"},
    "events_staff.settings": {
        "max_persons": "500",
        "plan_reference": "2031-1",
        "ends_at": LATER,
        "registration_closes_at": "2031-01-02T03:05",
    },
    "hearing_staff.party": {"name": "En anden part"},
    "hearing_staff.create": {"slug": "ny-hoering", "deadline": LATER},
    "invitations.create": {"reply_by": f"{SIGN_UP_AT + timedelta(days=1):%Y-%m-%dT%H:%M}"},
}
GENERAL = "claimed like all others; this walk does not stand where it can be pressed"
# What is not pressed here, and why two presses do no harm.
ELSEWHERE = {
    **dict.fromkeys(
        (
            "accounts.enable",
            "accounts.remove_second_factor",
            "cases_lists.move",
            "cases_staff.publish",
            "checkin_desk.begin_shift",
            "checkin_desk.let_go_on",
            "contributions.ask",
            "demo.move",
            "events_lists.move",
            "events_lists.remove",
            "events_staff.publish",
            "hearing_staff.add_material",
            "hearing_staff.merge_parties",
            "hearing_staff.remove_material",
            "hearing_staff.remove_party",
            "hearing_staff.send_notices",
            "invitations.remove",
            "invitations.see",
            "registration_staff.seat_waiting",
            "work.cancel",
            "work.try_again",
        ),
        GENERAL,
    ),
    **dict.fromkeys(
        ("accounts.change_password", "accounts.choose_password", "accounts.enrol", "accounts.second_factor"),
        "a code works once, and the same password twice is that password",
    ),
    **dict.fromkeys(
        ("accounts.make_link", "accounts.renew_recovery_codes"),
        "shown once, made anew by each press, the last ones work",
    ),
    **dict.fromkeys(
        ("accounts.end_session", "accounts.sign_in", "accounts.sign_out", "accounts.use_link"),
        "a session is begun and ended; a link works once",
    ),
    **dict.fromkeys(
        (
            "checkin.depart",
            "checkin.scan",
            "checkin.undo",
            "checkin.walk_in",
            "checkin_api.create_reversal",
            "checkin_api.create_scan",
            "checkin_api.create_walk_in",
        ),
        "a scan has an id of its own (tests/checkin)",
    ),
    "checkin.begin": "opens a phone more, which nobody holds",
    **dict.fromkeys(
        ("dossier.export", "statistics.export"), "a file is handed out, and each time it is said in the log"
    ),
    "dossier.erase": "what is erased is erased, and the second press is told that nothing is left",
    **dict.fromkeys(
        (
            "checkin.search",
            "checkin_api.find_guests",
            "hearing.looked_up",
            "record.verified",
            "registration_staff.search",
        ),
        "nothing is kept",
    ),
    **dict.fromkeys(
        ("registration.cancel", "registration.leave", "registration.leave_one"),
        "who has cancelled is led to the same page (tests/registration)",
    ),
    **dict.fromkeys(
        ("registration.take_consent_back", "registration.take_consent_of_booking_back"),
        "a consent that is taken back is taken back",
    ),
}
# They end what others need.
LAST = ("/cancellation", "/closing", "/closure", "/deadlines", "/ending", "/merger", "/removal")
LOOKS = {"sent_form", "attempt", "staff_session"}  # what a look or a try may write


def rows(app: Flask) -> dict[str, int]:
    """How many there are of everything that a form can make."""
    with app.app_context():
        tables = [one for one in Model.metadata.sorted_tables if one.name not in LOOKS]
        return {one.name: db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


def another(client: PageClient) -> PageClient:
    """A second connection of the same browser."""
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    for cookie in (client._cookies or {}).values():
        other.set_cookie(cookie.key, cookie.value)
    return other


def fitting(found: Found) -> dict[str, Any]:
    """Something that the form takes, a file in each field for one."""
    files = {one.attributes["name"]: (BytesIO(PDF), "bilag.pdf") for one in found.form.all("input", type="file")}
    return {**found.typed, **FITTING.get(found.endpoint, {}), **files}


def press(client: PageClient, found: Found) -> TestResponse:
    return client.post(found.action, data=fitting(found), buffered=True)


def press_twice(walk: Walk, found: Found) -> list[TestResponse]:
    """Two presses at one moment."""
    start = threading.Barrier(2)

    def one_press(client: PageClient) -> TestResponse:
        start.wait(60)
        return press(client, found)

    with ThreadPoolExecutor(2) as pool:
        pressed = [pool.submit(one_press, another(walk.client)) for _ in range(2)]
        return [one.result(60) for one in pressed]


def test_two_presses_at_one_moment_are_one(walk: Walk, app: Flask) -> None:
    """Whatever can be pressed on any page: the second is led to where the first was, and nothing is made twice."""
    faults, pressed = {}, set()
    for one in sorted(walk.posts(), key=lambda found: found.action.endswith(LAST)):
        if one.endpoint in ELSEWHERE:
            continue
        pressed.add(one.endpoint)
        both = press_twice(walk, one)
        before = rows(app)
        answers = [*both, press(walk.client, one)]
        where = {answer.location for answer in answers}
        made = {name: number - before[name] for name, number in rows(app).items() if number != before[name]}
        if sum(one.status_code == 303 for one in answers) < 2 or len(where) > 1 or made:
            faults[one.endpoint] = f"{[one.status_code for one in answers]} {where} {made}"
    assert faults == {}
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert posts - pressed == set(ELSEWHERE)


CASE = {"number": "2031-9", "title": "Kystvejen", "slug": "kystvejen"}


@pytest.fixture
def officer(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.OFFICER)
    return page_client


def opened(client: PageClient, **fields: str) -> dict[str, Any]:
    """The form of a new case, filled in."""
    return {**form_values(choose_form(client.visit("/staff/cases/new"), {"number": ""}, "")), **CASE, **fields}


def cases(app: Flask) -> list[str]:
    with app.app_context():
        return [str(one) for one in db.session.scalars(select(Case.number).order_by(Case.number))]


def test_back_and_send_again_leads_to_what_was_made(officer: PageClient, app: Flask) -> None:
    data = opened(officer)
    first = officer.post("/staff/cases/", data=data)
    again = officer.post("/staff/cases/", data=data)
    assert (first.status_code, again.status_code, again.location) == (303, 303, first.location)
    assert cases(app) == ["2031-9"]


def test_something_else_in_the_same_form_is_asked_about(officer: PageClient, app: Flask) -> None:
    data = opened(officer)
    officer.post("/staff/cases/", data=data)
    asked = officer.post("/staff/cases/", data={**data, "number": "2031-10", "slug": "kystvejen-2"})
    assert asked.status_code == 422
    assert "Du har sendt denne formular før" in asked.text
    back = form_values(choose_form(officer.page, {"number": ""}, ""))
    assert (back["number"], back[KEY] != data[KEY]) == ("2031-10", True)
    assert officer.post("/staff/cases/", data=back).status_code == 303
    assert cases(app) == ["2031-10", "2031-9"]


def test_a_form_that_was_refused_keeps_its_key(officer: PageClient, app: Flask) -> None:
    data = opened(officer, title="")
    assert officer.post("/staff/cases/", data=data).status_code == 422
    back = form_values(choose_form(officer.page, {"number": ""}, ""))
    assert back[KEY] == data[KEY]
    assert officer.post("/staff/cases/", data={**back, "title": "Kystvejen"}).status_code == 303


def test_a_key_is_worth_nothing_at_another_address(officer: PageClient, app: Flask) -> None:
    data = opened(officer)
    made = officer.post("/staff/cases/", data=data).location
    officer.visit(f"{made}/facts")
    facts = {**form_values(choose_form(officer.page, {"title": ""}, "")), KEY: data[KEY], "title": "Havnevejen"}
    assert officer.post(f"{made}/facts", data=facts).status_code == 303
    with app.app_context():
        assert str(db.session.scalars(select(Case.title)).one()) == "Havnevejen"


def test_where_a_form_led_cannot_be_read_in_the_database(officer: PageClient, app: Flask) -> None:
    made = officer.post("/staff/cases/", data=opened(officer)).location
    with app.app_context():
        kept = db.session.scalars(select(SentForm)).one()
        assert made.rpartition("/")[2] not in kept.leads_to


def test_a_form_is_remembered_for_a_week(officer: PageClient, app: Flask) -> None:
    officer.post("/staff/cases/", data=opened(officer))
    with app.app_context():
        now = clock.system_now()
        sent_actions.forget_sent(now + REMEMBERED - timedelta(minutes=1))
        assert db.session.scalar(select(func.count()).select_from(SentForm)) == 1
        db.session.rollback()
        sent_actions.forget_sent(now + REMEMBERED + timedelta(minutes=1))
        assert db.session.scalar(select(func.count()).select_from(SentForm)) == 0
