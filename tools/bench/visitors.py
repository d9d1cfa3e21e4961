"""Opening the forms, once a client and before anything is measured: cookies, tokens and hidden fields."""

from __future__ import annotations

import html
import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import HTTPError

from tools.bench.posts import Answer, CheckIn, Registration, Visitor
from tools.bench.servers import Server
from tools.bench.world import World

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TOKEN = "csrf_token"
STAFF_COOKIE = "staff"  # over http, as on one's own machine


class Browser:
    """Keeps cookies, as a browser does."""

    def __init__(self, server: Server) -> None:
        self._address = server.address
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def open(self, path: str, data: dict[str, str] | None = None) -> str:
        """Get or post a page and give its text, redirects followed; a page of refusal is a page, too."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        try:
            with self._opener.open(f"{self._address}{path}", body, timeout=30) as response:
                return str(response.read().decode())
        except HTTPError as refusal:
            return refusal.read().decode()

    def visitor(self, page: str) -> Visitor:
        """Who has opened this page with its form."""
        hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        return Visitor(cookies, hidden.pop(TOKEN), hidden)


def registration(server: Server, world: World, clients: int) -> Registration:
    """Everybody has the sign-up form open."""
    path = f"/events/{world.event_slug}/register"
    return Registration(server.port, path, _form_openers(server, path, clients), world.category_id)


def answer(server: Server, world: World, clients: int) -> Answer:
    """Everybody has the answer form open."""
    path = f"/hearings/{world.hearing_slug}/answer"
    return Answer(server.port, path, _form_openers(server, path, clients))


def check_in(server: Server, world: World, clients: int) -> CheckIn:
    """Every phone was let in at the door with the code of the shift."""
    path = f"/api/v1/events/{world.event_id}/scans"
    return CheckIn(server.port, path, [_phone(server, world, number) for number in range(clients)])


def signed_in(world: World) -> Visitor:
    """The organiser, who has signed in."""
    return Visitor(f"{STAFF_COOKIE}={world.staff_token}", "")


def _form_openers(server: Server, path: str, clients: int) -> list[Visitor]:
    browsers = [Browser(server) for _ in range(clients)]
    return [browser.visitor(browser.open(path)) for browser in browsers]


def _phone(server: Server, world: World, number: int) -> Visitor:
    browser = Browser(server)
    asked = browser.visitor(browser.open("/door/shift"))
    door = browser.open("/door/shift", {TOKEN: asked.token, "code": world.shift_code, "device_name": f"Tlf {number}"})
    return browser.visitor(door)
