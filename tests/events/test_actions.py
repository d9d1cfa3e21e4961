"""What each act on an event leaves behind: the row, the record, the audit line, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.event import listen

from eventapp.audit import AuditEntry
from eventapp.events import actions, queries
from eventapp.events.actions import EventFacts, Hall, Place, Plan
from eventapp.events.errors import (
    AlreadyCancelledError,
    AlreadyPublishedError,
    HallTooSmallError,
    NotReadyError,
    PlanNeededError,
    SeatsTakenError,
)
from eventapp.events.models import Event, EventKind, EventTold, ProgrammeItem, QuotaKind
from eventapp.languages import Wording
from eventapp.record.models import RecordEntry
from eventapp.telling.models import Change
from eventapp.web.permissions import Role
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_case, make_event
from tests.support.staff import make_staff

FACTS = EventFacts(
    title=Wording("Åben debat på Ærø"),
    starts_at=STARTS_AT,
    ends_at=STARTS_AT + timedelta(hours=2),
    doors_open_at=STARTS_AT - timedelta(minutes=30),
    registration_opens_at=STARTS_AT - timedelta(days=30),
    registration_closes_at=STARTS_AT - timedelta(hours=2),
)
PLAN = Plan(200, "Plan 12")
HALL = Hall("Stolerækker", 200, "Plan 12", 10, {QuotaKind.PUBLIC: 60, QuotaKind.PRESS: 5})


def facts_of(event: Event, **more: Any) -> EventFacts:
    """What the event is now, with what is to be changed."""
    return EventFacts(**{name: getattr(event, name) for name in EventFacts.__dataclass_fields__} | more)


def place_of(event: Event, **more: Any) -> Place:
    return Place(**{name: getattr(event.layout.venue, name) for name in Place.__dataclass_fields__} | more)


def change(event: Event, place: dict[str, Any] | None = None, *, plan: Plan | None = PLAN, **facts: Any) -> None:
    there = place_of(event, **(place or {}))
    actions.change(event, facts_of(event, **facts), there, by=None, now=SIGN_UP_AT, plan=plan)


def acts(db: SQLAlchemy, event: Event) -> list[str]:
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == event.id))
    return sorted(one.act for one in lines)


def told(db: SQLAlchemy, event: Event) -> list[dict[str, Any]]:
    """What the record was told of the events of the case, in order."""
    db.session.commit()  # entries are appended last
    found = select(EventTold).where(EventTold.log_id == event.case_id).order_by(EventTold.seq)
    return [one.parts for one in db.session.scalars(found)]


@pytest.fixture
def heard(app: Flask, db: SQLAlchemy) -> list[str]:
    """Who was told of what: the names of the hooks, in order."""
    names: list[str] = []
    app.extensions["registry"].quotas_changed.append(lambda _event_id, _by: names.append("quotas"))

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO told_change"):
            names.append("event")

    listen(db.engine, "before_cursor_execute", note)
    return names


def test_new_event_is_a_draft_without_seats_and_the_record_hears_nothing(db: SQLAlchemy, heard: list[str]) -> None:
    event = actions.create(make_case(), FACTS, Place("Medborgerhuset"), 120, by=None)
    assert (event.published_at, event.cancelled_at, event.layout.max_persons) == (None, None, 120)
    assert event.slug == "aaben-debat-paa-aeroe"
    assert {one.kind: one.seats for one in event.quotas} == dict.fromkeys(QuotaKind, 0)
    assert [one.position for one in event.categories] == [1, 2, 3, 4, 5]
    assert event.layout.plan_reference == ""
    assert told(db, event) == []
    assert heard == []
    assert acts(db, event) == ["events.created"]


def test_events_of_the_same_title_get_addresses_of_their_own(db: SQLAlchemy) -> None:
    case = make_case()
    made = [actions.create(case, FACTS, Place("Medborgerhuset"), 120, by=None).slug for _ in range(3)]
    assert made == ["aaben-debat-paa-aeroe", "aaben-debat-paa-aeroe-2", "aaben-debat-paa-aeroe-3"]


def test_nothing_changed_leaves_no_trace(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    change(event)
    assert (event.version, event.calendar_sequence) == (1, 0)
    assert (told(db, event), acts(db, event), heard) == ([], [], [])


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("starts_at", timedelta(minutes=1)),
        ("ends_at", timedelta(minutes=1)),
        ("doors_open_at", -timedelta(minutes=1)),
    ],
)
def test_each_moved_time_goes_to_calendars(db: SQLAlchemy, heard: list[str], name: str, by: timedelta) -> None:
    event = make_event()
    change(event, **{name: getattr(event, name) + by})
    assert (event.version, event.calendar_sequence, heard) == (2, 1, ["event"])


def test_a_title_alone_goes_to_calendars(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    change(event, title=Wording("Et andet navn"))
    assert (event.calendar_sequence, heard) == (1, ["event"])


def test_what_was_derived_from_the_old_day_follows_to_the_new_one(db: SQLAlchemy) -> None:
    event = make_event()
    week, closes = timedelta(days=7), STARTS_AT + timedelta(days=6)
    change(event, starts_at=STARTS_AT + week, ends_at=STARTS_AT + week + timedelta(hours=1))
    assert (event.doors_open_at, event.ends_at) == (
        STARTS_AT + week - timedelta(minutes=30),
        STARTS_AT + week + timedelta(hours=1),
    )
    assert event.registration_closes_at == STARTS_AT + week - timedelta(hours=2)
    change(event, starts_at=STARTS_AT + 2 * week, ends_at=STARTS_AT + 3 * week, registration_closes_at=closes)
    assert (event.ends_at, event.registration_closes_at) == (STARTS_AT + 3 * week, closes)  # as somebody set them


def test_on_the_same_day_what_nobody_touched_stays(db: SQLAlchemy) -> None:
    event = make_event()
    ends_at, doors = event.ends_at, event.doors_open_at
    change(event, starts_at=event.starts_at + timedelta(hours=1))
    assert (event.ends_at, event.doors_open_at) == (ends_at, doors)


@pytest.mark.parametrize("place", [{"name": "Rådhuset"}, {"address": "Havnen 2, 9999 Havneby"}])
def test_another_place_goes_to_calendars(db: SQLAlchemy, heard: list[str], place: dict[str, Any]) -> None:
    event = make_event()
    change(event, place)
    assert (event.calendar_sequence, heard) == (1, ["event"])
    assert next(iter(place.values())) in told(db, event)[0]["place"]


def test_changed_words_go_to_the_record_and_trouble_no_guest(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    change(event, {"access": Wording("Brug porten.")}, influence=Wording("Alt er åbent."))
    assert (event.version, event.calendar_sequence, heard) == (2, 0, [])
    (entry,) = told(db, event)
    assert (entry["act"], entry["influence"]) == ("changed", "Alt er åbent.")


def test_moved_draft_is_told_to_nobody(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event(published=False)
    change(event, ends_at=event.ends_at + timedelta(hours=1))
    assert (event.version, event.calendar_sequence) == (2, 0)
    assert (told(db, event), heard) == ([], [])
    assert acts(db, event) == ["events.changed"]


def test_audit_names_the_fields_and_never_what_was_written(db: SQLAlchemy) -> None:
    event = make_event()
    change(event, {"access": Wording("Brug porten.")}, title=Wording("Nyt navn"))
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "events.changed")).one()
    assert line.facts == {"fields": ["access", "title"]}


def test_programme_keeps_its_distance_from_the_beginning(db: SQLAlchemy) -> None:
    event = make_event()
    times = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(minutes=10)}
    event.programme.append(ProgrammeItem(position=1, title=Wording("Velkomst"), **times))
    db.session.flush()
    change(event, ends_at=event.ends_at + timedelta(hours=1))
    assert event.programme[0].starts_at == STARTS_AT
    shift = timedelta(minutes=20)
    change(event, starts_at=STARTS_AT + shift)
    assert (event.programme[0].starts_at, event.programme[0].ends_at) == (STARTS_AT + shift, times["ends_at"] + shift)


def test_record_keeps_danish_wall_time_on_both_sides_of_the_change_of_the_clock(db: SQLAlchemy) -> None:
    event = make_event()
    winter = STARTS_AT + timedelta(days=200)
    change(event, starts_at=winter, ends_at=winter + timedelta(hours=2))
    (entry,) = told(db, event)
    assert entry["starts_at"].endswith("T16:00+01:00")
    change(event, starts_at=STARTS_AT)
    assert told(db, event)[1]["starts_at"] == "2024-05-14T17:00+02:00"


def test_hall_of_a_published_event_goes_to_the_record_and_to_those_who_wait(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    actions.change_hall(event, HALL, by=None, now=SIGN_UP_AT)
    assert heard == ["quotas"]
    (entry,) = told(db, event)
    assert (entry["act"], entry["seats"]) == ("changed", {"public": 60, "press": 5})
    assert (entry["max_persons"], entry["plan_reference"]) == (200, "Plan 12")
    assert acts(db, event) == ["events.hall_changed"]
    assert (event.version, event.calendar_sequence) == (2, 0)


def test_hall_of_a_draft_stays_out_of_the_record(db: SQLAlchemy) -> None:
    event = make_event(published=False)
    actions.change_hall(event, HALL, by=None, now=SIGN_UP_AT)
    assert told(db, event) == []
    assert event.reserve_seats == 10


def test_hall_that_is_too_small_changes_nothing_and_tells_nobody(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    with pytest.raises(HallTooSmallError):
        actions.change_hall(event, replace(HALL, max_persons=74), by=None, now=SIGN_UP_AT)
    assert [one.seats for one in event.quotas] == [50]
    assert (told(db, event), acts(db, event), heard) == ([], [], [])
    actions.change_hall(event, replace(HALL, max_persons=75), by=None, now=SIGN_UP_AT)


def test_seats_go_down_to_those_that_are_taken_and_no_further(db: SQLAlchemy) -> None:
    event = make_event()
    event.quotas[0].taken = 41
    db.session.flush()
    with pytest.raises(SeatsTakenError):
        actions.change_hall(event, replace(HALL, seats={QuotaKind.PUBLIC: 40}), by=None, now=SIGN_UP_AT)
    actions.change_hall(event, replace(HALL, seats={QuotaKind.PUBLIC: 41}), by=None, now=SIGN_UP_AT)
    quota = queries.quota(event.id, QuotaKind.PUBLIC)
    assert quota is not None
    assert (quota.seats, quota.taken) == (41, 41)


def test_event_that_lacks_something_is_not_published(db: SQLAlchemy) -> None:
    event = make_event(published=False)  # no programme, nothing about pictures
    with pytest.raises(NotReadyError):
        actions.publish(event, by=None, now=SIGN_UP_AT)
    assert event.published_at is None
    assert (told(db, event), acts(db, event)) == ([], [])


def test_event_is_published_once(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event(published=False, photo_notice=Wording("Der bliver ikke fotograferet."))
    times = {"starts_at": STARTS_AT, "ends_at": event.ends_at}
    event.programme.append(ProgrammeItem(position=1, title=Wording("Velkomst"), **times))
    db.session.flush()
    actions.publish(event, by=None, now=SIGN_UP_AT)
    db.session.commit()
    with pytest.raises(AlreadyPublishedError):
        actions.publish(event, by=None, now=STARTS_AT)
    (entry,) = told(db, event)
    assert (entry["act"], entry["programme"]) == ("published", ["2024-05-14T17:00+02:00 Velkomst"])
    assert (event.published_at, event.version, heard) == (SIGN_UP_AT, 2, [])
    assert acts(db, event) == ["events.published"]


def test_event_is_called_off_once_and_its_guests_hear_of_it_once(db: SQLAlchemy, heard: list[str]) -> None:
    event = make_event()
    actions.cancel(event, "Salen er oversvømmet.", by=None, now=SIGN_UP_AT)
    with pytest.raises(AlreadyCancelledError):
        actions.cancel(event, "Igen.", by=None, now=STARTS_AT)
    (entry,) = told(db, event)
    assert (entry["act"], entry["cancel_text"]) == ("cancelled", "Salen er oversvømmet.")
    assert (event.cancelled_at, event.cancel_text) == (SIGN_UP_AT, Wording("Salen er oversvømmet."))
    assert (event.calendar_sequence, event.version, heard) == (1, 2, ["event"])
    assert acts(db, event) == ["events.cancelled"]


# --- who and when ------------------------------------------------------------------------------------------------


def test_log_says_who_did_each_thing_and_those_who_are_told_hear_it_too(db: SQLAlchemy, app: Flask) -> None:
    by = make_staff(Role.ORGANISER)
    told_by: list[object] = []
    app.extensions["registry"].quotas_changed.append(lambda event_id, who: told_by.append((event_id, who)))
    draft = actions.create(make_case(), FACTS, Place("Medborgerhuset"), 120, by=by)
    event = make_event(published=False, photo_notice=Wording("Der bliver ikke fotograferet."))
    times = {"starts_at": STARTS_AT, "ends_at": event.ends_at}
    event.programme.append(ProgrammeItem(position=1, title=Wording("Velkomst"), **times))
    db.session.flush()
    actions.publish(event, by=by, now=SIGN_UP_AT)
    db.session.commit()
    moved = facts_of(event, ends_at=event.ends_at + timedelta(hours=1))
    actions.change(event, moved, place_of(event), by=by, now=SIGN_UP_AT)
    actions.change_hall(event, HALL, by=by, now=SIGN_UP_AT)
    actions.cancel(event, "Aflyst.", by=by, now=SIGN_UP_AT)
    db.session.commit()
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id.in_([draft.id, event.id]))).all()
    assert {one.act: one.by_id for one in lines} == dict.fromkeys(
        ("events.created", "events.published", "events.changed", "events.hall_changed", "events.cancelled"), by.id
    )
    assert told_by == [(event.id, by)]
    changes = db.session.scalars(select(Change).where(Change.subject_id == event.id).order_by(Change.number)).all()
    assert [(one.facts, one.by_id) for one in changes] == [(["time"], by.id), (["state"], by.id)]


def test_log_says_of_a_hall_what_was_changed_and_how_seats_were_shared_out(db: SQLAlchemy) -> None:
    event = make_event()
    actions.change_hall(event, HALL, by=None, now=SIGN_UP_AT)
    db.session.commit()
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "events.hall_changed")).one()
    assert line.facts == {"fields": ["plan_reference", "reserve_seats"], "seats": {"public": 60, "press": 5}}


def test_record_bears_the_moment_of_each_act_under_the_id_of_the_event(db: SQLAlchemy) -> None:
    event = make_event()
    change(event, influence=Wording("Alt er åbent."))
    actions.cancel(event, "Aflyst.", by=None, now=STARTS_AT)
    db.session.commit()
    found = db.session.scalars(select(RecordEntry).where(RecordEntry.ref == event.id).order_by(RecordEntry.seq)).all()
    assert [(one.kind, one.log_id, one.created_at) for one in found] == [
        ("event", event.case_id, SIGN_UP_AT),
        ("event", event.case_id, STARTS_AT),
    ]
    assert ["2024-05-07T15:00:00" in found[0].text, "2024-05-14T15:00:00" in found[1].text] == [True, True]


def test_record_keeps_everything_that_was_promised(db: SQLAlchemy) -> None:
    event = make_event(quotas={QuotaKind.PRESS: 3})
    actions.cancel(event, "Aflyst.", by=None, now=SIGN_UP_AT)
    assert told(db, event) == [
        {
            "act": "cancelled",
            "title": "Debat om havneparken",
            "starts_at": "2024-05-14T17:00+02:00",
            "ends_at": "2024-05-14T19:00+02:00",
            "place": "Medborgerhuset, Havneby, Torvet 1, 9999 Havneby",
            "max_persons": 200,
            "plan_reference": "Plan 12, godkendt 3. januar 2024",
            "seats": {"public": 50, "press": 3},
            "programme": [],
            "influence": "Dine forslag indgår i sagen.",
            "cancel_text": "Aflyst.",
        }
    ]


def test_new_event_has_the_facts_it_was_given_and_the_usual_answers(db: SQLAlchemy) -> None:
    place = Place("Medborgerhuset", "Torvet 1", Wording("Elevator."))
    case = make_case()
    event = actions.create(case, FACTS, place, 120, by=None, slug="eget-navn")
    db.session.commit()
    db.session.expire_all()
    assert (event.case_id, event.slug) == (case.id, "eget-navn")
    assert facts_of(event) == FACTS
    assert place_of(event) == place
    assert [one.label.own("da") for one in event.categories] == [
        "Borger",
        "Fagperson",
        "Civilsamfundsaktør",
        "Politiker",
        "Presse",
    ]
    assert event.categories[0].label.own("en") == "Citizen"
    assert (event.layout.name, event.reserve_seats, event.version) == ("Medborgerhuset", 0, 1)


def test_settings_are_kept_as_they_were_sent(db: SQLAlchemy) -> None:
    event = make_event()
    facts = replace(FACTS, kind=EventKind.WORKSHOP, photo_notice=Wording("Der fotograferes."))
    place = Place("Rådhuset", "Havnen 2", Wording("Brug porten."))
    actions.change(event, facts, place, by=None, now=SIGN_UP_AT, plan=Plan(90, "Plan 7"))
    assert (event.layout.max_persons, event.layout.plan_reference) == (90, "Plan 7")
    actions.change_hall(event, HALL, by=None, now=SIGN_UP_AT)
    db.session.commit()
    db.session.expire_all()
    assert (facts_of(event), place_of(event)) == (facts, place)
    layout = event.layout
    assert (layout.name, layout.max_persons, layout.plan_reference) == ("Stolerækker", 200, "Plan 12")
    assert {one.kind: one.seats for one in event.quotas} == HALL.seats


@pytest.mark.parametrize(
    ("place", "plan"),
    [
        ({"name": "Rådhuset"}, None),
        ({"address": "Havnen 2"}, None),
        ({"name": "Rådhuset"}, Plan(90, "")),  # published: people would come without anybody knowing how many may
    ],
)
def test_another_place_needs_its_own_limit_and_plan(db: SQLAlchemy, place: dict[str, str], plan: Plan | None) -> None:
    event = make_event()
    with pytest.raises(PlanNeededError):
        change(event, place, plan=plan)
    assert (event.layout.venue.name, event.layout.max_persons) == ("Medborgerhuset, Havneby", 200)


def test_a_hall_elsewhere_that_is_too_small_takes_no_event(db: SQLAlchemy) -> None:
    event = make_event(seats=50, reserve_seats=10)
    with pytest.raises(HallTooSmallError):
        change(event, {"name": "Rådhuset"}, plan=Plan(59, "Plan 7"))
    change(event, {"name": "Rådhuset"}, plan=Plan(60, "Plan 7"))
    assert (event.layout.max_persons, event.layout.plan_reference) == (60, "Plan 7")


def test_a_draft_may_move_before_its_plan_is_known_and_an_address_may_be_filled_in(db: SQLAlchemy) -> None:
    draft = actions.create(make_case(), FACTS, Place("Medborgerhuset"), 120, by=None)
    change(draft, {"address": "Torvet 1"}, plan=None)
    assert draft.layout.max_persons == 120
    change(draft, {"name": "Rådhuset"}, plan=Plan(90, ""))
    assert (draft.layout.max_persons, draft.layout.plan_reference) == (90, "")
