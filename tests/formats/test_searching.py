"""What a name is found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.formats import searching

LETTERS = st.text("aaeoubrnø åæ-'\u0301é", max_size=12)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Åse Sørensen", ("ase", "sorensen")),
        ("SOERENSEN,  aase", ("sorensen", "ase")),
        ("Siobhán O’Brien", ("siobhan", "o", "brien")),
        ("Anne-Marie Juhl Juhl", ("anne", "marie", "juhl")),
        ("Þór Ægisson Œuvré Łódź ßü", ("thor", "agisson", "ouvre", "lodz", "ssu")),
        ("ʻOkina `x´", ("okina", "x")),
        ("😀 ١٢", ("😀", "١٢")),
        ("a1 b2 c3 d4 e5 f6 g7", ("a1", "b2", "c3", "e5", "f6", "g7")),
        ('"\\%_ \x00', ()),
        ("", ()),
    ],
)
def test_words_are_what_is_left_when_spelling_does_not_count(name: str, words: tuple[str, ...]) -> None:
    assert searching.words(name) == words


@given(LETTERS, st.integers(0, 12))
def test_the_beginning_of_a_word_is_found_by_whatever_has_been_typed_of_it(word: str, end: int) -> None:
    typed, whole = searching.words(word[:end]), searching.words(word)
    assert len(typed) > 5 or all(any(one.startswith(part) for one in whole) for part in typed)


@given(st.text())
def test_words_hold_nothing_that_a_statement_or_json_could_take_for_something_else(name: str) -> None:
    assert not set("".join(searching.words(name))) & set('"\\%_\x00 ')


@given(st.text("bcdæø", min_size=3, max_size=9), st.integers(0, 8), st.sampled_from("bcz"))
def test_each_single_error_is_undone(word: str, at: int, letter: str) -> None:
    (meant,) = searching.words(word)
    at %= len(meant)
    before, after = meant[:at], meant[at:]
    errors = {before + after[1:], before + letter + after, before + letter + after[1:]}
    errors.add(before + after[1:2] + after[:1] + after[2:])
    for typed in errors - {meant}:
        assert len(typed) < searching.FEWEST_WITH_ERROR or meant in searching.near(typed), typed


def test_short_words_are_right_and_of_long_ones_the_beginning_is_typed() -> None:
    assert searching.near("bo") == set()
    assert searching.near("x" * 31) == set()
    assert "bob" in searching.near("bop")
    assert "bop" not in searching.near("bop")


def test_an_alphabet_is_that_of_the_word() -> None:
    assert "ελενη" in searching.near("ελανη")
    assert "наталия" in searching.near("наталья")
