"""The door and the organiser's page of it, as a careful person without script meets them."""

import itertools
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.checkin import rules
from eventapp.checkin.models import DoorSession, Scan, Verdict
from eventapp.db import db
from eventapp.events.queries import event_by_id
from eventapp.web.permissions import Role
from tests.checkin.support import DOORS_OPEN, make_guest, make_hall, open_shift, session
from tests.support.factories import make_event
from tests.support.routes import routes
from tests.support.staff import sign_in


@pytest.fixture(autouse=True)
def evening(monkeypatch):
    """Domain time stands at the moment the doors open."""
    monkeypatch.setattr(clock, "now", lambda: DOORS_OPEN)


@pytest.fixture
def made(app):
    """Calls what puts something into the database, in a context of its own: requests must not share one."""

    def call(make, *args, **facts):
        with app.app_context():
            return make(*args, **facts)

    return call


@pytest.fixture
def hall(made):
    return made(make_hall, db)


@pytest.fixture
def phone(page_client, made, hall):
    """A client whose phone stands at the back door."""
    open_door(page_client, made(shift_of, hall.event_id))
    return page_client


def shift_of(event_id, door_name="Bagindgang"):
    return open_shift(event_by_id(event_id), door_name)


def empty_event():
    event_id = make_event().id
    session.commit()
    return event_id


def open_door(client, code, status=303):
    return client.submit("/door/shift", {"code": code, "device_name": "Telefon 2"}, status=status)


def send(client, path, status=201, **body):
    response = client.post(f"/api/v1{path}", json={"scan_id": str(uuid.uuid4()), **body})
    assert response.status_code == status, response.text
    return response.json


@pytest.fixture(autouse=True)
def without_csrf(app, request):
    """Posts of the machine interface are sent without a page; the forms of pages carry their token all the same."""
    app.config["WTF_CSRF_ENABLED"] = "csrf" in request.node.name


# --- opening a phone -----------------------------------------------------------------------------------------


def test_the_door_asks_for_a_shift_code(page_client):
    page = page_client.visit("/door/")
    assert page.heading == "Åbn døren"


@pytest.mark.parametrize("typed", ["{code}", "{lower}", " {first} {last} ", "{first}-{last}"])
def test_a_shift_code_opens_the_door_in_any_spacing_and_case(page_client, hall, typed, made):
    code = made(shift_of, hall.event_id)
    page = open_door(page_client, typed.format(code=code, lower=code.lower(), first=code[:4], last=code[4:]))
    assert page.heading == "Bagindgang"


