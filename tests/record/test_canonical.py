"""One spelling for every value, the same in Python and in the browser (R17)."""

import json
import unicodedata

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp.record.canonical import CanonicalError, canonical, encoded
from tests.record.page_verifier import PageVerifier

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def test_the_same_letter_typed_in_two_ways_is_written_once():
    assert canonical("caf\u00e9") == canonical("cafe\u0301") == '"café"'.encode()


def test_names_are_sorted_by_utf16_units_as_the_rfc_wants():
    written = encoded({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7})
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("value", [1.5, 1.0, 2**53, "\ud800", {"a": "\udfff"}, b"bytes", {1: 2}, object()])
def test_what_two_readers_might_read_differently_is_refused(value):
    with pytest.raises(CanonicalError):
        canonical(value)


def test_two_names_that_become_one_are_refused():
    with pytest.raises(CanonicalError):
        canonical({"\u00e9": 1, "e\u0301": 2})


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_texts_are_written_as_the_reference_library_writes_them(text):
    assert encoded(text) == rfc8785.dumps(text)


def test_a_million_characters_are_no_trouble():
    text = 'æøå\n"\\\u0001😀' * 125_000
    assert encoded(text) == rfc8785.dumps(text)


@given(VALUES)
@settings(max_examples=500, deadline=None)
def test_a_value_comes_back_as_it_was_written(value):
    written = canonical(value)
    assert canonical(json.loads(written)) == written


def test_python_and_browser_write_the_same_bytes(page_verifier: PageVerifier):
    values = []

    @given(VALUES)
    @settings(max_examples=2000, deadline=None, database=None)
    def collect(value):
        values.append(json.loads(canonical(value)))

    collect()
    values += ["e\u0301", "\u1e9b\u0323", "😀👨‍👩‍👧", "\u2028\u2029\u007f", {"\U0001f600": 1, "\ufb33": 2}]
    assert page_verifier.canonical(values) == [encoded(value).decode() for value in values]


def test_python_and_browser_normalise_the_same(page_verifier: PageVerifier):
    """Signs that both know: those of the Unicode version that this Python has."""
    signs = [chr(code) for code in range(0x20, 0x30000) if unicodedata.category(chr(code)) not in {"Cn", "Cs", "Co"}]
    lines = ["a".join(signs[start : start + 500]) for start in range(0, len(signs), 500)]
    assert page_verifier.normalised(lines) == [unicodedata.normalize("NFC", line) for line in lines]
