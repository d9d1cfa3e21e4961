"""Where an event stands at each border of time, what its hall holds, and what it needs before it is published."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp.events import checklist_rules, rules, seat_words
from eventapp.events.errors import HallTooSmallError
from eventapp.events.forms import _on_or_after
from eventapp.events.models import Event, ProgrammeItem, Quota, QuotaKind
from eventapp.events.rules import Phase
from eventapp.languages import NO_WORDS, Wording
from tests.support.factories import DAY, STARTS_AT, make_case, make_event, make_layout

TICK = timedelta(microseconds=1)
ENDS_AT = STARTS_AT + timedelta(hours=2)
OPENS_AT = STARTS_AT - timedelta(days=30)
CLOSES_AT = STARTS_AT - timedelta(hours=2)


def event(**facts: object) -> Event:
    """A published event that is in no database."""
    times = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    sign_up = {"registration_opens_at": OPENS_AT, "registration_closes_at": CLOSES_AT}
    return Event(**{"published_at": OPENS_AT, **times, **sign_up, **facts})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (OPENS_AT - TICK, Phase.ANNOUNCED),
        (OPENS_AT, Phase.OPEN),
        (CLOSES_AT - TICK, Phase.OPEN),
        (CLOSES_AT, Phase.CLOSED),
        (STARTS_AT - TICK, Phase.CLOSED),
        (STARTS_AT, Phase.RUNNING),
        (ENDS_AT - TICK, Phase.RUNNING),
        (ENDS_AT, Phase.HELD),
        (ENDS_AT + timedelta(days=4000), Phase.HELD),
    ],
)
def test_each_border_belongs_to_what_begins_there(now: datetime, expected: Phase) -> None:
    assert rules.phase(event(), now) is expected


@pytest.mark.parametrize("now", [OPENS_AT - TICK, OPENS_AT, CLOSES_AT, STARTS_AT, ENDS_AT])
def test_called_off_wins_over_the_clock_and_a_draft_has_no_phase_but_draft(now: datetime) -> None:
    assert rules.phase(event(cancelled_at=OPENS_AT), now) is Phase.CANCELLED
    assert rules.phase(event(published_at=None), now) is Phase.DRAFT
    assert rules.phase(event(published_at=None, cancelled_at=OPENS_AT), now) is Phase.CANCELLED


def test_registration_that_closes_after_the_beginning_is_over_when_the_event_begins() -> None:
    late = event(registration_closes_at=ENDS_AT)
    assert rules.phase(late, STARTS_AT - TICK) is Phase.OPEN
    assert rules.phase(late, STARTS_AT) is Phase.RUNNING


def test_hall_is_full_to_the_last_chair_and_no_further() -> None:
    rules.check_hall(200, 15, [150, 20, 5, 10])
    with pytest.raises(HallTooSmallError):
        rules.check_hall(200, 16, [150, 20, 5, 10])
    with pytest.raises(HallTooSmallError):
        rules.check_hall(200, 15, [151, 20, 5, 10])
    with pytest.raises(HallTooSmallError):
        rules.check_hall(1, 2, [])


@pytest.mark.parametrize(
    ("taken", "waiting", "is_full"), [(0, 0, False), (9, 0, False), (10, 0, True), (9, 1, True), (10, 3, True)]
)
def test_free_seat_belongs_to_those_who_wait(taken: int, waiting: int, is_full: bool) -> None:
    seats = seat_words.Seats(10, 10 - taken, waiting)
    assert seats.is_full is is_full


def test_seats_of_others_do_not_count_as_seats_for_everybody() -> None:
    quotas = [
        Quota(kind=QuotaKind.PRESS, seats=40, taken=1, waiting=2),
        Quota(kind=QuotaKind.PUBLIC, seats=10, taken=7, waiting=0),
    ]
    assert seat_words.public_seats(Event(quotas=quotas)) == seat_words.Seats(10, 3, 0)


@pytest.mark.parametrize(
    ("taken", "waiting", "said"),
    [
        (8, 0, "2 ledige pladser"),
        (9, 0, "1 ledig plads"),
        (10, 0, "Ingen ledige pladser"),
        (10, 1, "1 person venter"),
        (9, 2, "2 personer venter"),
    ],
)
def test_sentence_about_seats_counts_one_and_many(app: Flask, taken: int, waiting: int, said: str) -> None:
    quota = Quota(kind=QuotaKind.PUBLIC, seats=10, taken=taken, waiting=waiting)
    with app.test_request_context():
        assert said in seat_words.seats_text(event(quotas=[quota]), OPENS_AT)


def test_sentence_tells_no_number_once_nobody_can_sign_up(app: Flask) -> None:
    free = [Quota(kind=QuotaKind.PUBLIC, seats=10, taken=0, waiting=0)]
    with app.test_request_context():
        said = [seat_words.seats_text(event(quotas=free), now) for now in (CLOSES_AT, STARTS_AT, ENDS_AT)]
        assert len(set(said)) == 3
        called_off = seat_words.seats_text(event(quotas=free, cancelled_at=OPENS_AT), OPENS_AT)
    assert not [one for one in (*said, called_off) if "10" in one]


@pytest.mark.parametrize(
    ("at", "earliest", "expected"),
    [
        (time(17), datetime(2024, 5, 14, 14, 30, tzinfo=UTC), datetime(2024, 5, 14, 15, tzinfo=UTC)),
        (time(16, 30), datetime(2024, 5, 14, 14, 30, tzinfo=UTC), datetime(2024, 5, 14, 14, 30, tzinfo=UTC)),
        (time(16, 29), datetime(2024, 5, 14, 14, 30, tzinfo=UTC), datetime(2024, 5, 15, 14, 29, tzinfo=UTC)),
        (time(0, 30), datetime(2024, 5, 14, 14, 30, tzinfo=UTC), datetime(2024, 5, 14, 22, 30, tzinfo=UTC)),
    ],
)
def test_time_of_day_before_the_doors_belongs_to_the_day_after(
    at: time, earliest: datetime, expected: datetime
) -> None:
    assert _on_or_after(DAY, at, earliest) == expected


def unmet(found: Event) -> list[str]:
    """Pages on which something is still to be done, in order."""
    return [one.endpoint.partition(".")[2] for one in checklist_rules.conditions(found) if not one.is_met]


@pytest.fixture
def ready(db: SQLAlchemy, app: Flask) -> Event:
    """A draft that lacks nothing."""
    found = make_event(published=False, photo_notice=Wording("Der bliver ikke fotograferet."))
    times = {"starts_at": found.starts_at, "ends_at": found.ends_at}
    found.programme.append(ProgrammeItem(position=1, title=Wording("Velkomst"), **times))
    db.session.flush()
    return found


def test_event_with_everything_lacks_nothing(ready: Event) -> None:
    assert unmet(ready) == []
    assert len(checklist_rules.conditions(ready)) == 9


def test_each_thing_that_is_missing_is_asked_for_on_its_own_page(ready: Event) -> None:
    ready.influence = NO_WORDS
    assert unmet(ready) == ["settings"]
    ready.photo_notice = NO_WORDS
    assert unmet(ready) == ["settings"] * 2
    ready.layout.plan_reference = ""
    assert unmet(ready) == ["hall", "settings", "settings"]
    ready.programme.clear()
    ready.categories.clear()
    assert unmet(ready) == ["hall", "settings", "settings", "programme", "programme"]


def test_both_address_and_the_way_in_are_needed(ready: Event) -> None:
    ready.layout.venue.address, address = "", ready.layout.venue.address
    assert unmet(ready) == ["settings"]
    ready.layout.venue.address, ready.layout.venue.access = address, NO_WORDS
    assert unmet(ready) == ["settings"]


def test_seats_must_be_there_and_fit_the_hall_with_the_reserve(ready: Event) -> None:
    ready.reserve_seats = 150
    assert unmet(ready) == []
    ready.reserve_seats = 151
    assert unmet(ready) == ["hall"]
    ready.reserve_seats, ready.quotas[0].seats = 0, 0
    assert unmet(ready) == ["hall"]


def test_registration_may_close_when_the_event_begins_but_not_later(ready: Event) -> None:
    ready.registration_closes_at = ready.starts_at
    assert unmet(ready) == []
    ready.registration_closes_at = ready.starts_at + TICK
    assert unmet(ready) == ["settings"]


def test_event_of_a_draft_case_waits_for_its_case(db: SQLAlchemy) -> None:
    found = make_event(make_case(published=False), layout=make_layout(), published=False)
    assert "case" in unmet(found)


def test_each_condition_and_its_reason_are_told_in_the_language_of_the_reader(ready: Event, app: Flask) -> None:
    told: dict[str, list[str]] = {}
    for lang in ("da", "en"):
        with app.test_request_context(), force_locale(lang):
            told[lang] = [text for one in checklist_rules.conditions(ready) for text in (one.text, one.why)]
        assert len(set(told[lang])) == len(told[lang]) == 18
    assert not set(told["da"]) & set(told["en"])


def test_each_condition_is_about_this_event(ready: Event) -> None:
    assert {one.event_id for one in checklist_rules.conditions(ready)} == {ready.id}
    assert [one.endpoint for one in checklist_rules.conditions(ready)] == [
        f"events_staff.{page}" for page in (*["hall"] * 2, *["settings"] * 3, *["programme"] * 2, "settings", "case")
    ]
