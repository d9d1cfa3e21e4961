"""Smaller answers for pages that everybody may read.

Compression makes an answer shorter when the same text stands in it twice. Where an answer holds a secret (a CSRF
token, a ticket code, a person's data) and also a text that a stranger can choose (a search word, a name that was
typed), the stranger can guess the secret letter by letter by watching the length on the wire: the BREACH attack.
So nothing is compressed by default. A view says ``@compressible`` when its page has no form with a token, no
session and nothing that only one person may see. Static files are compressed when they are installed, not here.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SMALLEST_BYTES = 1000  # below this a packet is sent anyway
LEVEL = 5  # near the best size at a third of the time of level 9
TYPES = {"text/html", "text/csv", "text/plain", "text/calendar", "application/json", "image/svg+xml"}


def compressible(view: View) -> View:
    """This page is the same for everybody and holds no secret, so it may be compressed."""
    view.__dict__["compressible"] = True
    return view


def compress(response: Response) -> Response:
    """Compress the answer of a ``@compressible`` view when the client takes gzip and it pays."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or not view.__dict__.get("compressible", False):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0 or not _worth_it(response):
        return response
    response.set_data(gzip.compress(response.get_data(), compresslevel=LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    _weaken_etag(response)
    return response


def _worth_it(response: Response) -> bool:
    return (
        response.status_code == HTTPStatus.OK
        and not response.is_streamed
        and not response.direct_passthrough
        and response.mimetype in TYPES
        and "Content-Encoding" not in response.headers
        and len(response.get_data()) >= SMALLEST_BYTES
    )


def _weaken_etag(response: Response) -> None:
    """The tag names the text, no longer the bytes."""
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)


def register(app: Flask) -> None:
    app.after_request(compress)
