"""What a first visit of the event page costs: every request and every byte on the wire, in a real browser."""

from __future__ import annotations

import re
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tools.bench.servers import Server

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EVENT = re.compile(r'href="(/events/[a-z0-9-]+)"')


@dataclass(frozen=True)
class Loaded:
    """One answer: its path without query, what the browser took it for, and its bytes with head, as sent."""

    path: str
    kind: str
    size: int


def event_path(server: Server) -> str:
    """The page of the first event that the front page names.

    :raises LookupError: when it names none.
    """
    with urllib.request.urlopen(f"{server.address}/", timeout=30) as response:
        found = EVENT.search(response.read().decode())
    if found is None:
        raise LookupError("The front page shows no event.")
    return found[1]


def first_visit(server: Server, path: str) -> list[Loaded]:
    """Open the page with an empty cache, as on a telephone, and wait until nothing more is asked for."""
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(chromium), args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        watch = _Watch()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.responseReceived", watch.answered)
        devtools.on("Network.loadingFinished", watch.finished)
        page.goto(f"{server.address}{path}", wait_until="networkidle")
        page.evaluate("document.fonts.ready.then(() => true)")
        browser.close()
    return watch.loaded()


class _Watch:
    """Puts together what the browser tells of each request."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        self._sizes: dict[str, int] = {}

    def answered(self, told: dict[str, Any]) -> None:
        url = str(told["response"]["url"])
        if not url.startswith("data:"):  # what stands in a style sheet needs no request
            self._known[told["requestId"]] = (urlsplit(url).path, str(told["type"]))

    def finished(self, told: dict[str, Any]) -> None:
        self._sizes[told["requestId"]] = int(told["encodedDataLength"])

    def loaded(self) -> list[Loaded]:
        """All answers, the largest first."""
        found = [Loaded(path, kind, self._sizes.get(one, 0)) for one, (path, kind) in self._known.items()]
        return sorted(found, key=lambda one: -one.size)
