"""What the record keeps of an input, and what is left of it once parts are erased."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from eventapp import audit
from eventapp.contributions import actions, entries
from eventapp.contributions.models import Contribution, Quoting
from eventapp.db import db, end_reading, reading
from eventapp.events.models import Event
from eventapp.hearing.dossier import erasure_actions
from eventapp.record import store
from eventapp.record.verification import verify_log
from tests.contributions.conftest import AFTER, sent_to
from tests.hearing.conftest import recorded
from tests.support.factories import make_event


@pytest.fixture(name="named")
def quoted_by_name(event: Event) -> Contribution:
    """An input with everything that one may give."""
    sent = replace(sent_to(event, "Bevar træerne.\n\nOg bænkene 🌳"), name="Åse Ørsted", quoting=Quoting.NAMED)
    contribution = actions.contribute(event, sent, now=AFTER)
    db.session.commit()
    return contribution


def erase(contribution: Contribution, *names: str) -> Contribution:
    """Erase parts, as the officer does; the input as it is then. The record verifies."""
    db.session.commit()
    case_id, contribution_id = contribution.event.case_id, contribution.id
    db.session.rollback()
    end_reading()
    with reading() as conn:
        seq = store.number_of(conn, case_id, entries.CONTRIBUTION.name, contribution_id)
    erasure_actions.erase(case_id, seq, list(names), "Den registrerede har bedt om det.", by=None, now=AFTER)
    db.session.commit()
    end_reading()
    assert verify_log(case_id).faults == []
    return db.session.get_one(Contribution, contribution_id, populate_existing=True)


def test_an_input_is_entered_as_it_was_sent(event: Event, named: Contribution) -> None:
    assert recorded(event.case_id, entries.CONTRIBUTION) == [
        {
            "theme": event.themes[0].id,
            "name": "Åse Ørsted",
            "text": "Bevar træerne.\n\nOg bænkene 🌳",
            "quoting": "named",
            "serial": 1,
        }
    ]


def test_the_record_does_not_say_who_was_there(event: Event) -> None:
    """That a text came through a link is for the organiser; it could lead to a person."""
    actions.contribute(event, replace(sent_to(event), was_present=True), now=AFTER)
    db.session.commit()
    (entry,) = recorded(event.case_id, entries.CONTRIBUTION)
    assert set(entry) == {"theme", "name", "text", "quoting", "serial"}


def test_the_log_has_the_number_and_no_word_of_it(named: Contribution) -> None:
    rows = db.session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.act == "contributions.received"))
    assert [(one.by_id, one.subject_id, one.facts) for one in rows] == [(None, named.id, {"number": 1})]


def test_two_debates_of_one_case_stand_in_one_record(event: Event) -> None:
    second = make_event(event.case)
    for one in (event, second):
        actions.contribute(one, sent_to(one), now=AFTER)
    db.session.commit()
    assert len(recorded(event.case_id, entries.CONTRIBUTION)) == 2
    assert verify_log(event.case_id).faults == []


def test_without_its_text_an_input_keeps_its_number_and_its_name(named: Contribution) -> None:
    left = erase(named, "text")
    assert (left.text, left.name, left.quoting, left.number) == ("", "Åse Ørsted", Quoting.NAMED, 1)


def test_without_its_name_nothing_may_be_quoted_with_it(named: Contribution) -> None:
    left = erase(named, "name")
    assert (left.name, left.quoting) == ("", Quoting.NO)
    assert left.text.startswith("Bevar")


@pytest.mark.parametrize("names", [("text",), ("name",)])
def test_whoever_guesses_what_was_erased_cannot_try_it(event: Event, named: Contribution, names: Any) -> None:
    before = named.content_hash
    left = erase(named, *names)
    assert left.content_hash != before
    other = erase(actions.contribute(event, sent_to(event), now=AFTER), *names)
    assert other.content_hash != left.content_hash  # at random, and not one value for all that are erased


def test_the_inputs_of_others_stay_when_one_is_erased(event: Event, named: Contribution) -> None:
    other = actions.contribute(event, sent_to(event, "Et andet input."), now=AFTER)
    other_id, fingerprint = other.id, other.content_hash
    db.session.commit()
    erase(named, "text", "name")
    kept = db.session.get_one(Contribution, other_id)
    assert (kept.text, kept.content_hash) == ("Et andet input.", fingerprint)


def test_the_next_number_is_not_one_that_was_erased(event: Event, named: Contribution) -> None:
    erase(named, "text", "name")
    assert actions.contribute(event, sent_to(event), now=AFTER).number == 2
