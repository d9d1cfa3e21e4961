"""The Danish alphabet."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.formats.names import danish_key

NAMES = "Andersen, Bech, Myller, Müller, Møller, Möller, Sørensen, Zacho, Ægidius, Østergaard, Ågård, Aagaard, Åkjær"
PLACES = "Nygård, Nygaard, Sandgærdet, Sandgaard, Ørsted, Aalborg"


@pytest.mark.parametrize("names", [NAMES, PLACES])
def test_names_stand_as_in_the_handbook(names: str) -> None:
    right = names.split(", ")
    mixed = random.Random(7).sample(right, len(right))
    assert sorted(mixed, key=danish_key) == right


def test_capital_comes_before_small_and_plain_before_accent_when_that_is_all() -> None:
    assert danish_key("Bo") < danish_key("bo") < danish_key("Bo Hansen") < danish_key("Bodil")
    assert danish_key("Nguyen") < danish_key("Nguyễn") < danish_key("Nguyena")


@given(st.text(), st.text())
def test_the_key_is_the_same_for_the_same_text_and_can_always_be_stored(one: str, other: str) -> None:
    assert danish_key(one) == danish_key(one)
    assert "\0" not in danish_key(one.replace("\0", ""))
    assert (danish_key(one) < danish_key(other)) != (danish_key(one) >= danish_key(other))
