"""Questions about events, asked of both databases."""

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp.errors import NotFoundError
from eventapp.events import queries
from eventapp.events.models import QuotaKind
from tests.support.factories import make_case, make_event


def test_event_is_found_by_its_slug_and_its_id(db: SQLAlchemy) -> None:
    event = make_event(slug="debat")
    assert queries.published_event("debat").id == event.id
    assert queries.event_by_id(event.id).slug == "debat"


def test_draft_is_not_published(db: SQLAlchemy) -> None:
    draft = make_event(slug="udkast", published=False)
    assert queries.event_by_id(draft.id)
    with pytest.raises(NotFoundError):
        queries.published_event("udkast")


def test_events_of_a_case_stand_in_the_order_in_which_they_take_place(db: SQLAlchemy) -> None:
    case = make_case()
    event = make_event(case, slug="første")
    make_event(slug="anden-sag")
    assert [one.id for one in queries.events_of_case(case.id)] == [event.id]


def test_quota_is_found_by_kind(db: SQLAlchemy) -> None:
    event = make_event(seats=7, quotas={QuotaKind.PRESS: 3})
    press = queries.quota(event.id, QuotaKind.PRESS)
    assert press is not None
    assert press.seats == 3
    assert queries.quota(event.id, QuotaKind.CREW) is None
