"""Questions about events, asked of both databases."""

from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp.errors import NotFoundError
from eventapp.events import queries
from eventapp.events.models import QuotaKind
from eventapp.web.permissions import Reach
from tests.support.factories import STARTS_AT, make_case, make_event


def test_event_is_found_by_its_slug_and_its_id(db: SQLAlchemy) -> None:
    event = make_event(slug="debat")
    assert queries.published_event("debat").id == event.id
    assert queries.event_by_id(event.id).slug == "debat"


def test_draft_is_not_published(db: SQLAlchemy) -> None:
    draft = make_event(slug="udkast", published=False)
    assert queries.event_by_id(draft.id)
    with pytest.raises(NotFoundError):
        queries.published_event("udkast")


def test_lists_stand_in_the_order_in_which_events_take_place_whatever_their_ids(db: SQLAlchemy) -> None:
    """Ids are drawn by lot: where they decide, a list is right every second time."""
    case = make_case()
    latest = make_event(case, id="1" * 32, starts_at=STARTS_AT + timedelta(days=2))
    middle = make_event(case, id="3" * 32, starts_at=STARTS_AT + timedelta(days=1))
    earliest = make_event(case, id="2" * 32)
    in_order = [earliest, middle, latest]
    assert queries.published_events() == in_order
    assert queries.events_of_case(case.id) == in_order
    assert queries.events(Reach(everything=True)) == in_order[::-1]
    assert [one.key for one in queries.scope_choices()] == [f"event:{one.id}" for one in in_order[::-1]]


def test_events_of_the_same_moment_stand_in_the_order_of_their_ids(db: SQLAlchemy) -> None:
    """Otherwise a list would be in another order each time, and in another one on each database."""
    case = make_case()
    in_order = sorted((make_event(case, id=digit * 32) for digit in "312"), key=lambda event: event.id)
    assert queries.published_events() == in_order
    assert queries.events_of_case(case.id) == in_order
    assert queries.events(Reach(everything=True)) == in_order
    assert [one.key for one in queries.scope_choices()] == [f"event:{one.id}" for one in in_order]


def test_events_of_a_case_are_those_of_no_other(db: SQLAlchemy) -> None:
    case = make_case()
    event = make_event(case)
    make_event()
    assert queries.events_of_case(case.id) == [event]


def test_quota_is_found_by_kind(db: SQLAlchemy) -> None:
    event = make_event(seats=7, quotas={QuotaKind.PRESS: 3})
    press = queries.quota(event.id, QuotaKind.PRESS)
    assert press is not None
    assert press.seats == 3
    assert queries.quota(event.id, QuotaKind.CREW) is None