def test_the_cookie_is_out_of_reach_of_script(client, hall, made):
    response = client.post("/door/shift", data={"code": made(shift_of, hall.event_id)})
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("door=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_wrong_shift_code_is_told_and_what_was_typed_stays(page_client, hall):
    page = open_door(page_client, "AAAAAAAA", status=422)
    assert "Vi kender ikke vagtkoden" in page.text
    assert page.root.all("input", id="device_name")[0].attributes["value"] == "Telefon 2"


def test_guessing_shift_codes_is_stopped_and_the_right_one_opens_all_the_same(client, hall, made):
    code = made(shift_of, hall.event_id)
    for _ in range(rules.GUESSING.most):
        assert client.post("/door/shift", data={"code": "AAAAAAAA"}).status_code == 422
    assert client.post("/door/shift", data={"code": "AAAAAAAA"}).status_code == 429
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.post("/door/shift", data={"code": "AAAAAAAA"}, environ_overrides=elsewhere).status_code == 422
    assert client.post("/door/shift", data={"code": code}).status_code == 303


def test_a_paused_phone_neither_searches_nor_adds(phone, hall, made):
    made(pause, hall.event_id)
    refused = send(phone, f"/events/{hall.event_id}/walk-ins", 429)
    assert refused["code"] == "paused"
    send(phone, f"/events/{hall.event_id}/guest-searches", 429, q="an")
    phone.visit(phone.post("/door/guests", data={"q": "an"}).location, status=429)
    assert made(lambda: session.scalar(select(func.count(Scan.id)))) == 0


def test_json_that_is_nested_beyond_reading_is_refused_at_every_address_that_takes_some(phone, hall, app):
    deep = "[" * 100_000 + "]" * 100_000
    given = routes(app, lambda _blueprint: {"event_id": hall.event_id})
    taking = [one for one in given if one.changes and one.endpoint.startswith("checkin_api.")]
    answers = {str(one): one.ask(phone, data=deep, content_type="application/json").status_code for one in taking}
    assert 422 in answers.values()
    assert set(answers.values()) <= {403, 404, 422}, answers


def pause(event_id):
    session.execute(update(DoorSession).values(paused_at=DOORS_OPEN))
    session.commit()


def test_a_phone_that_reads_the_list_by_searching_is_stopped_and_its_searches_are_in_the_log(phone, hall, made):
    address = f"/api/v1/events/{hall.event_id}/guest-searches"
    statuses = [phone.post(address, json={"q": "an"}).status_code for _ in range(rules.SEARCHING.most + 1)]
    assert statuses == [200] * rules.SEARCHING.most + [429]
    acts = made(lambda: session.scalars(select(AuditEntry).where(AuditEntry.act == "checkin.searched")).all())
    assert [(one.subject_id, one.facts) for one in acts] == [(acts[0].by_id, {"event_id": hall.event_id})]


def test_a_shift_ends_with_the_event(phone, hall, monkeypatch):
    over = DOORS_OPEN + timedelta(hours=2, minutes=30) + rules.SHIFT_OUTLASTS_EVENT
    monkeypatch.setattr(clock, "now", lambda: over - timedelta(seconds=1))
    assert phone.visit("/door/").heading == "Bagindgang"
    monkeypatch.setattr(clock, "now", lambda: over)
    assert phone.visit("/door/").heading == "Åbn døren"
    send(phone, f"/events/{hall.event_id}/scans", 403, code="x")


def test_a_phone_can_end_its_own_shift(phone):
    assert phone.submit("/door/", action="/door/departure").heading == "Åbn døren"
    assert phone.visit("/door/").heading == "Åbn døren"


def test_staff_who_are_signed_in_are_nobody_at_the_door(client, hall):
    sign_in(client, *(set(Role) - {Role.DOOR}))
    assert client.get("/door/").status_code == 302
    assert client.get(f"/api/v1/events/{hall.event_id}/occupancy").status_code == 403


# --- pages without script ------------------------------------------------------------------------------------


def test_a_typed_code_is_answered_with_a_page(phone, made, hall):
    guest = made(make_guest, db, hall.event_id)
    page = phone.submit("/door/", {"code": guest.code.lower()}, action="/door/scans")
    assert page.heading == "Velkommen"
    assert "Anna A." in page.text
    again = phone.submit("/door/", {"code": guest.code}, action="/door/scans")
    assert again.heading == "Allerede inde"
    assert "Checket ind kl. 16.30, Bagindgang" in again.text


def test_a_form_sent_twice_is_one_scan(phone, made, hall):
    guest = made(make_guest, db, hall.event_id)
    body = {"code": guest.code, "scan_id": uuid.uuid4().hex}
    for _ in range(2):
        response = phone.post("/door/scans", data=body)
        assert phone.visit(response.location).heading == "Velkommen"


def test_a_guest_is_found_by_name_and_let_in_and_out(phone, made, hall):
    made(make_guest, db, hall.event_id, "Åse Sørensen")
    phone.submit("/door/", {"q": "aase"})
    found = phone.response.request.full_path
    assert "aase" not in found.lower()
    assert phone.submit(found, action="/door/scans").heading == "Velkommen"
    assert "I salen" in phone.submit("/door/", {"q": "sør"}).text
    page = phone.submit("/door/", {"q": "ingen"})
    assert page.text.count("Ingen med dette navn") == 1
    assert page.root.all("input", type="search")[0].attributes["value"] == "ingen"
    assert phone.visit("/door/guests").text.count("Ingen med dette navn") == 0


def test_a_search_in_an_address_opens_for_its_phone_alone(phone, made, hall):
    made(make_guest, db, hall.event_id, "Åse Sørensen")
    phone.submit("/door/", {"q": "åse"})
    address = phone.response.request.full_path
    assert "Åse Sørensen" in phone.visit(address).text
    for path in (address[:-2], "/door/guests?search=x", "/door/guests?search=%C3%A5", "/door/guests?search=_"):
        assert "Sørensen" not in phone.visit(path).text
    open_door(phone, made(shift_of, hall.event_id, "Sidedør"))
    assert "Sørensen" not in phone.visit(address).text


def test_a_walk_in_is_let_in_and_taken_back(phone, hall):
    page = phone.submit("/door/", {"name": "Bo Berg"}, action="/door/walk-ins")
    assert (page.heading, "1 i salen" in page.text) == ("Velkommen", True)
    undone = phone.submit(phone.response.request.path, action="/reversal")
    assert (undone.heading, "0 i salen" in undone.text) == ("Fortrudt", True)


def test_the_door_lists_what_was_scanned_last(phone, made, hall):
    phone.submit("/door/", {"code": made(make_guest, db, hall.event_id).code}, action="/door/scans")
    assert "Velkommen Anna A." in phone.visit("/door/").text


def test_pages_speak_english(phone, made, hall):
    phone.submit("/door/", {"code": made(make_guest, db, hall.event_id).code}, action="/door/scans")
    assert phone.visit(f"{phone.response.request.path}?lang=en").heading == "Welcome"


# --- the machine interface -----------------------------------------------------------------------------------


def test_a_scan_is_answered_with_verdict_words_and_room(phone, made, hall):
    guest = made(make_guest, db, hall.event_id, note="Har førerhund med")
    answer = send(phone, f"/events/{hall.event_id}/scans", code=f"HTTP://LOCALHOST/T/{guest.code}")
    assert answer["scan"]["verdict"] == "ok"
    assert (answer["scan"]["title"], answer["scan"]["who"]) == ("Velkommen", "Anna A.")
    assert answer["scan"]["note"] == "Har førerhund med"
    assert answer["room"] == {"inside": 1, "limit": 200, "free": 199, "level": "open", "level_text": ""}


def test_a_scan_sent_again_gets_the_same_answer(phone, made, hall):
    body = {"code": made(make_guest, db, hall.event_id).code, "scan_id": str(uuid.uuid4())}
    first = send(phone, f"/events/{hall.event_id}/scans", 201, **body)
    assert send(phone, f"/events/{hall.event_id}/scans", 200, **body) == first


def test_a_scan_may_be_sent_as_a_form(phone, made, hall):
    body = {"code": made(make_guest, db, hall.event_id).code, "scan_id": uuid.uuid4().hex}
    response = phone.post(f"/api/v1/events/{hall.event_id}/scans", data=body)
    assert response.json["scan"]["verdict"] == "ok"


NO_SCANS = [
    {},
    [],
    None,
    "text",
    {"scan_id": "no uuid", "code": "x"},
    {"scan_id": str(uuid.uuid4())},
    {"scan_id": str(uuid.uuid4()), "code": "x", "direction": "up"},
    {"scan_id": str(uuid.uuid4()), "code_hash": "x"},
    {"scan_id": str(uuid.uuid4()), "guest_id": "x"},
    {"scan_id": 7, "code": {"a": []}},
]


def test_what_is_no_scan_is_refused_in_json(phone, hall):
    for body in NO_SCANS:
        response = phone.post(f"/api/v1/events/{hall.event_id}/scans", json=body)
        assert (response.status_code, response.json["code"]) == (422, "malformed"), body


def test_a_clock_that_cannot_be_is_no_reason_to_lose_a_scan(phone, hall):
    moments = ["yesterday", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z", 5, "2024-05-14"]
    for device_at, offset_ms in itertools.product(moments, [10**30, "x", None, 0, 1.5e308]):
        body = {"code": "x", "device_at": device_at, "offset_ms": offset_ms}
        assert send(phone, f"/events/{hall.event_id}/scans", **body)["scan"]["time"] == "16.30", body


def test_occupancy_is_asked_for_with_an_etag(phone, hall):
    address = f"/api/v1/events/{hall.event_id}/occupancy"
    first = phone.get(address)
    assert first.json["inside"] == 0
    same = phone.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data, same.headers["X-Now"]) == (304, b"", DOORS_OPEN.isoformat())
    send(phone, f"/events/{hall.event_id}/walk-ins")
    changed = phone.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.json["inside"]) == (200, 1)


