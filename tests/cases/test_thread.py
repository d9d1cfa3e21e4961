"""The thread of a case: which step stands where, what it says on each day, and what it leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp.cases import actions, checklist_rules, front_hooks, thread_hooks
from eventapp.cases.actions import DocumentFacts, LetterFacts
from eventapp.cases.models import Case, CaseContact, CaseTask, DecisionStep, DocumentKind, LetterKind, Stage
from eventapp.clock import wall
from eventapp.db import db as database
from eventapp.languages import NO_WORDS, Wording
from eventapp.web.registry import StepState, ThreadStep
from tests.cases.conftest import AT, upload
from tests.support.factories import make_case, make_event
from tests.support.html import Page

pytestmark = pytest.mark.engines("sqlite")

TODAY = date(2024, 5, 14)
DAY = timedelta(days=1)
NOON = wall(TODAY, time(12))
TICK = timedelta(microseconds=1)
At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _today(at: At) -> None:
    at(NOON)


def steps(app: Flask, case: Case, lang: str = "da") -> dict[str, ThreadStep]:
    """The thread by key, first to last, once what was changed is written."""
    database.session.flush()
    with app.test_request_context(), force_locale(lang):
        return {one.key: one for one in thread_hooks.steps(case)}


def kinds(app: Flask, case: Case) -> list[str]:
    return [key.partition(":")[0] for key in steps(app, case)]


def meeting(case: Case, on: date | None, decision: str = "", **facts: Any) -> DecisionStep:
    place = len(case.decision_steps) + 1
    step = DecisionStep(position=place, body=Wording("Byrådet"), meeting_on=on, decision=Wording(decision), **facts)
    case.decision_steps.append(step)
    return step


def flush(db: SQLAlchemy) -> None:
    db.session.flush()


# --- the motion --------------------------------------------------------------------------------------------------


def test_new_case_tells_that_it_was_opened_and_when(app: Flask, case: Case) -> None:
    (motion,) = steps(app, case).values()
    assert (motion.title, motion.at, motion.state) == ("Sagen er åbnet", AT, StepState.DONE)
    assert (motion.figure, motion.url, motion.refs, motion.order) == ("", "", (case.id,), 10)
    assert steps(app, case, "en")["motion"].title == "The case is opened"


def test_motion_stands_on_the_day_it_was_adopted_whenever_the_case_was_opened(app: Flask, case: Case) -> None:
    case.origin, case.origin_body, case.origin_on = Wording("Medlemsforslag"), "Byrådet", date(2023, 7, 1)
    motion = steps(app, case)["motion"]
    assert (str(motion.title), motion.figure) == ("Medlemsforslag", "Vedtaget af Byrådet")
    assert motion.at == wall(date(2023, 7, 1), time(12))


def test_motion_leads_to_its_document_once_everybody_may_read_it(app: Flask, db: SQLAlchemy, case: Case) -> None:
    other = DocumentFacts(Wording("Notat"), DocumentKind.MEMO, is_public=True)
    actions.add_document(case, other, upload(b"%PDF-1.7 m"), by=None, now=AT)
    facts = DocumentFacts(Wording("Forslag"), DocumentKind.MOTION)
    document = actions.add_document(case, facts, upload(), by=None, now=AT)
    assert steps(app, case)["motion"].url == ""
    document.is_public = True
    newest = actions.add_version(document, upload(b"%PDF-1.7 b"), by=None, now=AT)
    assert steps(app, case)["motion"].url == f"/cases/havnepark/documents/{newest.id}"


def test_document_without_a_version_is_led_to_by_nothing(app: Flask, case: Case) -> None:
    assert thread_hooks.public_document(case.documents, DocumentKind.MOTION) is None


def test_tasks_are_counted_one_and_many_and_left_out_when_there_are_none(
    app: Flask, db: SQLAlchemy, case: Case
) -> None:
    assert "tasks" not in steps(app, case)
    case.origin_on = date(2024, 2, 1)
    for number, figure in ((1, "1 opgave til forvaltningen"), (2, "2 opgaver til forvaltningen")):
        case.tasks.append(CaseTask(position=number, text=Wording("Undersøg")))
        found = steps(app, case)["tasks"]
        assert (found.figure, found.url, found.state) == (figure, "/cases/havnepark#tasks", StepState.DONE)
        assert found.at == wall(date(2024, 2, 1), time(12))


# --- meetings ----------------------------------------------------------------------------------------------------


def test_meeting_waits_on_its_day_and_misses_its_decision_on_the_next(
    app: Flask, db: SQLAlchemy, case: Case, at: At
) -> None:
    key = f"decision:{_flushed(db, meeting(case, TODAY)).id}"
    midnight = wall(TODAY + DAY, time(0))
    for now, state, figure in (
        (midnight - TICK, StepState.NEXT, ""),
        (midnight, StepState.MISSING, "Beslutning ikke oplyst"),
    ):
        at(now)
        found = steps(app, case)[key]
        assert (found.state, found.figure) == (state, figure)


def _flushed(db: SQLAlchemy, step: DecisionStep) -> DecisionStep:
    db.session.flush()
    return step


def test_day_of_a_meeting_ends_at_midnight_in_copenhagen_also_in_winter(
    app: Flask, db: SQLAlchemy, case: Case, at: At
) -> None:
    day = date(2024, 1, 10)
    key = f"decision:{_flushed(db, meeting(case, day)).id}"
    at(datetime.fromisoformat("2024-01-10T22:59:59+00:00"))
    assert steps(app, case)[key].state is StepState.NEXT
    at(datetime.fromisoformat("2024-01-10T23:00:00+00:00"))
    assert steps(app, case)[key].state is StepState.MISSING


def test_decision_is_told_in_its_own_words_with_item_and_minutes(app: Flask, db: SQLAlchemy, case: Case) -> None:
    link = "https://havneby.example.org/referat"
    made = _flushed(db, meeting(case, TODAY - DAY, "Godkendt.", item="7", link=link))
    found = steps(app, case)[f"decision:{made.id}"]
    assert (found.state, str(found.figure), found.url) == (StepState.DONE, "Godkendt.", link)
    assert (found.note, found.refs) == ("Punkt 7 på dagsordenen", (made.id,))
    assert found.at == wall(TODAY - DAY, time(12))


def test_meeting_without_a_day_says_so(app: Flask, db: SQLAlchemy, case: Case) -> None:
    first = _flushed(db, meeting(case, None))
    second = _flushed(db, meeting(case, None, item="7"))
    found = steps(app, case)
    assert (found[f"decision:{first.id}"].note, found[f"decision:{first.id}"].at) == ("Dato ikke oplyst", None)
    assert found[f"decision:{second.id}"].note == "Punkt 7 på dagsordenen · Dato ikke oplyst"


def test_meetings_stand_as_people_put_them_and_not_by_their_days(app: Flask, db: SQLAlchemy, case: Case) -> None:
    made = [meeting(case, TODAY + 9 * DAY), meeting(case, None), meeting(case, TODAY)]
    flush(db)
    assert [key for key in steps(app, case) if key.startswith("decision")] == [f"decision:{one.id}" for one in made]
    assert [one.order for one in steps(app, case).values()][1:] == [81, 82, 83]


# --- letters and what is planned ---------------------------------------------------------------------------------


def test_letter_and_reply_end_the_thread_each_under_its_own_name(app: Flask, db: SQLAlchemy, case: Case) -> None:
    for kind, day in ((LetterKind.REPLY, TODAY), (LetterKind.TO_GOVERNMENT, TODAY - 9 * DAY)):
        actions.save_letter(case, kind, LetterFacts(day, Wording(f"Om {kind}")), by=None, now=AT)
    meeting(case, TODAY - DAY, "Godkendt.")
    flush(db)
    assert kinds(app, case) == ["motion", "decision", "letter", "reply"]
    found = steps(app, case)
    assert (found["letter"].title, found["reply"].title) == ("Henvendelse til regeringen", "Svar fra regeringen")
    assert str(found["letter"].figure) == "Om to_government"
    assert {one.state for one in found.values()} == {StepState.DONE}
    assert found["reply"].at == wall(TODAY, time(12))


@pytest.mark.parametrize("is_public", [True, False])
def test_letter_leads_to_its_document_only_when_everybody_may_read_it(
    app: Flask, db: SQLAlchemy, case: Case, is_public: bool
) -> None:
    facts = DocumentFacts(Wording("Brev"), DocumentKind.LETTER, is_public=is_public)
    document = actions.add_document(case, facts, upload(), by=None, now=AT)
    letter = LetterFacts(TODAY, Wording("Vi beder om lov."), document_id=document.id)
    actions.save_letter(case, LetterKind.TO_GOVERNMENT, letter, by=None, now=AT)
    db.session.commit()
    url = f"/cases/havnepark/documents/{document.versions[0].id}" if is_public else ""
    assert steps(app, case)["letter"].url == url


def test_planned_part_is_late_from_the_day_after(app: Flask, db: SQLAlchemy, case: Case, at: At) -> None:
    actions.plan(case, {Stage.HEARING: TODAY, Stage.NOTE: None}, by=None)
    at(wall(TODAY + DAY, time(0)) - TICK)
    found = steps(app, case)
    assert (found["hearing"].state, found["note"].state) == (StepState.NEXT, StepState.PLANNED)
    at(wall(TODAY + DAY, time(0)))
    found = steps(app, case)
    assert (found["hearing"].state, found["note"].state) == (StepState.MISSING, StepState.NEXT)
    assert (found["hearing"].note, found["note"].note) == ("", "Dato ikke oplyst")
    assert (found["hearing"].at, found["note"].at) == (wall(TODAY, time(12)), None)


def test_what_is_there_takes_the_place_of_what_was_planned(app: Flask, db: SQLAlchemy, case: Case) -> None:
    actions.plan(case, {Stage.DEBATE: TODAY, Stage.LETTER: TODAY, Stage.REPLY: None}, by=None)
    flush(db)
    assert kinds(app, case) == ["motion", "debate", "letter", "reply"]
    event = make_event(case, starts_at=NOON + 3 * DAY)
    actions.save_letter(case, LetterKind.TO_GOVERNMENT, LetterFacts(TODAY, Wording("Vi beder.")), by=None, now=AT)
    flush(db)
    assert [key for key in steps(app, case) if key.startswith("debate")] == [f"debate:{event.id}"]
    followed = ["motion", "letter", "debate", "contributions", "reply"]
    assert kinds(app, case) == followed  # the letter has gone, the debate is to come
    assert steps(app, case)["letter"].state is StepState.DONE


def test_every_stage_has_a_name_of_its_own_in_each_language(app: Flask) -> None:
    for lang in ("da", "en"):
        with app.test_request_context(f"/?lang={lang}"):
            assert len({str(thread_hooks.stage_title(stage)) for stage in Stage}) == len(Stage)


# --- five dots ---------------------------------------------------------------------------------------------------


def dots(app: Flask, case: Case) -> list[tuple[str, StepState, str]]:
    with app.test_request_context(), force_locale("da"):
        return [(str(one.title), one.state, one.key.partition(":")[0]) for one in thread_hooks.dots(case)]


def test_case_in_short_has_a_dot_only_for_what_there_is(app: Flask, db: SQLAlchemy, case: Case) -> None:
    assert dots(app, case) == [("Forslag", StepState.DONE, "motion")]
    actions.plan(case, dict.fromkeys(Stage), by=None)
    meeting(case, None)
    flush(db)
    assert [key for _title, _state, key in dots(app, case)] == list(thread_hooks.DOTS)
    assert [state for _title, state, _key in dots(app, case)][:2] == [StepState.DONE, StepState.PLANNED]


def test_of_several_meetings_the_dot_is_the_next_one_else_the_last_that_is_done_else_the_first(
    app: Flask, db: SQLAlchemy, case: Case
) -> None:
    first, second, third = (meeting(case, TODAY - number * DAY) for number in (3, 2, 1))
    flush(db)

    def dot() -> str:
        flush(db)
        with app.test_request_context():
            (found,) = [one for one in thread_hooks.dots(case) if one.key.startswith("decision")]
        assert found.url == ""
        return found.key.partition(":")[2]

    assert dot() == first.id  # all are missing
    first.decision = second.decision = Wording("Godkendt.")
    assert dot() == second.id
    third.meeting_on = TODAY
    assert dot() == third.id


# --- other slices ------------------------------------------------------------------------------------------------


def told_by_others(app: Flask, *told: ThreadStep) -> None:
    app.extensions["registry"].thread_steps.append(lambda _case_id: list(told))


def test_higher_slice_changes_neither_state_nor_place_of_a_step_and_leaves_what_it_does_not_tell(
    app: Flask, case: Case
) -> None:
    base = ThreadStep("debate:1", "Debat", NOON, StepState.NEXT, 30, note="kl. 17", url="/x", refs=("a",))
    more = ThreadStep("debate:1", "", None, StepState.DONE, 99, figure="7 mødte", note="i salen", refs=("b",))
    told_by_others(app, base, more)
    found = steps(app, case)["debate:1"]
    assert (found.title, found.at, found.state, found.order) == ("Debat", NOON, StepState.NEXT, 30)
    assert (found.figure, found.note, found.url, found.refs) == ("7 mødte", "i salen", "/x", ("a", "b"))


@pytest.mark.parametrize(
    ("key", "is_marked"), [("debate:1", True), ("hearing:1", True), ("contributions:1", True), ("note:1", False)]
)
def test_invented_figures_about_people_say_so_in_a_demo_and_only_there(
    app: Flask, case: Case, key: str, is_marked: bool
) -> None:
    told_by_others(app, ThreadStep(key, "Led", NOON, StepState.DONE, 30, figure="141 mødte"))
    assert steps(app, case)[key].demo is False
    app.extensions["registry"].is_invented = lambda row_id: row_id == case.id
    assert steps(app, case)[key].demo is is_marked
    app.extensions["registry"].is_invented = lambda _row_id: False


def test_step_without_a_figure_has_nothing_invented(app: Flask, case: Case) -> None:
    told_by_others(app, ThreadStep("debate:1", "Led", NOON, StepState.DONE, 30))
    app.extensions["registry"].is_invented = lambda _row_id: True
    assert steps(app, case)["debate:1"].demo is False


def test_step_shows_the_newest_three_entries_of_the_record_and_leads_to_those_left_out(
    app: Flask, db: SQLAlchemy, case: Case
) -> None:
    made = meeting(case, TODAY, "Godkendt.")
    flush(db)
    for number in range(6):
        made.decision = Wording(f"Godkendt {number}.")
        actions.note_decision(made, by=None, now=AT)
        db.session.commit()
    with app.test_request_context():
        found = {one.step.key.partition(":")[0]: (one.entries, one.more) for one in thread_hooks.lines(case)}
        assert found == {"motion": ((0,), 0), "decision": ((4, 5, 6), 3)}
        assert thread_hooks.record_url("havnepark") == "/record/havnepark"
        assert thread_hooks.record_url("havnepark", 0) == "/record/havnepark/entries/0"
    case.published_at = AT
    db.session.commit()
    with app.test_client() as reader:
        page = Page(reader.get("/cases/havnepark").text)
    (link,) = [one for one in page.root.all("a") if one.text == "og 3 flere"]
    assert link.attributes["href"] == "/record/havnepark"


def test_a_step_that_names_its_newest_only_says_how_many_there_are_beside_them(app: Flask, case: Case) -> None:
    told_by_others(app, ThreadStep("contributions:1", "Input", NOON, StepState.DONE, 40, more_refs=40))
    with app.test_request_context():
        (line,) = [one for one in thread_hooks.lines(case) if one.step.key == "contributions:1"]
    assert (line.entries, line.more) == ((), 40)


# --- the front page, and what is missing -------------------------------------------------------------------------


def test_front_page_shows_published_cases_with_the_first_paragraph_in_the_language_of_the_reader(
    app: Flask, db: SQLAlchemy, case: Case
) -> None:
    make_case(slug="kaj", number="7", summary=Wording({"da": "Om kajen.\n\nMere.", "en": "About the quay."}))
    with app.test_request_context(), force_locale("da"):
        (card,) = front_hooks.cards()
        assert (str(card.title), card.url, str(card.text)) == ("Ny havnepark", "/cases/kaj", "Om kajen.")
        assert (card.meta, card.order) == ("Sag 7", 10)
    with app.test_request_context(), force_locale("en"):
        (card,) = front_hooks.cards()
        assert (str(card.title), str(card.text)) == ("A new harbour park", "About the quay.")


def test_case_without_a_summary_has_a_card_without_a_text(app: Flask, db: SQLAlchemy) -> None:
    make_case(summary=NO_WORDS)
    with app.test_request_context():
        (card,) = front_hooks.cards()
    assert card.text == ""


def test_absence_counts_from_midnight_in_copenhagen(app: Flask, db: SQLAlchemy, case: Case, at: At) -> None:
    contact = CaseContact(position=1, function=Wording("Vagten"), email="vagt@example.org", away_from_on=TODAY)
    case.contacts.append(contact)
    flush(db)

    def is_named() -> bool:
        with app.test_request_context(), force_locale("da"):
            return any("Vagten er væk" in one.text for one in checklist_rules.missing(case))

    for moment, named in ((wall(TODAY, time(0)) - TICK, False), (wall(TODAY, time(0)), True)):
        at(moment)
        assert is_named() is named
    contact.away_until_on = TODAY
    for moment, named in ((wall(TODAY + DAY, time(0)) - TICK, True), (wall(TODAY + DAY, time(0)), False)):
        at(moment)
        assert is_named() is named
