"""With a keyboard alone: whatever can be pressed is reached by Tab, shows that it is, and does what it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from eventapp import clock
from eventapp.db import db
from eventapp.invitations import actions as inviting
from eventapp.web.permissions import Role
from tests.checkin.support import DOORS_OPEN, make_guest, open_shift
from tests.conftest import OpenTab
from tests.hearing.conftest import SENT_AT, make_hearing
from tests.invitations.conftest import make_invitation
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.staff import sign_in

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.seconds(300)]

MOST_STOPS = 150
# A box or a dot is drawn by its label, before which it stands.
HERE = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const drawn = ["checkbox", "radio"].includes(one.type) ? one.nextElementSibling : one;
    const ring = getComputedStyle(drawn, drawn === one ? null : "::before");
    const at = drawn.getBoundingClientRect();
    return {
        name: one.outerHTML.slice(0, 160),
        ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2,
        seen: at.width > 0 && at.height > 0 && at.bottom > 0 && at.top < innerHeight
            && at.right > 0 && at.left < innerWidth,
    };
}"""
IS_HERE = "wanted => document.activeElement === document.querySelector(wanted)"
# Of the dots of one group one is a stop; what stands in a closed fold is none.
STOPS = """() => {
    const pressed = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
    const shown = [...pressed].filter((one) => !one.disabled && one.type !== "hidden" && one.tabIndex >= 0
        && one.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}));
    const groups = new Set();
    return shown.filter((one) => {
        if (one.type !== "radio") return true;
        const group = `${one.form?.action} ${one.name}`;
        return !groups.has(group) && groups.add(group);
    }).map((one) => one.type === "radio" ? `radio ${one.name}` : one.outerHTML.slice(0, 160));
}"""


class Keys:
    """Somebody who presses keys of a keyboard on a page, and sees where they are."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def stop(self) -> str | None:
        """Press Tab; what is reached, or None behind the last of the page."""
        self.page.keyboard.press("Tab")
        here = self.page.evaluate(HERE)
        assert here is None or (here["ring"] and here["seen"]), f"{self.page.url}: {here}"
        return here["name"] if here else None

    def to(self, wanted: str) -> None:
        """Go on by Tab until an element has the focus."""
        for _ in range(MOST_STOPS):
            self.stop()
            if self.page.evaluate(IS_HERE, wanted):
                return
        pytest.fail(f"{self.page.url}: {wanted} is not reached")

    def write(self, wanted: str, text: str) -> None:
        """Type into a field; a sheet that opens may have put the focus there."""
        if not self.page.evaluate(IS_HERE, wanted):
            self.to(wanted)
        self.page.keyboard.type(text)

    def press(self, wanted: str, key: str = "Enter") -> None:
        self.to(wanted)
        self.page.keyboard.press(key)

    def choose(self, group: str, value: str) -> None:
        """One dot of a group, by the arrows; the first stop in the group is its first dot or the chosen one."""
        self.to(f'input[name="{group}"]')
        self.page.keyboard.press("Space")
        chosen = self.page.locator(f'input[name="{group}"]:checked')
        for _ in range(self.page.locator(f'input[name="{group}"]').count()):
            if chosen.get_attribute("value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{group}={value} is not reached")

    def walk(self) -> None:
        """Every stop of the page is reached, and there is a way out at its end."""
        wanted = list(self.page.evaluate(STOPS))
        assert wanted
        self.page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
        reached = []
        for _ in range(MOST_STOPS):
            here = self.stop()
            if here is None and reached:
                break
            reached += [here or ""]
        else:
            pytest.fail(f"{self.page.url}: no way out of the page")
        missing = [one for one in wanted if not any(_alike(one, other) for other in reached)]
        assert missing == [], f"{self.page.url}: not reached"


def _alike(wanted: str, reached: str) -> bool:
    if wanted.startswith("radio "):
        return 'type="radio"' in reached and f'name="{wanted.removeprefix("radio ")}"' in reached
    return wanted == reached


@pytest.fixture
def be_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let domain time run on from a moment."""

    def begin(moment: datetime) -> None:
        lag = clock.system_now() - moment
        monkeypatch.setattr(clock, "now", lambda: clock.system_now() - lag)

    return begin


@pytest.fixture
def keys(open_tab: OpenTab, address: str) -> Keys:
    return Keys(open_tab(address).page)


def test_signing_up_and_cancelling(app: Flask, address: str, keys: Keys, be_at: Callable[[datetime], None]) -> None:
    be_at(SIGN_UP_AT)
    with app.app_context():
        make_event(slug="debat")
        db.session.commit()
    page = keys.page
    page.goto(f"{address}/events/debat")
    keys.walk()
    page.goto(f"{address}/events/debat/register")
    keys.walk()
    page.goto(f"{address}/events/debat/register")
    keys.press(".skip-link")
    keys.write("#name", "Anna Aagaard")
    keys.write("#email", "anna@example.org")
    keys.choose("category", "none")
    keys.press("main summary")
    keys.write("#needs", "Teleslynge")
    keys.press("#show_needs_at_door", "Space")
    keys.press("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Du er tilmeldt")
    keys.walk()
    keys.press('a[href$="/cancellation"]')
    expect(page.locator("h1")).to_have_text("Vil du melde afbud?")
    keys.press("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Du har meldt afbud")


