"""What follows from a case: its address, the order of its thread, who answers on a day, and what is missing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask, g
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp.cases import checklist_rules, rules
from eventapp.cases.models import Administration, Case, CaseContact, DecisionStep, Document, DocumentKind
from eventapp.languages import NO_WORDS, Wording
from eventapp.web.permissions import Person, Role
from eventapp.web.registry import DeskItem, StepState, ThreadStep
from tests.support.factories import STARTS_AT, make_case

TODAY = date(2024, 5, 14)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ny havnepark på Ærø", "ny-havnepark-paa-aeroe"),
        ("ÆØÅ", "aeoeaa"),
        ("Café Crème à la Łódź", "cafe-creme-a-la-lodz"),
        ("Straße & Þing: ðe", "strasse-thing-de"),
        ("  --Havn/Park (2024)!--  ", "havn-park-2024"),
        ("../../etc/passwd", "etc-passwd"),
        ("港の公園", "sag"),
        ("", "sag"),
    ],
)
def test_title_becomes_an_address_of_plain_letters(title: str, slug: str) -> None:
    assert rules.slug_of(title) == slug


def test_long_title_is_cut_and_never_ends_in_a_hyphen() -> None:
    assert rules.slug_of("a" * 61) == "a" * 60
    assert rules.slug_of("a" * 59 + " park") == "a" * 59


def step(key: str, order: int = 0, *, state: StepState = StepState.PLANNED, after: int | None = None) -> ThreadStep:
    """A step that takes place some hours after a known moment."""
    at = None if after is None else STARTS_AT + timedelta(hours=after)
    return ThreadStep(key, key, at, state, order)


def test_thread_follows_the_way_of_a_case_whatever_order_it_is_told_in() -> None:
    told = [step(name) for name in ("reply", "letter", "decision", "note", "points", "hearing", "contributions")]
    told += [step(name) for name in ("debate", "invitations", "tasks", "motion")]
    assert [one.key for one in rules.in_order(told)] == list(rules.PLACES)


def test_steps_of_one_kind_follow_number_then_time_and_the_unknown_day_is_last() -> None:
    told = [step("debate:d", 31, after=0), step("debate:c", 30), step("debate:b", 30, after=2), step("debate:a", 30)]
    told.append(step("debate:e", 30, after=1))
    assert [one.key[-1] for one in rules.in_order(told)] == ["e", "b", "c", "a", "d"]


def test_step_of_a_kind_that_nobody_knows_stands_where_its_slice_puts_it() -> None:
    told = [step("hearing", 50), step("walk:1", 45), step("contributions", 40)]
    assert [one.key for one in rules.in_order(told)] == ["contributions", "walk:1", "hearing"]
    assert rules.kind_of(step("walk:1:2")) == "walk"


def test_first_planned_step_comes_next_past_those_that_are_done_or_missing() -> None:
    thread = [
        step("motion", state=StepState.DONE),
        step("tasks", state=StepState.MISSING),
        step("debate"),
        step("note"),
    ]
    states = [one.state for one in rules.with_next(thread, STARTS_AT)]
    assert states == [StepState.DONE, StepState.MISSING, StepState.NEXT, StepState.PLANNED]
    assert [one.state for one in thread][2] is StepState.PLANNED


def test_nothing_else_comes_next_while_something_goes_on() -> None:
    thread = [step("invitations"), step("debate", state=StepState.NEXT), step("note")]
    assert rules.with_next(thread, STARTS_AT) == thread


def test_of_all_that_slices_say_comes_next_one_does_and_the_others_are_what_they_are() -> None:
    thread = [step(name, state=StepState.NEXT, after=after) for name, after in (("debate", 1), ("hearing", 0))]
    thread += [step("note", state=StepState.NEXT, after=1), step("decision", state=StepState.NEXT)]
    states = [one.state for one in rules.with_next(thread, STARTS_AT)]
    assert states == [StepState.NEXT, StepState.UNDER_WAY, StepState.PLANNED, StepState.PLANNED]


@pytest.mark.parametrize("to_come", [StepState.NEXT, StepState.PLANNED])
def test_nothing_that_is_to_come_stands_above_what_has_happened(to_come: StepState) -> None:
    told = [step("note", state=to_come), step("debate:b", state=to_come, after=5)]
    told += [step("decision:1", state=StepState.DONE), step("hearing", state=StepState.MISSING)]
    told += [step("debate:a", state=StepState.CALLED_OFF, after=9)]
    assert [one.key for one in rules.in_order(told)] == ["debate:a", "hearing", "decision:1", "debate:b", "note"]


def test_thread_that_is_over_or_empty_has_no_next_step() -> None:
    done = [step("motion", state=StepState.DONE)]
    assert rules.with_next(done, STARTS_AT) == done
    assert rules.with_next([], STARTS_AT) == []


@pytest.mark.parametrize(
    ("meeting_on", "decision", "state"),
    [
        (None, NO_WORDS, StepState.PLANNED),
        (TODAY + DAY, NO_WORDS, StepState.PLANNED),
        (TODAY, NO_WORDS, StepState.PLANNED),
        (TODAY - DAY, NO_WORDS, StepState.MISSING),
        (TODAY - DAY, Wording("Godkendt."), StepState.DONE),
        (None, Wording("Godkendt."), StepState.DONE),
    ],
)
def test_meeting_misses_its_decision_from_the_day_after(
    meeting_on: date | None, decision: Wording, state: StepState
) -> None:
    assert rules.decision_state(DecisionStep(meeting_on=meeting_on, decision=decision), TODAY) is state


def contact(name: str, away: tuple[date | None, date | None] = (None, None)) -> CaseContact:
    return CaseContact(
        id=name, function=Wording(name), email="x@example.org", away_from_on=away[0], away_until_on=away[1]
    )


@pytest.mark.parametrize(
    ("begins", "ends", "is_away"),
    [
        (None, None, False),
        (None, TODAY, False),
        (TODAY + DAY, None, False),
        (TODAY, None, True),
        (TODAY - 400 * DAY, None, True),
        (TODAY - DAY, TODAY, True),
        (TODAY, TODAY, True),
        (TODAY - 2 * DAY, TODAY - DAY, False),
    ],
)
def test_first_and_last_day_of_an_absence_belong_to_it(begins: date | None, ends: date | None, is_away: bool) -> None:
    assert rules.is_away(contact("a", (begins, ends)), TODAY) is is_away


def test_cover_of_the_cover_answers_and_a_ring_of_covers_answers_nobody() -> None:
    away = (TODAY, None)
    first, second, third = contact("1", away), contact("2", away), contact("3")
    assert rules.who_answers(first, TODAY) is None
    first.cover, second.cover = second, third
    assert rules.who_answers(first, TODAY) is third
    assert rules.who_answers(first, TODAY - DAY) is first
    second.cover = first
    assert rules.who_answers(first, TODAY) is None
    first.cover = first
    assert rules.who_answers(first, TODAY) is None


def test_each_who_answers_is_named_once_and_all_of_them_when_nobody_is_there() -> None:
    away = (TODAY, None)
    first, second, third = contact("1", away), contact("2", away), contact("3")
    first.cover = second.cover = third
    assert rules.answering([first, second, third], TODAY) == [third]
    assert rules.answering([first, second], TODAY - DAY) == [first, second]
    third.away_from_on = TODAY
    assert rules.answering([first, second, third], TODAY) == [first, second, third]
    assert rules.answering([], TODAY) == []


@pytest.fixture
def whole(db: SQLAlchemy, app: Flask) -> Case:
    """A case that lacks nothing."""
    case = make_case(summary=Wording("Havnen skal have en park."), origin=Wording("Medlemsforslag"))
    case.contacts.append(CaseContact(position=1, function=Wording("Sekretariatet"), email="sek@example.org"))
    case.administrations.append(Administration(position=1, name=Wording("Teknik"), is_lead=True))
    case.decision_steps.append(DecisionStep(position=1, body=Wording("Byrådet")))
    case.documents.append(Document(position=1, kind=DocumentKind.MEMO, title=Wording("Notat")))
    db.session.flush()
    return case


def lacking(app: Flask, case: Case) -> list[str]:
    with app.test_request_context():
        return [one.text for one in checklist_rules.missing(case)]


def test_whole_case_lacks_nothing(app: Flask, whole: Case) -> None:
    assert lacking(app, whole) == []


def test_each_gap_is_named_by_itself(app: Flask, whole: Case) -> None:
    whole.summary = NO_WORDS
    whole.origin = NO_WORDS
    whole.administrations[0].is_lead = False
    assert len(lacking(app, whole)) == 3
    for rows in (whole.contacts, whole.decision_steps, whole.documents):
        before = len(lacking(app, whole))
        rows.clear()
        assert len(lacking(app, whole)) == before + 1


def test_absence_without_cover_is_named_and_one_with_cover_is_not(app: Flask, whole: Case) -> None:
    (alone,) = whole.contacts
    alone.away_from_on = date(2020, 1, 1)
    assert [one for one in lacking(app, whole) if "Sekretariatet" in one]
    alone.cover = CaseContact(case_id=whole.id, position=2, function=Wording("Vagten"), email="vagt@example.org")
    assert lacking(app, whole) == []
    alone.cover.away_from_on = date(2020, 1, 1)
    assert [one for one in lacking(app, whole) if "Sekretariatet" in one]


def wanting(app: Flask, case: Case, lang: str = "da", role: Role = Role.ORGANISER) -> list[DeskItem]:
    """What is missing, as somebody with a role is told."""
    with app.test_request_context(), force_locale(lang):
        g.person = Person("0" * 32, "Anna", frozenset({role}))
        return checklist_rules.missing(case)


def test_everything_that_is_missing_is_told_in_the_language_of_the_reader(app: Flask, db: SQLAlchemy) -> None:
    empty, absent = make_case(), make_case()
    away = CaseContact(position=1, function=Wording("F"), email="f@example.org", away_from_on=date(2020, 1, 1))
    absent.contacts.append(away)
    db.session.flush()
    told: dict[str, set[str]] = {}
    for lang in ("da", "en"):
        items = [*wanting(app, empty, lang), wanting(app, absent, lang)[-1]]
        told[lang] = {text for one in items for text in (one.text, one.button)}
        assert len(told[lang]) == 14
    assert not told["da"] & told["en"]


def test_each_gap_leads_to_the_page_on_which_it_is_mended_and_only_those_who_may_mend_it(
    app: Flask, db: SQLAlchemy
) -> None:
    case = make_case()
    db.session.commit()
    pages = [one.url.removeprefix(f"/staff/cases/{case.id}/") for one in wanting(app, case)]
    assert pages == ["facts", "facts", "contacts", "administrations", "decisions", "documents"]
    assert [one.url for one in wanting(app, case, role=Role.AUDITOR)][:2] == ["", ""]
    away = CaseContact(position=1, function=Wording("F"), email="f@example.org", away_from_on=date(2020, 1, 1))
    case.contacts.append(away)
    db.session.commit()
    (absent,) = [one for one in wanting(app, case) if one.text.startswith("F ")]
    assert absent.url == f"/staff/cases/{case.id}/contacts/{away.id}"
