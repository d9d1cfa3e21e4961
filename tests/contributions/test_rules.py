"""The rules of input after the debate: from when, in which order, the same or another, who is written to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.contributions import actions, hooks, queries
from eventapp.contributions.errors import OtherContributionError, TooEarlyError
from eventapp.contributions.models import FollowUp, Quoting
from eventapp.db import db, new_id
from eventapp.errors import NotFoundError
from eventapp.events.models import Event, Theme
from eventapp.languages import Wording
from eventapp.mail.models import OutboxMail
from eventapp.record.models import RecordEntry
from eventapp.registration.models import Booking
from eventapp.tokens import derived_token
from tests.contributions.conftest import AFTER, Officer, came, sent_to
from tests.support.factories import make_event


def waiting(event_id: str) -> int:
    return queries.number_to_be_asked(db.session.connection(), event_id)


def test_at_the_very_end_the_first_is_taken_in(event: Event) -> None:
    with pytest.raises(TooEarlyError):
        actions.contribute(event, sent_to(event), now=event.ends_at - timedelta(microseconds=1))
    assert actions.contribute(event, sent_to(event), now=event.ends_at).number == 1


def test_nobody_is_asked_before_the_end(event: Event) -> None:
    came(event, "Anna")
    event = db.session.scalars(select(Event)).one()
    with pytest.raises(TooEarlyError):
        actions.ask_those_who_came(event, by=Officer(), now=event.ends_at - timedelta(microseconds=1))
    assert actions.ask_those_who_came(event, by=Officer(), now=event.ends_at) == 1


def test_each_event_numbers_its_own(event: Event) -> None:
    other = make_event()
    assert [actions.contribute(one, sent_to(one), now=AFTER).number for one in (event, other, event)] == [1, 1, 2]
    assert (queries.count(event.id), queries.count(other.id)) == (2, 1)


@pytest.mark.parametrize("changed", [{"name": "Anna"}, {"quoting": Quoting.NO}, {"text": "Bevar træerne!"}])
def test_whatever_differs_under_the_same_key_is_another_contribution(event: Event, changed: dict[str, Any]) -> None:
    sent = sent_to(event)
    actions.contribute(event, sent, now=AFTER)
    db.session.flush()
    with pytest.raises(OtherContributionError):
        actions.contribute(event, replace(sent, **changed), now=AFTER)
    assert queries.count(event.id) == 1


def test_the_theme_too_belongs_to_what_was_sent(event: Event) -> None:
    sent = sent_to(event)
    assert sent.content_hash() != replace(sent, theme_id=new_id()).content_hash()
    assert sent.content_hash() == replace(sent, submission_key=new_id(), was_present=True).content_hash()


def test_sent_twice_is_entered_once(event: Event) -> None:
    sent = sent_to(event)
    for _ in range(2):
        actions.contribute(event, sent, now=AFTER)
        db.session.commit()
    assert len(db.session.scalars(select(RecordEntry)).all()) == 1
    logged = [act for act in db.session.scalars(select(AuditEntry.act)) if act == "contributions.received"]
    assert len(logged) == 1


def test_the_list_is_by_theme_and_then_by_number(event: Event) -> None:
    db.session.add(Theme(event_id=event.id, position=2, title=Wording("Trafik")))
    db.session.commit()
    db.session.refresh(event)
    green, traffic = sorted(event.themes, key=lambda one: one.position)
    for theme in (traffic, green, traffic, green):
        actions.contribute(event, replace(sent_to(event), theme_id=theme.id), now=AFTER)
    db.session.commit()
    found = [(one.theme.position, one.number) for one in queries.contributions(event.id)]
    assert found == [(1, 2), (1, 4), (2, 1), (2, 3)]


def test_the_thread_links_the_newest_three(event: Event) -> None:
    ids = [actions.contribute(event, sent_to(event, f"Nr. {n}"), now=AFTER).id for n in range(4)]
    db.session.commit()
    assert list(queries.newest_ids(event.id)) == ids[:0:-1]
    assert queries.newest_ids(make_event().id) == []


def test_a_receipt_opens_its_own_contribution_and_no_other(event: Event) -> None:
    first, second = (actions.contribute(event, sent_to(event, text), now=AFTER) for text in ("En.", "To."))
    db.session.commit()
    assert queries.contribution_with_receipt(actions.receipt_token(second.id)) is second
    assert queries.contribution(first.id) is first
    with pytest.raises(NotFoundError):
        queries.contribution_with_receipt(second.id)
    with pytest.raises(NotFoundError):
        queries.contribution(new_id())


def test_the_address_of_a_receipt_is_good_for_receipts_alone(event: Event) -> None:
    """Each link has a purpose of its own, so that none opens what another is for."""
    one = new_id()
    tokens = {derived_token(purpose, one) for purpose in ("follow-up", "invitation", "None")}
    assert actions.receipt_token(one) not in tokens
    assert actions.receipt_token(one) == derived_token("contribution", one)


def test_who_left_no_address_is_not_counted_as_one_to_write_to(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", "Bo")
    assert waiting(event_id) == 2
    booking = db.session.scalars(select(Booking).order_by(Booking.id)).first()
    assert booking
    booking.email = ""
    db.session.flush()
    assert waiting(event_id) == 1


def test_the_guests_of_another_debate_are_not_asked(event: Event) -> None:
    other = make_event()
    db.session.commit()
    other_id = other.id
    came(event, "Anna")
    assert waiting(other_id) == 0
    assert actions.ask_some(db.session.connection(), other_id, now=AFTER, most=10) == 0
    assert db.session.scalars(select(FollowUp)).all() == []


def test_the_link_is_good_for_its_own_event_and_in_the_language_of_the_guest(event: Event) -> None:
    event_id, other_id = event.id, make_event().id
    db.session.commit()
    came(event, "Anna")
    booking = db.session.scalars(select(Booking)).one()
    booking.lang = "en"
    db.session.flush()
    assert actions.ask_some(db.session.connection(), event_id, now=AFTER, most=10) == 1
    token = derived_token("follow-up", booking.id)
    assert queries.is_link(event_id, token)
    assert not queries.is_link(other_id, token)
    assert not queries.is_link(event_id, "")
    mail = select(OutboxMail.lang).where(OutboxMail.message == "contributions/link")
    assert db.session.scalars(mail).all() == ["en"]
    assert (queries.links_sent(event_id), queries.links_sent(other_id)) == (1, 0)


@pytest.mark.parametrize(("facts", "steps"), [({}, 1), ({"published": False}, 0), ({"cancelled_at": AFTER}, 0)])
def test_the_thread_has_no_step_for_a_draft_or_a_debate_called_off(
    app: Flask, facts: dict[str, Any], steps: int
) -> None:
    with app.app_context():
        case_id = make_event(**facts).case_id
        db.session.commit()
    with app.test_request_context():
        assert len(hooks.steps(case_id)) == steps