def test_answering_a_hearing(app: Flask, address: str, keys: Keys, be_at: Callable[[datetime], None]) -> None:
    be_at(SENT_AT + timedelta(days=1))
    with app.app_context():
        make_hearing()
    page = keys.page
    page.goto(f"{address}/hearings/havneparken")
    keys.walk()
    page.goto(f"{address}/hearings/havneparken/answer")
    keys.walk()
    page.goto(f"{address}/hearings/havneparken/answer")
    keys.choose("sender_kind", "citizen")
    keys.write("#name", "Anna Aagaard")
    keys.write("#email", "anna@example.org")
    keys.write("#text", "Bevar træerne.")
    keys.press("main .actions button[type=submit]")
    page.wait_for_url("**/receipts/**")
    expect(page.locator("h1")).to_have_text("Vi har modtaget dit høringssvar")
    keys.walk()


def test_replying_to_an_invitation(app: Flask, address: str, keys: Keys, be_at: Callable[[datetime], None]) -> None:
    be_at(STARTS_AT - timedelta(days=20))
    with app.app_context():
        token = inviting.link_token(make_invitation(make_event()).id)
        db.session.commit()
    page = keys.page
    page.goto(f"{address}/i/{token}")
    keys.walk()
    page.goto(f"{address}/i/{token}")
    keys.choose("state", "delegated")
    keys.press("main details:nth-of-type(2) summary")
    keys.write("#stand_in_name", "Bo Berg")
    keys.choose("stand_in_role", "factual")
    keys.press("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Vi har noteret")
    expect(page.locator("main")).to_contain_text("Bo Berg")


def test_standing_at_the_door(app: Flask, address: str, keys: Keys, be_at: Callable[[datetime], None]) -> None:
    be_at(DOORS_OPEN)
    with app.app_context():
        event = make_event()
        code = open_shift(event, "Hovedindgang")
        event_id = event.id
        guest = make_guest(db, event_id, "Åse Ågård")
        db.session.commit()
    page = keys.page
    page.goto(f"{address}/door/")
    keys.walk()
    page.goto(f"{address}/door/")
    keys.write("#code", code)
    keys.write("#device_name", "Telefon 2")
    keys.press("form[data-door] button[type=submit]")
    expect(page.locator("h1")).to_have_text("Hovedindgang")
    expect(page.locator('[data-opens="more"]')).to_have_attribute("role", "button")  # the script has done its work
    keys.walk()
    keys.press('[data-opens="search"]')
    keys.write("#q", "aagaard")
    found = '[data-door="found"] button'
    expect(page.locator(found)).to_be_visible()
    keys.press(found)
    result = page.locator('[data-door="result"]')
    expect(result).to_contain_text("Åse Å.")
    expect(page.locator('[data-door="inside"]')).to_have_text("1")
    expect(result).to_be_hidden()
    keys.press('[data-opens="typed"]')
    keys.write("#code", guest.code)
    page.keyboard.press("Enter")
    expect(result).to_contain_text("Allerede inde")
    page.keyboard.press("Enter")  # what must be seen has the focus on its button
    expect(result).to_be_hidden()


def test_opening_a_case_as_staff(app: Flask, address: str, keys: Keys) -> None:
    client = app.test_client()
    sign_in(client, Role.OFFICER)
    cookie = client.get_cookie("staff")
    assert cookie is not None
    page = keys.page
    page.context.add_cookies([{"name": "staff", "value": cookie.value, "url": address}])
    page.goto(f"{address}/staff/cases/new")
    keys.walk()
    page.goto(f"{address}/staff/cases/new")
    keys.write("#number", "2024-0012345")
    keys.write("#title", "Ny havnepark")
    keys.write("#origin_on", "02022024")
    keys.press("main form button[type=submit]")
    expect(page.locator("h1")).to_contain_text("Ny havnepark")
    keys.walk()


# --- that it looks -----------------------------------------------------------------------------------------------

BAD = {
    "no ring": ("<a href='/x' id='last'>x</a>", "<style>a:focus-visible {outline: none}</style>"),
    "cannot be reached": ("<a href='/x'>x</a><button style='position:absolute;left:-900px'>y</button>", ""),
    "no way out": ("<button onkeydown='event.preventDefault()'>y</button>", ""),
    "not a stop": ("<a href='/x'>x</a><div tabindex='0' inert>y</div>", ""),
}


@pytest.mark.parametrize("fault", ["no ring", "cannot be reached", "no way out", "not a stop"])
def test_a_page_that_needs_a_mouse_is_found(keys: Keys, fault: str) -> None:
    body, style = BAD[fault]
    keys.page.set_content(f"<html><head>{style}</head><body>{body}</body></html>")
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        keys.walk()


def test_a_page_that_needs_none_passes(keys: Keys) -> None:
    keys.page.set_content("<style>:focus-visible {outline: 3px solid}</style><a href='/x'>x</a><button>y</button>")
    keys.walk()
