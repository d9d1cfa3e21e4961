"""Links that leave the page: in mails, calendar files, QR codes. Made from PUBLIC_URL, never from the Host header."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.routing import IntegerConverter, Map

from eventapp.config import settings

LARGEST_INTEGER = 2**31 - 1


def external_url(endpoint: str, **values: Any) -> str:
    """The public address of a page; works without a request too."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return settings().public_url.rstrip("/") + path


def safe_next(fallback: str) -> str:
    """Where ``next=`` wants to go if that is a path on this site, else ``fallback`` (reliability S26)."""
    wish = request.values.get("next", "")
    parts = urlsplit(wish)
    is_local = wish.startswith("/") and not wish.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wish if is_local and "\\" not in wish and wish.isprintable() else fallback


class StorableInteger(IntegerConverter):
    """``<int:…>`` in an address: a number that no database column could hold is an unknown address, not a fault."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_INTEGER, **options})
