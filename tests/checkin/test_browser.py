"""The door on a phone and on a laptop, in a real browser, with a film in place of the camera."""

import pytest
from playwright.sync_api import expect

from eventapp import clock
from eventapp.checkin import forms
from eventapp.checkin.models import Direction
from eventapp.db import db
from eventapp.events.queries import event_by_id
from eventapp.formats import qr
from eventapp.registration import ticket_rules
from eventapp.web.permissions import Role
from tests.checkin.support import DOORS_OPEN, make_guest, make_hall, open_shift, scanned, walked_in
from tests.support import pictures
from tests.support.staff import sign_in

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.seconds(240)]


@pytest.fixture(autouse=True)
def evening(monkeypatch):
    """Domain time runs on from the moment the doors open."""
    lag = clock.system_now() - DOORS_OPEN
    monkeypatch.setattr(clock, "now", lambda: clock.system_now() - lag)


@pytest.fixture
def made(app):
    def call(make, *args, **facts):
        with app.app_context():
            return make(*args, **facts)

    return call


@pytest.fixture
def hall(made):
    return made(make_hall, db, max_persons=20)


def shift_code(event_id):
    return open_shift(event_by_id(event_id), "Bagindgang")


def open_door(tab, code):
    """As the volunteer does it: scan the organiser's code, name the phone, go."""
    page = tab.visit(f"/door/#{code}")
    expect(page.locator("#code")).to_have_value(code)
    page.locator("#device_name").fill("Telefon 2")
    page.locator("form[data-door] button").click()
    expect(page.locator("h1")).to_have_text("Bagindgang")
    tab.check()
    return page


def film(app, codes, target):
    """Each ticket is held up for a moment, with long enough between that showing it again counts again."""
    with app.app_context():
        shown = [qr.png(ticket_rules.scanned_address(code)) for code in codes]
    pause = [qr.png("")] * 6  # Chromium plays a film three times as fast as it was taken
    return pictures.camera_video([picture for one in shown for picture in (one, *pause)], target)


def type_code(page, code):
    page.locator('[data-opens="typed"]').click()
    page.locator("#code").fill(code)
    page.locator("#code").press("Enter")


def result(page):
    return page.locator('[data-door="result"]')


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_ticket_before_the_camera_is_welcome_and_the_second_time_already_in(
    app, address, made, hall, open_tab, tmp_path, size
):
    guest = made(make_guest, db, hall.event_id, note="Har førerhund med")
    watched = open_tab(address, size=size, camera=film(app, [guest.code], tmp_path / "film.mjpeg"))
    page = open_door(watched, made(shift_code, hall.event_id))
    expect(result(page)).to_contain_text("Velkommen")
    expect(result(page)).to_contain_text("Anna A.")
    expect(result(page)).to_contain_text("Har førerhund med")
    watched.check()
    page.get_by_role("button", name="Set").click()
    expect(result(page)).to_be_hidden()
    expect(page.locator('[data-door="inside"]')).to_have_text("1")
    expect(result(page)).to_contain_text("Allerede inde")
    expect(result(page)).to_contain_text("Bagindgang")
    watched.check()


def test_a_welcome_goes_by_itself_and_everything_else_waits(address, made, hall, open_tab):
    guest = made(make_guest, db, hall.event_id)
    noted = made(make_guest, db, hall.event_id, "Bo Berg", note="Har førerhund med")
    watched = open_tab(address, size="phone")
    watched.page.clock.install()
    page = open_door(watched, made(shift_code, hall.event_id))
    type_code(page, ticket_rules.grouped(guest.code).lower())
    expect(result(page)).to_contain_text("Velkommen")
    expect(result(page)).to_be_hidden()
    for code, words in ((noted.code, "Har førerhund med"), ("ingen billet", "Ukendt kode")):
        type_code(page, code)
        expect(result(page)).to_contain_text(words)
        page.clock.fast_forward(10_000)
        expect(result(page)).to_be_visible()
        watched.check()
        page.keyboard.press("Enter")  # the button has the focus
        expect(result(page)).to_be_hidden()


def test_name_search_walk_in_way_out_and_undo(address, made, hall, open_tab):
    made(make_guest, db, hall.event_id, "Åse Ågård")
    watched = open_tab(address, size="phone")
    page = open_door(watched, made(shift_code, hall.event_id))
    page.locator('[data-opens="search"]').click()
    page.locator("#q").fill("aagaard")
    watched.check()
    page.get_by_role("button", name="Luk ind: Åse Ågård").click()
    expect(result(page)).to_contain_text("Åse Å.")
    expect(result(page)).to_be_hidden()

    page.locator('[data-opens="walk-in"]').click()
    page.locator("#walk-in-name").fill("Bo Berg")
    watched.check()
    page.get_by_role("button", name="Luk ind").click()
    expect(result(page)).to_contain_text("Bo B.")
    expect(page.locator('[data-door="inside"]')).to_have_text("2")
    page.locator('[data-result="undo"]').click()
    expect(result(page)).to_contain_text("Fortrudt")
    expect(page.locator('[data-door="inside"]')).to_have_text("1")
    expect(result(page)).to_be_hidden()

    page.get_by_role("button", name="Ud", exact=True).click()
    page.locator('[data-opens="search"]').click()
    page.locator("#q").fill("åse")
    page.get_by_role("button", name="Går ud: Åse Ågård").click()
    expect(result(page)).to_contain_text("Gået ud")
    expect(page.locator('[data-door="inside"]')).to_have_text("0")
    expect(result(page)).to_be_hidden()

    page.locator('[data-opens="more"]').click()
    expect(page.locator('[data-door="recent"] li').first).to_contain_text("Gået ud")
    watched.check()
    page.get_by_role("button", name="Fortryd Gået ud Åse Å.").click()
    expect(page.locator('[data-door="inside"]')).to_have_text("1")