def test_guests_are_told_by_name_category_and_status_alone(phone, made, hall):
    made(make_guest, db, hall.event_id, "Åse Sørensen", organisation="Hemmelig", question="Hemmelig?")
    found = send(phone, f"/events/{hall.event_id}/guest-searches", 200, q="sør")["guests"]
    assert [set(one) for one in found] == [{"id", "name", "category", "category_lang", "status", "inside"}]
    assert found[0]["status"] == "Tilmeldt"


def test_an_undo_is_answered_and_can_be_sent_again(phone, hall):
    entry = send(phone, f"/events/{hall.event_id}/walk-ins", name="Bo")["scan"]
    assert entry["undoable"]
    answer = send(phone, f"/scans/{entry['id']}/reversal")
    assert (answer["scan"]["verdict"], answer["room"]["inside"]) == ("undone", 0)
    send(phone, f"/scans/{entry['id']}/reversal", 409)
    send(phone, f"/scans/{uuid.uuid4()}/reversal", 404)


def test_a_phone_reaches_only_its_own_event(phone, made, hall):
    other = made(make_hall, db)
    guest = made(make_guest, db, other.event_id, "Åse Sørensen")
    for event_id in (other.event_id, uuid.uuid4().hex, "x"):
        send(phone, f"/events/{event_id}/scans", 404, code=guest.code)
        send(phone, f"/events/{event_id}/walk-ins", 404)
        assert phone.get(f"/api/v1/events/{event_id}/occupancy").status_code == 404
        send(phone, f"/events/{event_id}/guest-searches", 404, q="sør")
    assert send(phone, f"/events/{hall.event_id}/guest-searches", 200, q="sør") == {"guests": [], "more": False}
    assert send(phone, f"/events/{hall.event_id}/scans", code=guest.code)["scan"]["who"] == ""


