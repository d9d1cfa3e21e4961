"""Which events each reader finds, in which order, and what their lists keep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.errors import NotFoundError
from eventapp.events import list_forms, queries
from eventapp.events.list_forms import LISTS
from eventapp.languages import Wording
from eventapp.web.permissions import Reach, Role, Scope
from tests.support.factories import STARTS_AT, make_case, make_event
from tests.support.staff import make_staff

DAY = timedelta(days=1)


def test_reach_of_a_case_holds_all_its_events_and_that_of_an_event_holds_one(db: SQLAlchemy) -> None:
    case = make_case()
    early, late = make_event(case), make_event(case, starts_at=STARTS_AT + DAY)
    other = make_event(starts_at=STARTS_AT + 2 * DAY)
    assert queries.events(Reach(everything=True)) == [other, late, early]
    assert queries.events(Reach(case_ids=[case.id])) == [late, early]
    assert queries.events(Reach(event_ids=[early.id, other.id])) == [other, early]
    assert queries.events(Reach(case_ids=[case.id], event_ids=[other.id])) == [other, late, early]
    assert queries.events(Reach()) == []
    assert set(db.session.scalars(queries.ids_within(Reach(case_ids=[case.id])))) == {early.id, late.id}


def test_event_belongs_to_its_case_and_what_is_not_there_to_nothing(db: SQLAlchemy) -> None:
    event = make_event()
    db.session.commit()
    assert queries.scope(event.id) == Scope(event.case_id, event.id)
    assert queries.scope("0" * 32) == Scope()


def test_front_page_gets_the_earliest_first_and_what_was_called_off_but_no_draft(db: SQLAlchemy) -> None:
    late = make_event(starts_at=STARTS_AT + DAY)
    early = make_event(cancelled_at=STARTS_AT)
    draft = make_event(late.case, published=False)
    assert queries.published_events() == [early, late]
    assert queries.published_event(early.slug) is early
    assert queries.events_of_case(late.case_id) == [draft, late]


def test_free_address_fills_the_first_gap_and_minds_no_longer_ones(db: SQLAlchemy) -> None:
    for slug in ("debat", "debat-3", "debatten"):
        make_event(slug=slug)
    assert queries.free_slug("debat") == "debat-2"
    assert queries.free_slug("debatte") == "debatte"


def test_row_of_a_list_raises_the_version_only_when_something_changes(db: SQLAlchemy) -> None:
    event, by = make_event(), make_staff(Role.ORGANISER)
    themes, row = LISTS["themes"], event.themes[0]
    list_forms.change(event, themes, row.id, {"title": row.title}, by=by)
    assert event.version == 1
    list_forms.change(event, themes, row.id, {"title": Wording("Træer")}, by=by)
    list_forms.add(event, themes, {"title": Wording("Både")}, by=by)
    list_forms.move(event, themes, row.id, 1, by=by)
    db.session.commit()
    db.session.expire_all()
    assert [str(one.title) for one in event.themes] == ["Både", "Træer"]
    list_forms.remove(event, themes, row.id, by=by)
    assert ([one.position for one in event.themes], event.version) == ([1], 5)
    db.session.flush()
    found = db.session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("events.row"))).all()
    assert sorted(found) == ["events.row_added", "events.row_changed", "events.row_moved", "events.row_removed"]


def test_row_of_another_event_is_not_found(db: SQLAlchemy) -> None:
    event, other, by = make_event(), make_event(), make_staff(Role.ORGANISER)
    row = other.themes[0]
    with pytest.raises(NotFoundError):
        list_forms.remove(event, LISTS["themes"], row.id, by=by)
    assert other.themes == [row]
