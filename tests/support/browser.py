"""A real browser that watches every page it is shown."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response, ViewportSize

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": ViewportSize(width=360, height=740), "desktop": ViewportSize(width=1280, height=800)}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # a machine that does other things at the same time; who waits for what comes loses nothing
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_RUN = """async tags => {
    const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
    return found.violations.map(one => [`${one.id}: ${one.help}`, ...one.nodes.map(node => node.html)].join("\\n    "));
}"""


class Watched:
    """A browser tab that fails on console errors, on requests to other hosts, and on pages that axe-core objects to.

    ``page`` is Playwright's own; after a click that leads to another page, call :meth:`check`.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        self.visited: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"error in script: {error}"))
        page.on("request", self._see_request)
        page.on("response", self._see_response)

    def visit(self, path: str, *, status: int = 200) -> Page:
        """Open a page of the product and look it over; ``path`` may be a whole address of ours."""
        response = self.page.goto(path if path.startswith("http") else f"{self.address}{path}")
        assert response is not None, path
        assert response.status == status, f"{path}: {response.status}"
        self.check()
        return self.page

    def check(self) -> None:
        """Look over the page as it stands now."""
        self.page.wait_for_load_state("load")
        where = urlsplit(self.page.url).path
        headings = self.page.locator("h1").count()
        faults = [*self.faults, *axe_violations(self.page)]
        if headings != 1:
            faults.append(f"{headings} h1")
        if self._scrolls_sideways():
            faults.append("the page is wider than the window")
        self.visited.append(where)
        assert not faults, f"{where} ({self.page.viewport_size}):\n" + "\n".join(faults)

    def _scrolls_sideways(self) -> bool:
        wide = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return bool(wide)

    def _hear(self, message: ConsoleMessage) -> None:
        expected = "Failed to load resource" in message.text and "status of 4" in message.text
        if message.type in {"error", "warning"} and not expected:  # a 404 we asked for is told by its status
            self.faults.append(f"console: {message.text}")

    def _see_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(self.address).netloc:
            self.faults.append(f"request to another host: {request.url}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status} for {response.url}")


def axe_violations(page: Page) -> list[str]:
    """What axe-core objects to; its script is evaluated, for the page's policy allows no script tag from outside."""
    page.evaluate(_axe())
    found: list[str] = page.evaluate(AXE_RUN, AXE_RULES)
    return found


@functools.cache
def _axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def launch(playwright: Playwright, *, camera: Path | None = None) -> Browser:
    """Start Chromium; ``camera`` is a film that its camera shows."""
    arguments = list(ARGUMENTS)
    if camera:
        arguments += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


@contextmanager
def tab(
    browser: Browser, address: str, *, size: str = "desktop", lang: str = "da", **options: Any
) -> Iterator[Watched]:
    """A fresh tab with no cookies but the language; ``size`` is ``phone`` or ``desktop``.

    Everything it heard until the end counts, also what came after the last check.
    """
    phone = {"has_touch": True, "device_scale_factor": 2} if size == "phone" else {}
    context = browser.new_context(viewport=SIZES[size], locale=lang, reduced_motion="reduce", **{**phone, **options})
    context.set_default_timeout(2 * PATIENCE_MS)
    context.add_cookies([{"name": "lang", "value": lang, "url": address}])
    try:
        watched = Watched(context.new_page(), address)
        yield watched
        assert not watched.faults, "\n".join(watched.faults)
    finally:
        context.close()