def test_what_another_door_does_is_seen_here(address, made, hall, open_tab):
    watched = open_tab(address, size="phone")
    page = open_door(watched, made(shift_code, hall.event_id))
    for _ in range(18):
        made(walked_in, hall.front)
    expect(page.locator('[data-door="inside"]')).to_have_text("18")
    expect(page.locator('[data-door="level-text"]')).to_have_text("Næsten fuld")
    for _ in range(2):
        made(walked_in, hall.side)
    guest = made(make_guest, db, hall.event_id)
    type_code(page, guest.code)
    expect(result(page)).to_contain_text("Salen er fuld")
    watched.check()


def test_scans_without_connection_are_kept_and_sent_later(address, made, hall, open_tab):
    guests = [made(make_guest, db, hall.event_id, f"Gæst {number}") for number in range(3)]
    watched = open_tab(address, size="phone")
    page = open_door(watched, made(shift_code, hall.event_id))
    expect(page.locator('[data-door="unsent"]')).to_have_text("0 ikke sendt")
    page.context.set_offline(True)
    for guest in guests:
        type_code(page, guest.code)
        expect(result(page)).to_contain_text("Gemt, ikke sendt")
        page.get_by_role("button", name="Set").click()
    expect(page.locator('[data-door="unsent"]')).to_have_text("3 ikke sendt")
    page.locator('[data-opens="more"]').click()
    page.get_by_role("button", name="Afslut min vagt").click()
    expect(page.locator('[data-door="departure-note"]')).to_contain_text("3 scanninger er ikke sendt")
    stored = page.evaluate(STORED)
    assert len(stored) == 3
    assert not any(guest.code in str(stored) for guest in guests)  # a lost phone must not hold tickets
    page.context.set_offline(False)
    page.reload()  # as good as killed: the page begins anew and finds what it kept
    expect(page.locator('[data-door="unsent"]')).to_have_text("0 ikke sendt")
    expect(page.locator('[data-door="inside"]')).to_have_text("3")
    assert page.evaluate(STORED) == []
    watched.faults[:] = [fault for fault in watched.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def test_a_refused_camera_is_told_and_codes_can_be_typed(address, made, hall, open_tab):
    guest = made(make_guest, db, hall.event_id)
    watched = open_tab(address, size="phone")
    page = open_door(watched, made(shift_code, hall.event_id))
    page.get_by_role("button", name="Tænd kameraet").click()
    expect(page.locator('[data-door="camera-hint"]')).to_contain_text("Tast koden")
    type_code(page, guest.code)
    expect(result(page)).to_contain_text("Velkommen")


def test_phone_and_server_take_the_same_code_out_of_the_same_text(address, open_tab):
    code = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    texts = [
        code,
        code.lower(),
        ticket_rules.grouped(code),
        f" {code}\n",
        f"HTTPS://EXAMPLE.ORG/T/{code}",
        f"https://example.org/t/{code.lower()}/",
        "0123456701234567012345670A",
        code[:25],
        code + "A",
        f"{code}?x=1",
        "",
        "æøå",
        "9" * 26,
        "BEGIN:VCARD\nN:Berg;Bo\nEND:VCARD",
    ]
    page = open_tab(address).visit("/door/shift")
    hashes = page.evaluate(HASHES, texts)
    assert hashes == [forms.hash_of(text) for text in texts]


def test_the_door_works_without_script(address, made, hall, open_tab):
    guest = made(make_guest, db, hall.event_id)
    watched = open_tab(address, size="phone", java_script_enabled=False)
    page = watched.page
    page.goto(f"{address}/door/")
    page.locator("#code").fill(made(shift_code, hall.event_id))
    page.get_by_role("button", name="Åbn døren").click()
    page.locator("#code").fill(guest.code)
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.locator("h1")).to_have_text("Velkommen")
    page.get_by_role("link", name="Næste gæst").click()
    expect(page.locator("h1")).to_have_text("Bagindgang")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_organiser_sees_the_room_the_doors_and_the_phones(app, address, made, hall, open_tab, size):
    made(walked_in, hall.front)
    made(walked_in, hall.front, direction=Direction.OUT)
    made(scanned, made(make_guest, db, hall.event_id).ticket, hall.side)
    client = app.test_client()
    sign_in(client, Role.ORGANISER)
    watched = open_tab(address, size=size)
    cookie = client.get_cookie("staff")
    assert cookie is not None
    watched.page.context.add_cookies([{"name": "staff", "value": cookie.value, "url": address}])
    page = watched.visit(f"/staff/events/{hall.event_id}/door")
    expect(page.locator(".room__figure--main")).to_contain_text("1")
    page.get_by_role("link", name="Vis koden Hovedindgang").click()
    watched.check()


HASHES = """async texts => {
    const { hashOf } = await import("/static/js/door/code.js");
    return Promise.all(texts.map((text) => hashOf(text)));
}"""
STORED = """async () => {
    const opening = indexedDB.open("eventapp-door", 1);
    await new Promise((done) => (opening.onsuccess = done));
    const asking = opening.result.transaction("unsent").objectStore("unsent").getAll();
    await new Promise((done) => (asking.onsuccess = done));
    opening.result.close();
    return asking.result;
}"""
