"""A client that behaves like a careful person without script: reads each page whole, fills in forms as they stand."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.html import Element, Page, page_faults

TEXT_TYPES = {"hidden", "text", "email", "tel", "number", "date", "time", "datetime-local", "url", "search", "password"}
REDIRECTS = range(300, 400)


class PageClient(FlaskClient):
    """Fails at once on a page that lacks a title, has two headings, an unlabelled field, inline script …"""

    response: TestResponse

    @property
    def page(self) -> Page:
        """The last page that was answered."""
        return Page(self.response.text)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self.response = response = super().open(*args, **kwargs)
        assert "Content-Security-Policy" in response.headers, f"{response.request.path}: no policy"
        if response.mimetype == "text/html" and response.status_code not in REDIRECTS and response.data:
            faults = page_faults(Page(response.text))
            assert not faults, f"{response.request.path}:\n" + "\n".join(faults)
        return response

    def visit(self, path: str, *, status: int = 200, **options: Any) -> Page:
        """Open a page; fails when the answer has another status. Redirects are followed."""
        response = self.open(path, follow_redirects=status not in REDIRECTS, **options)
        assert response.status_code == status, f"{path}: {response.status_code}\n{_shown(response)}"
        return self.page

    def submit(self, path: str, fields: dict[str, Any] | None = None, *, status: int = 303, action: str = "") -> Page:
        """Open a page, fill in its form, send it, and follow to the page that comes then.

        The form is the one that has all of ``fields``, or the one whose address ends in ``action``. What is not
        named keeps what the page put in, the hidden fields too. A file is given as ``(stream, "name.pdf")``.

        :param status: of the answer to the post: 303 done, 422 mistakes.
        """
        values = fields or {}
        form = choose_form(self.visit(path), values, action)
        target = form.attributes.get("action") or self.response.request.path
        method = form.attributes.get("method", "get").upper()
        data = {**form_values(form), **values}
        sent = self.open(target, method=method, **({"query_string": data} if method == "GET" else {"data": data}))
        assert sent.status_code == status, f"{target}: {sent.status_code}\n{_shown(sent)}"
        return self.visit(sent.location) if status in REDIRECTS else self.page


def choose_form(page: Page, fields: dict[str, Any], action: str) -> Element:
    found = [
        form
        for form in page.forms()
        if form.attributes.get("action", "").split("?")[0].endswith(action) and set(fields) <= field_names(form)
    ]
    offered = [(form.attributes.get("action"), sorted(field_names(form))) for form in page.forms()]
    assert found, f"No form for {sorted(fields)} {action}; the page {page.heading!r} has {offered}"
    return found[0]


def field_names(form: Element) -> set[str]:
    return {
        one.attributes["name"] for one in form.all("input", "select", "textarea", "button") if "name" in one.attributes
    }


def form_values(form: Element) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched, without its buttons."""
    values: dict[str, Any] = {}
    for one in form.all("input", "select", "textarea"):
        name, kind = one.attributes.get("name"), one.attributes.get("type", "text")
        if not name or "disabled" in one.attributes:
            continue
        if one.tag == "textarea":
            values[name] = "".join(one.pieces).removeprefix("\n")
        elif one.tag == "select":
            values[name] = _chosen(one)
        elif kind == "hidden" and name in values:
            values[name] = [
                *(values[name] if isinstance(values[name], list) else [values[name]]),
                one.attributes["value"],
            ]
        elif kind in TEXT_TYPES:
            values[name] = one.attributes.get("value", "")
        elif kind in {"checkbox", "radio"} and "checked" in one.attributes:
            values[name] = one.attributes.get("value", "on")
    return values


def _chosen(select: Element) -> str:
    options = select.all("option")
    chosen = next((one for one in options if "selected" in one.attributes), options[0] if options else None)
    return "" if chosen is None else chosen.attributes.get("value", chosen.text)


def _shown(response: TestResponse) -> str:
    return Page(response.text).text[:2000] if response.mimetype == "text/html" else response.text[:2000]
