"""Links that leave the page: in mails, calendar files, QR codes. Made from PUBLIC_URL, never from the Host header."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.routing import IntegerConverter, Map

from eventapp.config import settings
from eventapp.errors import NotFoundError

LARGEST_INTEGER = 2**31 - 1
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


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


def page_number() -> int:
    """The page of a list that ``?page=`` asks for.

    :raises NotFoundError: when there can be no such page.
    """
    return number_in("page", 1)


def number_in(name: str, least: int) -> int:
    """A number of the query; ``least`` when it is missing, no number or smaller.

    :raises NotFoundError: when no database column could hold it.
    """
    number = max(least, request.args.get(name, least, int))
    if number > LARGEST_INTEGER:
        raise NotFoundError
    return number


def refuse_controls() -> None:
    """An address with a control sign in it is that of nothing; a database would take it for a fault of ours.

    :raises NotFoundError: for one in the path, or in a value of the query.
    """
    asked = (request.path, *request.args.keys(), *(one for values in request.args.listvalues() for one in values))
    if any(CONTROL.search(one) for one in asked):
        raise NotFoundError


def register(app: Flask) -> None:
    app.before_request(refuse_controls)


class StorableInteger(IntegerConverter):
    """``<int:…>`` in an address: a number that no database column could hold is an unknown address, not a fault."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_INTEGER, **options})
