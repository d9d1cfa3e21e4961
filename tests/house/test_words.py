"""Words that stand wherever they can: each kind is looked for in every text and every template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

from eventapp.formats import display
from eventapp.hearing import words
from eventapp.languages import Wording
from tests.support.factories import STARTS_AT

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = [*(ROOT / "templates").rglob("*.*")]
CODE = [one for one in (ROOT / "eventapp").rglob("*.py") if "migrations" not in one.parts]
DEADLINE = re.compile(r"\b(\w*(?:deadline_at|reply_by_at|closes_at|old_at|new_at))(?:\s*\|\s*(\w+)|\))")
# Addressed to several: the members of a booking, an office that is invited, a party that is heard.
SEVERAL = re.compile(
    r"(?<![.?!:] )(?<!^)\bI\b(?! (?:salen|gang|telefonen|brug|protokollen|alt|døren))|\b[Jj]er(?:es)?\b"
)
TO_SEVERAL = {"hearing", "invitations", "registration"}


def texts() -> list[tuple[str, str, str]]:
    """(slice, English, Danish) of every text."""
    found = []
    for path in sorted((ROOT / "eventapp" / "translations" / "da").glob("*.po")):
        with path.open("rb") as file:
            for one in read_po(file):
                said = one.string if isinstance(one.string, tuple) else (one.string,)
                found += [(path.stem, str(one.id), str(text)) for text in said]
    return found


def test_nobody_is_asked_to_call_where_no_number_may_be_set() -> None:
    """The telephone is a setting that may be empty; "Call us:" stands behind a question for it."""
    assert [one for one in texts() if re.search(r"\b[Cc]all us\b(?!:)", one[1])] == []
    assert [one for one in texts() if re.search(r"\b[Rr]ing (?:på|til os)\b(?!:| %\(phone\)s)", one[2])] == []


def test_nobody_is_addressed_in_the_polite_form() -> None:
    assert [one for one in texts() if re.search(r"(?<=[a-zæøå,] )(?:De|Dem|Deres)\b", one[2])] == []


def test_only_several_are_addressed_as_several() -> None:
    """Staff and citizens are each one: du."""
    assert [one for one in texts() if one[0] not in TO_SEVERAL and SEVERAL.search(one[2])] == []


def test_a_deadline_names_the_zone_wherever_people_read_it() -> None:
    shown = [(path.name, *found) for path in TEMPLATES for found in DEADLINE.findall(path.read_text())]
    assert len(shown) > 15
    assert [one for one in shown if one[2] in {"long_moment", "moment", "danish_date"}] == []
    in_code = re.compile(r"\b(?:long_moment|moment)\([\w.]*(?:deadline_at|reply_by_at|closes_at)\)")
    assert [path.name for path in CODE if in_code.search(path.read_text())] == []
    assert display.deadline(None) == display.DASH


def test_a_deadline_is_written_with_its_zone(app: Flask) -> None:
    with app.test_request_context(), force_locale("da"):
        assert display.deadline(STARTS_AT) == "tirsdag den 14. maj 2024 kl. 17.00 (dansk tid)"
    with app.test_request_context(), force_locale("en"):
        assert display.deadline(STARTS_AT) == "Tuesday 14 May 2024 at 17:00 (Danish time)"


def test_the_end_of_what_lasts_for_days_is_never_told_by_its_clock_alone() -> None:
    """A point of the programme lies within a night; an event may end on another day (:func:`display.is_of_days`)."""
    clocked = re.compile(r"clock_time\((?:event\.ends_at|end)\)|(?:event|brief)\.ends_at\s*\|\s*clock")
    found = [path for path in [*CODE, *TEMPLATES] if clocked.search(path.read_text())]
    assert [path.name for path in found if "is_of_days(" not in path.read_text()] == []


@pytest.mark.parametrize(
    ("title", "said"),
    [("Høring om havnen", "Høring om havnen"), ("høring om havnen", "høring om havnen"), ("Havnen", "Høring: Havnen")],
)
def test_the_word_hearing_is_not_said_twice(app: Flask, title: str, said: str) -> None:
    with app.test_request_context("/?lang=da"), force_locale("da"):
        assert words.heading(Wording(title)) == said
        assert words.heading(title) == said


def test_no_two_kinds_of_a_choice_are_called_the_same() -> None:
    """Two lines of one list that read alike: the documents' "Notat" and "Notat"."""
    danish = {english: text for _slice, english, text in texts() if english in {"Memo", "Note", "Hearing note"}}
    assert danish["Memo"] not in {danish["Note"], danish["Hearing note"]}


def test_staff_are_asked_for_no_part_of_an_address() -> None:
    assert [path.name for path in CODE if re.search(r"^\s+slug = \w+Field", path.read_text(), re.MULTILINE)] == []
