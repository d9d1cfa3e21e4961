"""Figures as their reader sees them: names, sums, shares, arrivals, and the sentence that comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.statistics import sentence_words
from eventapp.statistics.definition_words import DEFINITIONS, Key
from eventapp.statistics.disclosure_rules import SMALL, WITHHELD, Shown, is_small, protected
from eventapp.statistics.queries import Figures, Group
from eventapp.statistics.rules import Counts, floor, total
from eventapp.statistics.summary_rules import ShownGroup, arrivals_shown, group_name, groups_shown

DOORS = datetime(2024, 5, 14, 14, 30, tzinfo=UTC)
STEP = timedelta(minutes=5)
CITIZEN = Category(label=Wording({"da": "Borger", "en": "Citizen"}))
PRESS = Category(label=Wording({"da": "Presse", "en": "Press"}))


def figures(*groups: tuple[Category | None, Counts], is_over: bool = True) -> Figures:
    listed = [Group(category, counts) for category, counts in groups]
    return Figures(listed, total((one.counts for one in listed), is_over=is_over), None, None, 0)


def over(confirmed: int, came: int, *, waiting: int = 0, cancelled: int = 0, walk_ins: int = 0) -> Counts:
    """A group of an event that is over; ``came`` are those with a seat, walk-ins come on top."""
    return Counts(confirmed, waiting, cancelled, came + walk_ins, walk_ins, came, is_over=True)


# --- the table ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("danish")
def test_groups_stand_by_name_and_all_of_them_last() -> None:
    shown = groups_shown(figures((CITIZEN, over(20, 15)), (PRESS, over(9, 9)), (None, over(6, 0))), hides_small=False)
    assert [str(one.name) for one in shown] == ["Borger", "Presse", "Ikke oplyst", "Alle"]
    assert [one.numbers[Key.CAME] for one in shown] == [15, 9, 0, 24]
    assert [one.numbers[Key.NO_SHOWS] for one in shown] == [5, 0, 6, 11]
    assert [one.share for one in shown] == [75, 100, 0, 68.6]


def test_names_of_groups_follow_the_language_of_the_reader(bare_app: Flask) -> None:
    with bare_app.test_request_context("/?lang=en"):
        shown = groups_shown(figures((CITIZEN, over(20, 15)), (None, over(6, 0))), hides_small=False)
        assert [str(one.name) for one in shown] == ["Citizen", "Not stated", "All"]
        assert str(group_name(Group(PRESS, Counts()))) == "Press"


@pytest.mark.usefixtures("danish")
def test_each_number_stands_under_its_own_definition() -> None:
    counts = Counts(confirmed=64, waiting=32, cancelled=16, came=58, walk_ins=8, confirmed_who_came=50, is_over=True)
    (line, _all) = groups_shown(figures((CITIZEN, counts)), hides_small=False)
    assert line.numbers == {
        Key.REGISTERED: 96,
        Key.CONFIRMED: 64,
        Key.WAITING: 32,
        Key.CANCELLED: 16,
        Key.CAME: 58,
        Key.NO_SHOWS: 14,
        Key.WALK_INS: 8,
    }
    assert [*line.numbers, Key.SHARE] == list(Key) == list(DEFINITIONS)


@pytest.mark.usefixtures("danish")
def test_while_the_event_lasts_there_is_neither_no_show_nor_share() -> None:
    counts = Counts(confirmed=20, came=15, confirmed_who_came=15)
    for hides_small in (True, False):
        for line in groups_shown(figures((CITIZEN, counts), is_over=False), hides_small=hides_small):
            assert (line.numbers[Key.NO_SHOWS], line.share) == (None, None)
            assert line.numbers[Key.CAME] == 15


@pytest.mark.usefixtures("danish")
def test_share_without_any_seat_is_unknown_and_not_naught() -> None:
    (line, whole) = groups_shown(figures((CITIZEN, over(0, 0, walk_ins=7))), hides_small=False)
    assert (line.share, whole.share) == (None, None)


@pytest.mark.usefixtures("danish")
@pytest.mark.parametrize(
    ("confirmed", "came", "share"), [(8, 8, 100), (8, 6, 75), (8, 7, 87.5), (7, 6, 85.7), (200, 199, 99.5)]
)
def test_share_has_one_decimal_where_it_needs_one(confirmed: int, came: int, share: float) -> None:
    (line, _all) = groups_shown(figures((CITIZEN, over(confirmed, came))), hides_small=False)
    assert line.share == share
    assert isinstance(line.share, int) is (share == int(share))


@pytest.mark.usefixtures("danish")
def test_share_is_withheld_where_it_would_tell_who_did_not_come() -> None:
    shown = groups_shown(figures((CITIZEN, over(20, 18)), (PRESS, over(30, 10))), hides_small=True)
    assert [one.numbers[Key.NO_SHOWS] for one in shown] == [SMALL, WITHHELD, 22]
    assert [one.share for one in shown] == [WITHHELD, WITHHELD, 56]
    assert {one.numbers[Key.WAITING] for one in shown} == {0}


@pytest.mark.usefixtures("danish")
def test_one_person_in_line_hides_another_figure_of_the_row_and_of_the_column() -> None:
    first, second, whole = groups_shown(
        figures((CITIZEN, over(20, 10, waiting=1)), (PRESS, over(30, 10, waiting=9))), hides_small=True
    )
    assert first.numbers[Key.WAITING] == SMALL
    assert WITHHELD in {first.numbers[Key.CONFIRMED], first.numbers[Key.REGISTERED]}
    assert [second.numbers[Key.WAITING], whole.numbers[Key.WAITING]].count(WITHHELD) >= 1


@pytest.mark.usefixtures("danish")
def test_groups_of_five_and_more_and_of_nobody_are_shown_to_everybody() -> None:
    counted = figures((CITIZEN, over(20, 15, waiting=5, cancelled=5, walk_ins=5)), (PRESS, over(0, 0)))
    assert groups_shown(counted, hides_small=True) == groups_shown(counted, hides_small=False)


# --- small groups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "small"), [(None, False), (0, False), (1, True), (4, True), (5, False), (99, False)]
)
def test_small_is_from_one_to_four(number: int | None, small: bool) -> None:
    assert is_small(number) is small


def test_of_those_that_could_hide_it_the_smallest_goes_and_nobody_only_as_the_last() -> None:
    assert protected({"a": 1, "b": 0, "c": 7, "d": 8}, ["abcd"]) == {"a": SMALL, "b": 0, "c": WITHHELD, "d": 8}
    assert protected({"a": 1, "b": 0}, ["ab"]) == {"a": SMALL, "b": WITHHELD}


def test_figure_that_is_not_known_yet_hides_nothing_and_is_not_hidden() -> None:
    assert protected({"a": 2, "b": None, "c": 9}, ["abc"]) == {"a": SMALL, "b": None, "c": WITHHELD}
    assert protected({"a": 2, "b": None}, ["ab"]) == {"a": SMALL, "b": None}


def test_what_is_hidden_for_one_sum_is_looked_at_again_in_the_next() -> None:
    found = protected({"a": 2, "b": 9, "c": 20, "d": 30}, ["ab", "bcd"])
    assert found == {"a": SMALL, "b": WITHHELD, "c": WITHHELD, "d": 30}


def test_small_figure_that_is_part_of_no_sum_hides_nothing_else() -> None:
    assert protected({"a": 2, "b": 9, "c": 11}, ["bc"]) == {"a": SMALL, "b": 9, "c": 11}
    assert protected({"a": 2}, ["a"]) == {"a": SMALL}


# --- arrivals ----------------------------------------------------------------------------------------------------


def steps(*numbers: int) -> list[tuple[datetime, int]]:
    return [(DOORS + place * STEP, number) for place, number in enumerate(numbers)]


def test_team_sees_arrivals_as_they_are() -> None:
    assert arrivals_shown(steps(2, 0, 40), hides_small=False) == steps(2, 0, 40)
    assert arrivals_shown([], hides_small=False) == arrivals_shown([], hides_small=True) == []


def test_one_small_step_is_not_to_be_had_by_subtracting_the_others() -> None:
    shown = [number for _at, number in arrivals_shown(steps(2, 0, 40, 12), hides_small=True)]
    assert shown == [SMALL, 0, 40, WITHHELD]


def test_a_single_small_step_stays_hidden_although_the_sum_is_the_same_number() -> None:
    assert arrivals_shown(steps(3), hides_small=True) == [(DOORS, SMALL)]


def test_five_minutes_begin_by_the_clock_on_the_wall_also_when_it_is_put_back() -> None:
    for moment in (datetime(2024, 10, 27, 0, 59, 59, 999999, UTC), datetime(2024, 10, 27, 1, 59, 59, 1, UTC)):
        assert floor(moment) == moment.replace(minute=55, second=0, microsecond=0)
    assert floor(DOORS) == DOORS


# --- the sentence ------------------------------------------------------------------------------------------------


EVENING = Event(doors_open_at=DOORS)
TICK = timedelta(microseconds=1)


def group(name: str, came: Shown = 0, registered: Shown = 0, waiting: Shown = 0) -> ShownGroup:
    numbers: dict[Key, Shown] = {Key.CAME: came, Key.REGISTERED: registered, Key.WAITING: waiting}
    return ShownGroup(name, numbers, None)


def says(*groups: ShownGroup, contributed: int = 0, now: datetime = DOORS) -> str:
    return sentence_words.of(EVENING, groups, contributed, now)


@pytest.mark.usefixtures("danish")
def test_before_the_doors_open_it_tells_who_is_awaited_and_not_that_nobody_came() -> None:
    whole = group("Alle", registered=13, waiting=3)
    assert says(whole, now=DOORS - TICK) == "13 tilmeldte, heraf 3 på venteliste."
    assert says(group("Alle", registered=13), now=DOORS - TICK) == "13 tilmeldte."
    assert says(whole, now=DOORS) == "13 tilmeldte, heraf 3 på venteliste."


@pytest.mark.usefixtures("danish")
def test_who_was_let_in_early_is_told_before_the_doors_open() -> None:
    assert says(group("Alle", came=9, registered=13), now=DOORS - TICK) == "13 tilmeldte, 9 mødte."


@pytest.mark.usefixtures("danish")
def test_largest_group_is_named_unless_two_are_as_large_or_nobody_came() -> None:
    whole = group("Alle", came=30, registered=40)
    assert says(group("Borger", 20), group("Presse", 10), whole).endswith("flest: Borger.")
    assert says(group("Borger", 10), group("Presse", 20), whole).endswith("flest: Presse.")
    assert "flest" not in says(group("Borger", 15), group("Presse", 15), whole)
    assert "flest" not in says(group("Borger", 0), group("Presse", 0), whole)
    assert "flest" not in says(whole)


@pytest.mark.usefixtures("danish")
def test_what_is_hidden_in_the_figures_is_hidden_in_the_sentence() -> None:
    whole = group("Alle", came=SMALL, registered=SMALL, waiting=SMALL)
    small = "&lt;5 tilmeldte, heraf &lt;5 på venteliste"
    assert says(group("Borger", SMALL), group("Presse", WITHHELD), whole) == f"{small}, &lt;5 mødte."
    assert says(group("Borger", SMALL), group("Presse", 12), group("Alle", 15, 40)).endswith("flest: Presse.")
    assert says(whole, now=DOORS - timedelta(days=9)) == f"{small}, &lt;5 mødte."


@pytest.mark.usefixtures("danish")
def test_what_is_withheld_is_left_out_of_the_sentence_and_no_dot_stands_for_it() -> None:
    nothing = group("Alle", came=WITHHELD, registered=WITHHELD, waiting=WITHHELD)
    assert says(group("Alle", came=WITHHELD, registered=13)) == "13 tilmeldte."
    assert says(group("Alle", came=13, registered=WITHHELD)) == "13 mødte."
    assert says(group("Alle", registered=13, waiting=WITHHELD), now=DOORS - TICK) == (
        "13 tilmeldte, ventelisten medregnet."
    )
    assert says(nothing) == says(nothing, now=DOORS - TICK) == ""
    assert says(nothing, contributed=5) == "5 har skrevet bagefter."


@pytest.mark.usefixtures("danish")
def test_those_who_wrote_afterwards_are_counted_one_and_many() -> None:
    whole = group("Alle", came=20, registered=30)
    assert says(whole, contributed=1) == "30 tilmeldte, 20 mødte; 1 har skrevet bagefter."
    assert says(whole, contributed=7) == "30 tilmeldte, 20 mødte; 7 har skrevet bagefter."


def test_one_who_signed_up_is_one_in_each_language(bare_app: Flask) -> None:
    for lang, sentence in (("da", "1 tilmeldt."), ("en", "1 registered.")):
        with bare_app.test_request_context(f"/?lang={lang}"):
            assert says(group("", registered=1)) == sentence
