"""What an organiser may type about an event: which times follow one another, how many people, and whose evening."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from eventapp.clock import wall
from eventapp.events.actions import Place
from eventapp.events.forms import (
    CancelForm,
    CategoryForm,
    HallForm,
    NewEventForm,
    ProgrammeForm,
    SettingsForm,
    ThemeForm,
    kinds,
    quota_kinds,
)
from eventapp.events.models import Event, EventKind, Layout, ProgrammeItem, Quota, QuotaKind, Venue
from eventapp.languages import NO_WORDS, Wording
from tests.support.factories import STARTS_AT

pytestmark = pytest.mark.usefixtures("danish")

TIMES = {
    "title": "Debat",
    "starts_at": "2024-05-14T17:00",
    "ends_at": "2024-05-14T19:00",
    "doors_open_at": "2024-05-14T16:30",
    "registration_opens_at": "2024-04-01T10:00",
    "registration_closes_at": "2024-05-14T15:00",
    "venue_name": "Medborgerhuset",
    "max_persons": "200",
}
HALL = {"layout_name": "Stole", "max_persons": "200", "plan_reference": "", "reserve_seats": "0"}
SEATS = {"public": "100", "invited": "0", "press": "0", "crew": "0"}


def filled(form: type[Any], values: dict[str, str], **kept: Any) -> Any:
    """The form as somebody sends it; its own token is another subject."""
    return form(formdata=MultiDict(values), meta={"csrf": False}, **kept)


def faults(form: Any) -> list[str]:
    """Names of the fields that are wrong, in order."""
    form.validate()
    return [name for name, errors in form.errors.items() if errors]


def times(**typed: str) -> NewEventForm:
    form: NewEventForm = filled(NewEventForm, {**TIMES, **typed})
    assert form.validate(), form.errors
    return form


# --- times -------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_what_the_event_is_told() -> None:
    form = times(title_en="Debate", venue_address="  Torvet   1 ")
    assert form.fits()
    facts = form.facts()
    assert facts.title == Wording({"da": "Debat", "en": "Debate"})
    assert (facts.starts_at, facts.ends_at) == (STARTS_AT, STARTS_AT + timedelta(hours=2))
    assert facts.doors_open_at == STARTS_AT - timedelta(minutes=30)
    assert facts.registration_opens_at == datetime(2024, 4, 1, 8, tzinfo=UTC)
    assert facts.registration_closes_at == datetime(2024, 5, 14, 13, tzinfo=UTC)
    assert (facts.kind, facts.influence, facts.photo_notice) == (EventKind.DEBATE, NO_WORDS, NO_WORDS)
    assert form.place() == Place("Medborgerhuset", "Torvet 1")


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"ends_at": "2024-05-14T17:01"}, []),
        ({"ends_at": "2024-05-14T17:00"}, ["ends_at"]),
        ({"ends_at": "2024-05-14T16:59"}, ["ends_at"]),
        ({"doors_open_at": "2024-05-14T17:00"}, []),
        ({"doors_open_at": "2024-05-14T17:01"}, ["doors_open_at"]),
        ({"registration_closes_at": "2024-04-01T10:01"}, []),
        ({"registration_closes_at": "2024-04-01T10:00"}, ["registration_closes_at"]),
        ({"registration_closes_at": "2024-05-14T18:00"}, []),  # the checklist speaks of it, the form does not
        ({"ends_at": "2024-05-15T00:30"}, []),
        (
            {
                "ends_at": "2024-05-13T17:00",
                "doors_open_at": "2024-05-15T17:00",
                "registration_closes_at": "2024-03-01T10:00",
            },
            ["ends_at", "doors_open_at", "registration_closes_at"],
        ),
    ],
)
def test_times_follow_one_another_to_the_minute_and_each_fault_is_said_at_its_field(
    typed: dict[str, str], wrong: list[str]
) -> None:
    form = times(**typed)
    assert form.fits() is (wrong == [])
    assert sorted(name for name, errors in form.errors.items() if errors) == sorted(wrong)


def test_order_of_times_is_that_of_moments_and_not_of_the_clock_on_the_wall() -> None:
    """02.30 came twice that night; the later is meant, so half an hour of the event may look like none."""
    doubled = {"doors_open_at": "2024-10-27T01:00", "starts_at": "2024-10-27T01:59", "ends_at": "2024-10-27T02:00"}
    form = times(**doubled)
    assert form.fits()
    assert form.facts().ends_at - form.facts().starts_at == timedelta(minutes=61)


def test_event_over_the_night_when_the_clock_is_put_forward_is_an_hour_shorter() -> None:
    night = {"doors_open_at": "2024-03-30T22:00", "starts_at": "2024-03-30T23:00", "ends_at": "2024-03-31T03:00"}
    facts = times(**night).facts()
    assert facts.ends_at - facts.starts_at == timedelta(hours=3)


@pytest.mark.parametrize("name", [one for one in TIMES if one not in {"max_persons"}])
def test_each_of_them_must_be_given(name: str) -> None:
    for nothing in ("", "  "):
        assert faults(filled(NewEventForm, {**TIMES, name: nothing})) == [name]


@pytest.mark.parametrize("typed", ["2024-05-14", "17.00", "i morgen", "2024-02-30T17:00", "2024-03-31T02:00"])
def test_what_is_no_time_or_was_never_on_the_clock_is_refused(typed: str) -> None:
    assert faults(filled(NewEventForm, {**TIMES, "starts_at": typed})) == ["starts_at"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [("1", []), ("0", ["max_persons"]), ("-5", ["max_persons"]), ("100000", []), ("x", ["max_persons"])],
)
def test_hall_holds_at_least_one_person(typed: str, wrong: list[str]) -> None:
    assert faults(filled(NewEventForm, {**TIMES, "max_persons": typed})) == wrong


def test_title_may_be_two_hundred_letters_in_each_language_and_no_more() -> None:
    assert faults(filled(NewEventForm, {**TIMES, "title": "å" * 200, "title_en": "å" * 200})) == []
    assert faults(filled(NewEventForm, {**TIMES, "title": "å" * 201})) == ["title"]
    assert faults(filled(NewEventForm, {**TIMES, "title_en": "å" * 201})) == ["title"]
    assert faults(filled(NewEventForm, {**TIMES, "title": "Debat \0"})) == []  # what nobody sees is left out
    assert faults(filled(NewEventForm, {**TIMES, "title": "Debat 🎉"})) == []


# --- settings and hall -------------------------------------------------------------------------------------------


def stored() -> Event:
    """An event as it is stored, in no database."""
    venue = Venue(name="Medborgerhuset", address="Torvet 1", access=Wording("Elevator."))
    return Event(
        title=Wording({"da": "Debat", "en": "Debate"}),
        kind=EventKind.WORKSHOP,
        influence=Wording("Alt."),
        photo_notice=NO_WORDS,
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(hours=2),
        doors_open_at=STARTS_AT,
        registration_opens_at=STARTS_AT - timedelta(days=9),
        registration_closes_at=STARTS_AT,
        reserve_seats=7,
        layout=Layout(venue=venue, name="Stole", max_persons=120, plan_reference="Plan 12"),
        quotas=[Quota(kind=QuotaKind.PUBLIC, seats=80), Quota(kind=QuotaKind.CREW, seats=3)],
        programme=[],
    )


def test_settings_open_as_the_event_stands() -> None:
    event = stored()
    form = SettingsForm.of(event)
    assert form.place() == Place("Medborgerhuset", "Torvet 1", Wording("Elevator."))
    facts = form.facts()
    for name in facts.__dataclass_fields__:
        assert getattr(facts, name) == getattr(event, name), name


def test_hall_opens_as_the_event_stands_and_a_quota_that_is_not_there_has_no_seats() -> None:
    hall = HallForm.of(stored()).hall()
    assert (hall.name, hall.max_persons, hall.plan_reference, hall.reserve_seats) == ("Stole", 120, "Plan 12", 7)
    assert hall.seats == {QuotaKind.PUBLIC: 80, QuotaKind.INVITED: 0, QuotaKind.PRESS: 0, QuotaKind.CREW: 3}


@pytest.mark.parametrize("name", [*SEATS, "reserve_seats"])
def test_seats_are_whole_numbers_from_none(name: str) -> None:
    for typed, wrong in (("0", []), ("-1", [name]), ("1,5", [name]), ("100001", [name]), ("", [name])):
        assert faults(filled(HallForm, {**HALL, **SEATS, name: typed})) == wrong, typed


def test_each_kind_of_meeting_and_of_seat_can_be_chosen_once() -> None:
    assert [kind for kind, _text in kinds()] == list(EventKind)
    assert [kind for kind, _text in quota_kinds()] == list(QuotaKind)
    assert len({text for _kind, text in (*kinds(), *quota_kinds())}) == len(EventKind) + len(QuotaKind)
    assert faults(filled(CategoryForm, {"label": "Presse", "quota_kind": "balcony"})) == ["quota_kind"]
    assert filled(CategoryForm, {"label": "Presse", "quota_kind": "press"}).quota_kind.data == "press"


def test_words_for_those_who_wanted_to_come_are_needed_and_may_be_long() -> None:
    assert faults(filled(CancelForm, {"text": " \r\n "})) == ["text"]
    assert faults(filled(CancelForm, {"text": "x" * 5001})) == ["text"]
    form = filled(CancelForm, {"text": "Salen er\r\noversvømmet.\n\n"})
    assert (faults(form), form.text.data) == ([], "Salen er\noversvømmet.")


def test_theme_and_answer_have_room_for_what_fits_a_line() -> None:
    assert faults(filled(ThemeForm, {"title": "t" * 120})) == []
    assert faults(filled(ThemeForm, {"title": "t" * 121})) == ["title"]
    assert faults(filled(CategoryForm, {"label": "t" * 80, "quota_kind": "public"})) == []
    assert faults(filled(CategoryForm, {"label": "t" * 81, "quota_kind": "public"})) == ["label"]


# --- the programme -----------------------------------------------------------------------------------------------


def point(event: Event, starts: str, ends: str) -> tuple[datetime, datetime]:
    form = filled(ProgrammeForm, {"starts": starts, "ends": ends, "title": "Oplæg"})
    assert form.validate(), form.errors
    values = form.values(event)
    assert values["ends_at"] > values["starts_at"]
    return values["starts_at"], values["ends_at"]


def evening(day: date, begins: time) -> Event:
    starts_at = wall(day, begins)
    return Event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4), doors_open_at=starts_at)


def test_point_after_midnight_belongs_to_the_day_after() -> None:
    late = evening(date(2024, 5, 14), time(22))
    assert point(late, "23:30", "00:30") == (
        wall(date(2024, 5, 14), time(23, 30)),
        wall(date(2024, 5, 15), time(0, 30)),
    )
    assert point(late, "00:30", "01:00") == (wall(date(2024, 5, 15), time(0, 30)), wall(date(2024, 5, 15), time(1)))


def test_point_keeps_its_time_of_day_in_the_night_when_the_clock_changes() -> None:
    long = evening(date(2024, 10, 26), time(23))
    starts_at, ends_at = point(long, "23:30", "04:00")
    assert (starts_at, ends_at) == (wall(date(2024, 10, 26), time(23, 30)), wall(date(2024, 10, 27), time(4)))
    assert ends_at - starts_at == timedelta(hours=5, minutes=30)


def test_stored_point_opens_with_its_danish_times_of_day_summer_and_winter() -> None:
    for day in (date(2024, 7, 1), date(2024, 12, 1)):
        begins, ends = wall(day, time(17, 5)), wall(day, time(17, 45))
        form = ProgrammeForm.of(
            ProgrammeItem(starts_at=begins, ends_at=ends, title=Wording("Oplæg"), speaker="Ordstyrer")
        )
        assert (form.starts.data, form.ends.data, form.speaker.data) == (time(17, 5), time(17, 45), "Ordstyrer")
    assert ProgrammeForm().starts.data is None


def test_point_that_takes_no_time_is_wrong_at_its_end() -> None:
    same = {"starts": "17:00", "ends": "17:00", "title": "Oplæg"}
    assert faults(filled(ProgrammeForm, same)) == ["ends"]
    assert faults(filled(ProgrammeForm, {**same, "ends": ""})) == ["ends"]
    assert faults(filled(ProgrammeForm, {**same, "ends": "25:00"})) == ["ends"]
