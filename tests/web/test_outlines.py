"""A page drawn once for many readers: each finds their own texts in it, and nobody another's."""

from __future__ import annotations

import pytest
from flask import Flask
from markupsafe import Markup

from eventapp.web import outlines
from eventapp.web.outlines import Outline, slot
from eventapp.web.pages import PageCache


@pytest.fixture
def in_request(app: Flask):
    with app.test_request_context("/"):
        yield


def drawn(text: str) -> Outline:
    return Outline(lambda: text)


def test_texts_stand_in_their_slots_escaped(in_request: None) -> None:
    page = drawn(f'<p>{slot("name")}</p><a href="{slot("url")}">{slot("name")}</a>')
    filled = page.fill(name='Åse "<script>', url="/t/A?x=1&y=2")
    text = "Åse &#34;&lt;script&gt;"
    assert filled == f'<p>{text}</p><a href="/t/A?x=1&amp;y=2">{text}</a>'


def test_a_drawing_of_our_own_stays_a_drawing(in_request: None) -> None:
    assert drawn(slot("qr")).fill(qr=Markup("<svg></svg>")) == "<svg></svg>"


def test_what_looks_like_a_slot_in_a_readers_text_is_left_alone(in_request: None) -> None:
    page = drawn(f"{slot('name')} {slot('email')}")
    assert page.fill(name=slot("email"), email="anna@example.org") == f"{slot('email')} anna@example.org"


def test_a_slot_without_a_text_is_a_mistake_of_ours(in_request: None) -> None:
    with pytest.raises(KeyError):
        drawn(slot("nobody_made_it")).fill()


def test_what_each_request_makes_for_itself_is_made_when_the_page_is_filled_in(
    in_request: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlines, "_makers", {})
    made = iter(("first", "second", "third"))
    token = outlines.personal("token", lambda: next(made))
    page = Outline(lambda: f"[{token()}]")
    assert [page.fill(), page.fill(), token()] == ["[first]", "[second]", "third"]


def test_a_drawing_that_fails_leaves_no_slots_on_the_next_page(in_request: None) -> None:
    token = outlines.personal("after_a_failure", lambda: "made")

    def fail() -> str:
        raise OSError

    with pytest.raises(OSError):
        Outline(fail)
    assert token() == "made"


def test_an_outline_is_kept_as_a_page_is(in_request: None) -> None:
    cache, drawings = PageCache(60), iter(("one", "two"))
    found = [cache.get(("key",), lambda: drawn(next(drawings))).fill() for _ in range(3)]
    assert found == ["one"] * 3
