"""Public pages that are the same for everybody: kept for a second in the process, and tagged by what they say.

The second takes the load off a page in the news; it holds nothing personal, so its key is the address and the
language. The tag is the hash of the text: whoever has the page already gets an empty 304 and never an old page. Pages
that differ in a few texts only are kept as outlines (:mod:`eventapp.web.outlines`).

What must not be told a second longer (the last seat went, staff changed something) outdates every kept page of every
process at once: :func:`outdate`.
"""

from __future__ import annotations

import hashlib
import mmap
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from flask import Flask, Response, current_app, g, request

from eventapp.db import SAFE_METHODS
from eventapp.web.outlines import Outline

SECONDS = 1.0
MOST_PAGES = 500
ASK_EACH_TIME = "public, max-age=0, must-revalidate"

Page = TypeVar("Page", str, Outline)


class Edition:
    """Which pages still hold: another edition, and none that was drawn before does. Eight bytes, which the processes of
    the web server share when the product is loaded before they are forked (``gunicorn.conf.py``)."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    @property
    def now(self) -> bytes:
        return self._shared[:]

    def change(self) -> None:
        self._shared[:] = secrets.token_bytes(8)


@dataclass
class PageCache:
    """Pages by key; one caller draws a page that has grown old while the others still get the old one."""

    seconds: float = SECONDS
    _pages: dict[tuple[object, ...], tuple[float, bytes, str | Outline]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[object, ...], draw: Callable[[], Page], edition: bytes = b"") -> Page:
        """The page, drawn at most once in ``seconds``; an error of ``draw`` is raised and nothing is kept.

        :param edition: as it is now; nobody gets a page of another.
        """
        now = time.monotonic()
        with self._lock:
            until, drawn_in, kept = self._pages.get(key, (0.0, b"", None))
            if drawn_in != edition:
                kept = None
            if kept and now < until:
                return cast(Page, kept)
            if kept:
                self._pages[key] = (now + self.seconds, edition, kept)
        try:
            page = draw()
        except BaseException:
            self._pages.pop(key, None)
            raise
        with self._lock:
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[key] = (time.monotonic() + self.seconds, edition, page)
        return page


def register(app: Flask) -> None:
    """Called before whatever commits is: hooks run in the other order, and pages are drawn from what is committed."""
    app.extensions["edition"] = Edition()
    app.after_request(_after_staff)


def outdate() -> None:
    """No page that was drawn before now is shown any more. Called once what makes them untrue is committed."""
    edition: Edition = current_app.extensions["edition"]
    edition.change()


def _after_staff(response: Response) -> Response:
    """What staff change is on the pages at once. A phone at a door changes nothing on them."""
    person = g.get("person")
    if person is not None and person.door_id is None and request.method not in SAFE_METHODS:
        outdate()
    return response


def shared_page(text: str) -> Response:
    """An answer that anybody may keep and must ask about each time; 304 when the asker has it."""
    response = Response(text, mimetype="text/html")
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = ASK_EACH_TIME
    response.make_conditional(request)
    return response


def kept_page(key: tuple[object, ...], draw: Callable[[], str]) -> Response:
    """The same for a page that many ask for at once. Under test every page is drawn afresh."""
    return shared_page(_kept(key, draw))


def kept_outline(key: tuple[object, ...], draw: Callable[[], str]) -> Outline:
    """An outline, kept in the same way. ``key``: everything that what is drawn hangs on, its slots apart."""
    return _kept(key, lambda: Outline(draw))


def _kept(key: tuple[object, ...], draw: Callable[[], Page]) -> Page:
    """Whoever is signed in sees a link more in the demo, so such a page is drawn for that person alone; so is one
    with what somebody typed in it (:mod:`eventapp.web.returned`)."""
    if g.get("person") is not None or g.get("returned") is not None:
        return draw()
    cache: PageCache = current_app.extensions.setdefault("pages", PageCache(0 if current_app.testing else SECONDS))
    edition: Edition = current_app.extensions["edition"]
    return cache.get(key, draw, edition.now)
