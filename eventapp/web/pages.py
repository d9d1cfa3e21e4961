"""Public pages that are the same for everybody: kept for a second in the process, and tagged by what they say.

The second takes the load off a page in the news; it holds nothing personal, so its key is the address and the
language. The tag is the hash of the text: whoever has the page already gets an empty 304 and never an old page.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Response, current_app, request

SECONDS = 1.0
MOST_PAGES = 500
ASK_EACH_TIME = "public, max-age=0, must-revalidate"


@dataclass
class PageCache:
    """Pages by key; one caller draws a page that has grown old while the others still get the old one."""

    seconds: float = SECONDS
    _pages: dict[tuple[str, ...], tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[str, ...], draw: Callable[[], str]) -> str:
        """The page, drawn at most once in ``seconds``; an error of ``draw`` is raised and nothing is kept."""
        now = time.monotonic()
        with self._lock:
            until, page = self._pages.get(key, (0.0, ""))
            if page and now < until:
                return page
            if page:
                self._pages[key] = (now + self.seconds, page)
        try:
            page = draw()
        except BaseException:
            self._pages.pop(key, None)
            raise
        with self._lock:
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[key] = (time.monotonic() + self.seconds, page)
        return page


def shared_page(text: str) -> Response:
    """An answer that anybody may keep and must ask about each time; 304 when the asker has it."""
    response = Response(text, mimetype="text/html")
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = ASK_EACH_TIME
    response.make_conditional(request)
    return response


def kept_page(key: tuple[str, ...], draw: Callable[[], str]) -> Response:
    """The same for a page that many ask for at once. Under test every page is drawn afresh."""
    cache: PageCache = current_app.extensions.setdefault("pages", PageCache(0 if current_app.testing else SECONDS))
    return shared_page(cache.get(key, draw))
