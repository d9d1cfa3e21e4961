"""What may leave the team: no small group, and nothing that gives one away."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.statistics import summary_rules
from eventapp.statistics.definition_words import Key
from eventapp.statistics.disclosure_rules import SMALL, WITHHELD, Shown, protected
from eventapp.statistics.queries import Figures, Group
from eventapp.statistics.rules import Counts, total
from eventapp.statistics.summary_rules import OF_THE_EVENING, ShownGroup

NUMBERS = st.integers(0, 30)


@st.composite
def evenings(draw: st.DrawFn) -> Figures:
    """Two to six groups of an event that is over, or is not."""
    is_over = draw(st.booleans())
    names = ("confirmed", "waiting", "cancelled", "came", "walk_ins", "confirmed_who_came")
    counts = st.builds(Counts, **dict.fromkeys(names, NUMBERS), is_over=st.just(is_over))
    groups = [Group(None, one) for one in draw(st.lists(counts, min_size=2, max_size=6))]
    return Figures(groups, total((one.counts for one in groups), is_over=is_over), None, None, 0)


@pytest.mark.parametrize(("number", "outside"), [(0, 0), (1, SMALL), (4, SMALL), (5, 5), (None, None)])
def test_one_to_four_are_hidden(number: int | None, outside: object) -> None:
    assert protected({"a": number}, []) == {"a": outside}


def test_what_would_give_a_small_group_away_is_left_out() -> None:
    found = protected({"a": 2, "b": 9, "c": 7, "all": 18}, [("a", "b", "c", "all")])
    assert found == {"a": SMALL, "b": 9, "c": WITHHELD, "all": 18}


def test_two_hidden_ones_hide_each_other() -> None:
    assert protected({"a": 2, "b": 3, "all": 5}, [("a", "b", "all")])["all"] == 5


@given(evenings())
def test_wherever_figures_add_up_none_is_hidden_or_at_least_two_are(figures: Figures) -> None:
    rows = shown(figures)
    for key in list(rows[0].numbers):
        assert hidden(row.numbers[key] for row in rows) != 1
    for row in rows:
        assert hidden(row.numbers[key] for key in (Key.REGISTERED, Key.CONFIRMED, Key.WAITING)) != 1
        if row.numbers[Key.NO_SHOWS] is not None:
            assert hidden(row.numbers[key] for key in OF_THE_EVENING) != 1


@given(evenings())
def test_no_small_number_is_shown_and_the_team_sees_all(figures: Figures) -> None:
    for row in shown(figures):
        assert not [number for number in row.numbers.values() if number in {1, 2, 3, 4}]
    for row in shown(figures, hides_small=False):
        assert not [number for number in row.numbers.values() if isinstance(number, str)]


@given(evenings())
def test_a_share_is_told_only_where_all_its_figures_are(figures: Figures) -> None:
    for row in shown(figures):
        if isinstance(row.share, int | float):
            assert hidden(row.numbers[key] for key in OF_THE_EVENING) == 0


def hidden(numbers: Iterable[Shown]) -> int:
    return sum(isinstance(number, str) for number in numbers)


def shown(figures: Figures, *, hides_small: bool = True) -> list[ShownGroup]:
    """Names of groups are translated, which needs an application; the numbers do not."""
    counted = [*(one.counts for one in figures.groups), figures.total]
    rows = summary_rules._shown([summary_rules._numbers(one) for one in counted], hides_small=hides_small)
    return [ShownGroup("", row, summary_rules._share(counts, row)) for counts, row in zip(counted, rows, strict=True)]
