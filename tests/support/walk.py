"""Going through the product by its links, as somebody would who follows every one of them."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from tests.support.html import Page

HTML = "text/html"
ID = re.compile(r"/(?:[0-9a-f]{32}|\d+)(?=/|$)")


def pages(
    app: Flask, client: FlaskClient, starts: Sequence[str], *, lang: str, each: int = 2
) -> Iterator[tuple[str, Page]]:
    """Address and page of everything that can be reached by links from ``starts``, in one language.

    :param each: how many addresses are opened that differ in nothing but ids; a record has a page for each entry.
    """
    client.get(f"{starts[0]}?lang={lang}")
    waiting, known, opened = deque(starts), set(starts), Counter[str]()
    while waiting:
        path = waiting.popleft()
        kind = ID.sub("/*", path)
        if not _is_page(app, path) or opened[kind] >= each:
            continue
        opened[kind] += 1
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        if answer.mimetype == HTML and "attachment" not in answer.headers.get("Content-Disposition", ""):
            page = Page(answer.text)
            yield path, page
            found = [urljoin(path, one.attributes.get("href", "")) for one in page.root.all("a")]
            onward = [one for one in dict.fromkeys(map(_local, found)) if one and one not in known]
            known.update(onward)
            waiting.extend(onward)
        answer.close()


def _local(url: str) -> str:
    """Path and query of an address of our own, without the language; nothing for others."""
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or parts.scheme not in {"", "http"}:
        return ""
    return parts.path if not parts.query or "lang=" in parts.query else f"{parts.path}?{parts.query}"


def _is_page(app: Flask, path: str) -> bool:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(path).path)
    except HTTPException:
        return False
    return endpoint != "static"