def test_a_phone_at_another_event_cannot_undo_or_see_a_scan(phone, app, made, hall):
    entry = send(phone, f"/events/{hall.event_id}/walk-ins")["scan"]
    other = app.test_client()
    other.post("/door/shift", data={"code": made(shift_of, made(make_hall, db).event_id)})
    send(other, f"/scans/{entry['id']}/reversal", 404)
    assert other.get(f"/door/scans/{entry['id']}").status_code == 404


def test_a_paused_phone_is_told_so_and_its_scan_is_not_lost(phone, page_client, made, hall):
    for _ in range(rules.MOST_UNKNOWN_CODES):
        send(phone, f"/events/{hall.event_id}/scans", code="no ticket")
    body = {"code": made(make_guest, db, hall.event_id).code, "scan_id": str(uuid.uuid4())}
    assert send(phone, f"/events/{hall.event_id}/scans", 429, **body)["code"] == "paused"
    sign_in(phone, Role.ORGANISER)
    assert "En telefon ved Bagindgang er sat på pause" in phone.visit(f"/staff/events/{hall.event_id}").text
    phone.submit(f"/staff/events/{hall.event_id}/door", action="/resumption")
    assert send(phone, f"/events/{hall.event_id}/scans", 201, **body)["scan"]["verdict"] == "ok"


def test_posts_of_the_machine_interface_need_the_csrf_token(app, made, hall):
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    client.post("/door/shift", data={"code": made(shift_of, hall.event_id)})
    app.config["WTF_CSRF_ENABLED"] = True
    response = client.post(f"/api/v1/events/{hall.event_id}/walk-ins", json={"scan_id": uuid.uuid4().hex})
    assert (response.status_code, response.json["code"]) == (400, "stale_form")


def test_the_worker_may_run_webassembly_and_the_page_may_use_the_camera(phone):
    worker = phone.get("/door/worker.js")
    worker.close()
    assert "'wasm-unsafe-eval'" in worker.headers["Content-Security-Policy"]
    assert worker.mimetype == "text/javascript"
    page = phone.get("/door/")
    assert "'wasm-unsafe-eval'" in page.headers["Content-Security-Policy"]
    assert "camera=(self)" in page.headers["Permissions-Policy"]


# --- the organiser -------------------------------------------------------------------------------------------


def test_the_organiser_adds_a_door_and_begins_a_shift(page_client, made):
    event_id = made(empty_event)
    sign_in(page_client, Role.ORGANISER)
    address = f"/staff/events/{event_id}/door"
    assert "Begynd med en dør" in page_client.visit(address).text
    page_client.submit(address, {"name": "Hovedindgang"})
    assert page_client.submit(address, {"name": "hovedindgang"}, status=422).text.count("Der er allerede en dør") == 2
    page_client.submit(address, {"name": ""}, status=422)
    page = page_client.submit(address, action="/shifts")
    code = page.root.all("strong", class_="shift__code")[0].text
    assert page.root.all("svg", class_="qr")
    assert open_door(page_client, code).heading == "Hovedindgang"
    assert "Telefon 2" in page_client.visit(address).text


