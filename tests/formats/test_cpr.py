"""What looks like a CPR number and what does not (LAW-05). The only number here is the published test person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.formats.cpr import find, looks_like_cpr


@pytest.mark.parametrize(
    "text",
    [
        "251248-9996",
        "2512489996",
        "25 12 48 9996",
        "251248 9996",
        "Jeg er 251248–9996.",
        "(251248 - 9996)",
        "251248‑9996",
    ],
)
def test_the_ways_of_writing_a_number_are_found(text: str) -> None:
    assert looks_like_cpr(text)


@pytest.mark.parametrize(
    "text",
    [
        "33 66 33 66",
        "+45 33 66 33 66",
        "CVR 64942212",
        "2018-0087069",
        "28.09.2023 17.00-19.00",
        "2023-09-28 1700",
        "999999-9999",
        "310248-9996",  # no 31 February
        "290201-4000",  # 2001 had no 29 February
        "1251248-9996",
        "251248-99961",
        "kl. 10.15-12.00",
        "1.251.248.9996",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert find(text) == []


def test_a_number_that_fails_modulus_11_is_found_all_the_same() -> None:
    assert find("251248-9997") == ["251248-9997"]


def test_leap_day_is_judged_by_the_century_that_the_seventh_digit_tells() -> None:
    assert looks_like_cpr("290200-4000")
    assert not looks_like_cpr("290200-0000")


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    assert all(one in text for one in find(text))
