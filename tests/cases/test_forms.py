"""What staff may type about a case: how long, how tidy, in which order, and which files are taken."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from eventapp.cases import forms
from eventapp.cases.forms import (
    AdministrationForm,
    ContactForm,
    DecisionForm,
    DocumentFactsForm,
    DocumentForm,
    LetterForm,
    PlanForm,
    TaskForm,
    TrackForm,
    VersionForm,
    folded,
    tidy,
)
from eventapp.cases.models import DocumentKind, Stage
from eventapp.languages import NO_WORDS, Wording

pytestmark = pytest.mark.usefixtures("danish")

CONTACT = {"function": "Sagsbehandler", "email": "sag@example.org"}
MEETING = {"body": "Byrådet"}


def filled(form: type[Any], values: dict[str, Any]) -> Any:
    """The form as somebody sends it; its own token is another subject."""
    made = form(formdata=MultiDict(values), meta={"csrf": False})
    if "cover_id" in made:
        made.cover_id.choices = [("", "Ingen"), ("abc", "Sekretariat")]
    if "document_id" in made:
        made.document_id.choices = [("", "Intet dokument"), ("abc", "Notat")]
    return made


def faults(form: type[Any], values: dict[str, Any]) -> list[str]:
    """Names of the fields that are wrong, in order."""
    made = filled(form, values)
    made.validate()
    return [name for name, errors in made.errors.items() if errors]


# --- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("", ""),
        ("  \t\n ", ""),
        (" Ny   havne\tpark ", "Ny havne park"),
        ("a\r\nb", "a b"),
        ("å\u00a0æ", "å æ"),
    ],
)
def test_line_keeps_one_space_between_words_and_none_at_its_ends(typed: str | None, kept: str) -> None:
    assert folded(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(None, ""), ("\r\n \r\n", ""), ("a\r\nb\rc\nd", "a\nb\nc\nd"), ("  a\n\n\n  b ", "a\n\n\n  b")],
)
def test_paragraph_keeps_its_lines_whoever_ended_them(typed: str | None, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    ("form", "values", "name", "longest"),
    [
        (TaskForm, {}, "text", 5000),
        (ContactForm, CONTACT, "function", 120),
        (AdministrationForm, {}, "name", 120),
        (TrackForm, {}, "title", 200),
        (DecisionForm, {}, "body", 120),
        (LetterForm, {"dated_on": "2024-05-01"}, "summary", 5000),
        (DocumentFactsForm, {"kind": "memo"}, "title", 200),
    ],
)
def test_text_that_is_needed_is_not_blank_and_not_too_long_in_any_language(
    form: type[Any], values: dict[str, str], name: str, longest: int
) -> None:
    for typed, wrong in (("æ" * longest, []), ("æ" * (longest + 1), [name]), ("", [name]), (" \r\n\t ", [name])):
        assert faults(form, {**values, name: typed}) == wrong, repr(typed[:9])
    given = {**values, name: "Dansk"}
    assert faults(form, {**given, f"{name}_en": ""}) == []
    assert faults(form, {**given, f"{name}_en": "e" * (longest + 1)}) == [name]
    assert faults(form, {**values, name: "", f"{name}_en": "English alone"}) == [name]


@pytest.mark.parametrize(
    ("form", "values", "name", "longest"),
    [
        (ContactForm, CONTACT, "unit", 120),
        (ContactForm, CONTACT, "phone", 30),
        (TrackForm, {"title": "Spor"}, "description", 5000),
        (DecisionForm, MEETING, "item", 40),
        (DecisionForm, MEETING, "decision", 5000),
    ],
)
def test_text_that_may_be_left_out_is_not_too_long_either(
    form: type[Any], values: dict[str, str], name: str, longest: int
) -> None:
    for typed, wrong in (("", []), ("  ", []), ("æ" * longest, []), ("æ" * (longest + 1), [name])):
        assert faults(form, {**values, name: typed}) == wrong, repr(typed[:9])


def test_signs_that_cannot_be_stored_go_and_emoji_are_kept() -> None:
    assert filled(TaskForm, {"text": "Und\0ersøg \ud800"}).text.data.official == "Undersøg"
    form = filled(TaskForm, {"text": "Undersøg 🌳 og 港", "text_en": "Examine"})
    assert form.validate()
    assert form.text.data == Wording({"da": "Undersøg 🌳 og 港", "en": "Examine"})


# --- contacts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["", "   ", "sag", "sag@", "@example.org", "sag@example", "to@a.dk,en@b.dk", "x" * 250 + "@a.dk"]
)
def test_contact_has_one_whole_address(typed: str) -> None:
    assert faults(ContactForm, {**CONTACT, "email": typed}) == ["email"]


@pytest.mark.parametrize(
    ("begins", "ends", "wrong"),
    [
        ("", "", []),
        ("2024-05-01", "", []),
        ("2024-05-01", "2024-05-01", []),
        ("2024-05-01", "2024-05-02", []),
        ("2024-05-02", "2024-05-01", ["away_until_on"]),
        ("", "2024-05-01", ["away_until_on"]),
        ("2024-02-30", "", ["away_from_on"]),
    ],
)
def test_absence_begins_and_does_not_end_before_that(begins: str, ends: str, wrong: list[str]) -> None:
    found = faults(ContactForm, {**CONTACT, "away_from_on": begins, "away_until_on": ends})
    assert found == wrong


def test_cover_is_one_of_the_others_or_nobody() -> None:
    for typed, kept in (("", None), ("abc", "abc")):
        form = filled(ContactForm, {**CONTACT, "cover_id": typed})
        assert form.validate()
        assert form.cover_id.data == kept
    assert faults(ContactForm, {**CONTACT, "cover_id": "of-another-case"}) == ["cover_id"]


# --- meetings and letters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("", []),
        ("https://havneby.example.org/referat?id=7", []),
        ("http://x", []),
        ("havneby.example.org", ["link"]),
        ("javascript:alert(1)", ["link"]),
        ("javascript:https://x", ["link"]),
        ("https://", ["link"]),
        ("https://a b", ["link"]),
        ("https://" + "x" * 492, []),
        ("https://" + "x" * 493, ["link"]),
    ],
)
def test_link_to_the_minutes_is_a_whole_address_of_the_web(typed: str, wrong: list[str]) -> None:
    assert faults(DecisionForm, {**MEETING, "link": typed}) == wrong


def test_meeting_may_have_no_day_and_no_decision_yet() -> None:
    form = filled(DecisionForm, {**MEETING, "meeting_on": "", "link": ""})
    assert form.validate()
    assert (form.meeting_on.data, form.decision.data, form.item.data, form.link.data) == (None, NO_WORDS, "", "")


def test_letter_has_a_day_and_perhaps_a_document_of_the_case() -> None:
    given = {"dated_on": "2024-05-01", "summary": "Vi beder om lov."}
    form = filled(LetterForm, {**given, "document_id": ""})
    assert form.validate()
    assert (form.dated_on.data, form.document_id.data) == (date(2024, 5, 1), None)
    assert faults(LetterForm, {**given, "dated_on": ""}) == ["dated_on"]
    assert faults(LetterForm, {**given, "document_id": "of-another-case"}) == ["document_id"]


def test_plan_asks_of_every_stage_whether_and_when() -> None:
    form = filled(PlanForm, {"hearing_planned": "y", "hearing_on": "2024-06-01"})
    assert form.validate()
    asked = {name for stage in Stage for name in (f"{stage}_planned", f"{stage}_on")}
    assert asked <= set(form.data)
    assert [stage for stage in Stage if form[f"{stage}_planned"].data] == [Stage.HEARING]
    assert form.hearing_on.data == date(2024, 6, 1)
    assert faults(PlanForm, {"hearing_on": "snart"}) == ["hearing_on"]


# --- documents ---------------------------------------------------------------------------------------------------


def test_new_document_tells_each_thing_that_is_wrong_with_it_and_is_read_by_nobody_before_somebody_says_so() -> None:
    assert sorted(faults(DocumentForm, {"title": "", "kind": "poem"})) == ["file", "kind", "title"]
    assert faults(VersionForm, {}) == ["file"]
    assert filled(DocumentForm, {"title": "Notat", "kind": "note"}).is_public.data is False


def test_each_kind_of_document_can_be_chosen_once() -> None:
    offered = forms.kinds()
    assert {kind for kind, _text in offered} == set(DocumentKind)
    assert len({text for _kind, text in offered}) == len(offered) == len(DocumentKind)
