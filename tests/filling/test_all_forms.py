"""Every form of the product, public and of staff: whatever is in the way, what was typed comes back (ADR 0054)."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from eventapp.web.returned import LANGUAGE, PAGE
from tests.filling.walk import LINE, TEXT, Found, Walk
from tests.support.html import Page
from tests.support.pages import form_values

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.seconds(600)]


def missing(answer: TestResponse, found: Found) -> list[str]:
    """What was typed and does not stand in the form that came back."""
    page = Page(answer.text)
    forms = [one for one in page.forms() if one.attributes.get("action") == found.action]
    if not forms:
        return ["the form"]
    back = form_values(forms[0])
    ours = {"csrf_token", "form_key", PAGE}
    return [name for name, value in found.typed.items() if name not in ours and back.get(name) != value]


def test_there_are_forms_of_every_slice(walk: Walk) -> None:
    found = [one.action for one in walk.forms()]
    assert len(found) > 35, found
    for path in ("/events/aaben/register", "/events/holdt/contribute", "/hearings/hoering-kalkvej/answer", "/receipts"):
        assert path in found
    assert any(one.startswith("/i/") for one in found)


def test_a_token_that_is_too_old_costs_nothing(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        answer = walk.post(one, csrf_token="of-another-day")
        if answer.status_code not in {400, 422}:
            faults[str(one)] = str(answer.status_code)
        elif wrong := missing(answer, one):
            faults[str(one)] = f"lost {wrong}"
        elif "IKKE modtaget" not in answer.text and "Intet er tabt" not in answer.text:
            faults[str(one)] = "does not say that nothing was received"
    assert faults == {}


def test_another_language_costs_nothing(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        answer = walk.post(one, **{LANGUAGE: "en"})
        if answer.status_code != 200 or '<html lang="en">' not in answer.text:
            faults[str(one)] = str(answer.status_code)
        elif wrong := missing(answer, one):
            faults[str(one)] = f"lost {wrong}"
        walk.post(one, **{LANGUAGE: "da"})
    assert faults == {}


def test_a_body_that_is_too_large_costs_no_text(walk: Walk, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1)
    for view in app.view_functions.values():
        monkeypatch.delitem(view.__dict__, "takes_files", raising=False)
    for one in walk.forms():
        answer = walk.post(one)
        assert answer.status_code == 413, one
        assert missing(answer, one) == [], one


def test_what_a_view_refuses_stands_in_its_form(walk: Walk) -> None:
    faults = {}
    for one in walk.forms():
        texts = [name for name, value in one.typed.items() if value in (TEXT, LINE)]
        for name in texts[-1:]:
            answer = walk.post(one, **{name: "ikke \x07 gemt"})
            lost = [left for left in missing(answer, one) if left != name] if answer.status_code >= 400 else []
            if lost:
                faults[str(one)] = f"{answer.status_code} lost {lost}"
    assert faults == {}
