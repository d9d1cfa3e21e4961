"""What may be typed after the debate, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from eventapp.contributions.forms import LONGEST, ContributionForm
from eventapp.contributions.models import Quoting
from eventapp.db import db
from eventapp.events.models import Event, Theme
from eventapp.languages import Wording
from tests.support.factories import make_event

pytestmark = pytest.mark.engines("sqlite")
KEY = "0" * 32


@pytest.fixture(name="event")
def posted_to(app: Flask) -> Iterator[Event]:
    """An event with two themes, in a request that posts something."""
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_request_context(method="POST"):
        event = make_event()
        db.session.add(Theme(event_id=event.id, position=2, title=Wording("Trafik")))
        db.session.commit()
        db.session.refresh(event)
        yield event


def filled(event: Event, **typed: str) -> ContributionForm:
    given = {
        "submission_key": KEY,
        "theme": event.themes[0].id,
        "text": "Bevar træerne.",
        "name": "",
        "quoting": "unnamed",
        **typed,
    }
    form = ContributionForm(formdata=MultiDict(given))
    form.offer(event.themes)
    return form


def test_a_text_without_a_name_is_enough(event: Event) -> None:
    form = filled(event)
    assert form.validate()
    assert form.fits()
    sent = form.sent(was_present=False)
    assert (sent.text, sent.name, sent.quoting) == ("Bevar træerne.", "", Quoting.UNNAMED)
    assert (sent.submission_key, sent.theme_id, sent.was_present) == (KEY, event.themes[0].id, False)


def test_lines_stay_lines_and_the_name_is_one_line(event: Event) -> None:
    form = filled(event, text=" Et.\r\nTo.\r\rTre 🌳 ", name="  Åse \t Ørsted-Æbelø\n")
    assert form.validate()
    sent = form.sent(was_present=True)
    assert (sent.text, sent.name, sent.was_present) == ("Et.\nTo.\n\nTre 🌳", "Åse Ørsted-Æbelø", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("submission_key", "../etc"),
        ("submission_key", ""),
        ("theme", ""),
        ("text", ""),
        ("text", " \r\n "),
        ("text", "x" * (LONGEST + 1)),
        ("text", "\u2800\u200b"),
        ("name", "x" * 201),
        ("quoting", ""),
        ("quoting", "perhaps"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(event: Event, name: str, value: str) -> None:
    form = filled(event, **{name: value})
    assert not form.validate()
    assert list(form.errors) == [name]


def test_the_longest_text_is_taken_whole(event: Event) -> None:
    form = filled(event, text="æ" * LONGEST)
    assert form.validate()
    assert len(form.sent(was_present=False).text) == LONGEST


def test_a_theme_of_another_debate_is_none_of_this_one(event: Event) -> None:
    other = make_event()
    db.session.commit()
    form = filled(event, theme=other.themes[0].id)
    assert not form.validate()
    assert list(form.errors) == ["theme"]


def test_the_themes_stand_in_the_order_of_the_evening(event: Event) -> None:
    form = filled(event)
    assert [str(one.label) for one in form.theme.iter_choices()] == ["Grønne områder", "Trafik"]


@pytest.mark.parametrize(
    ("quoting", "name", "fits"),
    [
        ("named", "", False),
        ("named", "  ", False),
        ("named", "Åse", True),
        ("unnamed", "", True),
        ("unnamed", "Åse", True),
        ("no", "", True),
    ],
)
def test_only_who_gives_a_name_can_be_quoted_by_it(event: Event, quoting: str, name: str, fits: bool) -> None:
    form = filled(event, quoting=quoting, name=name)
    assert form.validate()
    assert form.fits() is fits
    assert list(form.errors) == ([] if fits else ["name"])


@pytest.mark.parametrize("place", ["text", "name"])
@pytest.mark.parametrize(("keep", "fits"), [("", False), ("y", True)])
def test_a_cpr_number_is_asked_about_wherever_it_stands_and_kept_if_it_must(
    event: Event, place: str, keep: str, fits: bool
) -> None:
    typed = {place: "Mit nummer er 251248-9996", **({"keep_number": keep} if keep else {})}
    form = filled(event, **typed)
    assert form.validate()
    assert form.looks_like_cpr
    assert form.fits() is fits
    assert list(form.errors) == ([] if fits else ["text"])  # where the box to keep it stands


def test_a_number_that_is_no_cpr_number_is_not_asked_about(event: Event) -> None:
    form = filled(event, text="Ring til 12 34 56 78 om plan 2024-0000001.")
    assert form.validate()
    assert not form.looks_like_cpr