def test_an_ended_shift_puts_its_phones_out_and_shows_no_code(phone, hall):
    sign_in(phone, Role.SAFETY)
    address = f"/staff/events/{hall.event_id}/door"
    links = [
        one.attributes["href"] for one in phone.visit(address).root.all("a") if "/shifts/" in one.attributes["href"]
    ]
    for _ in links:
        phone.submit(address, action="/ending")
    assert phone.visit("/door/").heading == "Åbn døren"
    assert "Vagten er slut" in phone.visit(links[0]).text


def test_a_lost_phone_is_put_out_alone(phone, app, hall, made):
    sign_in(phone, Role.ORGANISER)
    other = app.test_client()
    other.post("/door/shift", data={"code": made(shift_of, hall.event_id, "Kælder")})
    page = phone.visit(f"/staff/events/{hall.event_id}/door")
    ending = [
        form.attributes["action"]
        for form in page.forms()
        if "/devices/" in form.attributes.get("action", "") and "Telefon 2" in form.text
    ]
    phone.post(ending[0])
    assert phone.visit("/door/").heading == "Åbn døren"
    assert other.get("/door/").status_code == 200


@pytest.mark.parametrize("how", ["phone", "shift", "event over"])
def test_a_phone_that_was_put_out_scans_nothing_from_that_moment_on(phone, made, hall, how, monkeypatch):
    """It was known a moment ago; what counts is what stands where the scan is stored. As a stranger it is not noted."""
    guests = [made(make_guest, db, hall.event_id).code for _ in range(2)]
    send(phone, f"/events/{hall.event_id}/scans", code=guests[0])
    made(put_out, "Telefon 2", how)
    if how == "event over":
        monkeypatch.setattr(clock, "now", lambda: DOORS_OPEN + timedelta(days=1))
    for _ in range(2):
        send(phone, f"/events/{hall.event_id}/scans", 403, code=guests[1])
    assert made(stored) == ([Verdict.OK], 0)


def put_out(device_name, how):
    found = session.scalars(select(DoorSession).where(DoorSession.device_name == device_name)).one()
    if how == "phone":
        found.ended_at = DOORS_OPEN
    elif how == "shift":
        found.shift.ended_at = DOORS_OPEN
    session.commit()


def stored():
    """What was scanned, and how many refusals are in the log."""
    refusals = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "web.refused")
    return session.scalars(select(Scan.verdict)).all(), session.scalar(refusals)


def test_doors_of_another_event_cannot_be_reached_through_this_one(page_client, made, hall):
    sign_in(page_client, Role.ORGANISER)
    event_id = made(empty_event)
    page = page_client.visit(f"/staff/events/{hall.event_id}/door")
    actions = {form.attributes["action"] for form in page.forms() if hall.event_id in form.attributes.get("action", "")}
    assert len(actions) == 5
    begin = f"/staff/events/{hall.event_id}/door/doors/{hall.front.door_id}/shifts"
    for action in {begin, *actions} - {f"/staff/events/{hall.event_id}/door/doors"}:
        assert page_client.post(action.replace(hall.event_id, event_id)).status_code == 404
    link = next(one.attributes["href"] for one in page.root.all("a") if "/shifts/" in one.attributes["href"])
    assert page_client.get(link.replace(hall.event_id, event_id)).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PROTOCOL, Role.ADMIN])
def test_others_do_not_manage_doors(client, hall, role):
    sign_in(client, role)
    assert client.get(f"/staff/events/{hall.event_id}/door").status_code == 403


def test_no_shift_begins_after_the_event(page_client, hall, monkeypatch):
    sign_in(page_client, Role.ORGANISER)
    monkeypatch.setattr(clock, "now", lambda: DOORS_OPEN + timedelta(days=1))
    assert "Ingen telefon er åben" in page_client.visit(f"/staff/events/{hall.event_id}/door").text
    page_client.submit(f"/staff/events/{hall.event_id}/door", action="/shifts", status=409)
