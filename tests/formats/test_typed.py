"""What is typed becomes what is seen: one text for what looks the same, and nothing refused for what is not seen."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from eventapp.formats import typed

STEP = 97  # of the large blocks, whose signs are all alike
ALL = [
    chr(number)
    for number in range(sys.maxunicode + 1)
    if number < 0x3400 or 0xD7F0 < number < 0x20000 or number % STEP == 0
]
ALL = [sign for sign in ALL if unicodedata.category(sign) not in {"Cn", "Co"} or ord(sign) % STEP == 0]


def test_every_sign_of_unicode_is_taken_and_a_second_time_changes_nothing() -> None:
    for sign in ALL:
        for written in (sign, f"a{sign}b", f"{sign}\u0301"):
            once = typed.text(written)
            assert typed.text(once) == once
            once.encode()
            assert not {unicodedata.category(one) for one in once.replace("\n", "").replace("\t", "")} & {"Cc", "Cs"}


def test_letters_marks_figures_and_symbols_stay_what_they_are() -> None:
    for sign in ALL:
        if unicodedata.category(sign)[0] in "LNPS" and unicodedata.is_normalized("NFC", sign):
            is_blank = sign in "\u3164\uffa0\u115f\u1160\u2800"
            assert typed.line(f"a {sign} b") == (f"a {sign} b" if not is_blank or sign == "\u2800" else "a b"), ascii(
                sign
            )


@pytest.mark.parametrize("sign", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_whatever_breaks_a_line_in_some_program_breaks_it_here(sign: str) -> None:
    assert typed.text(f"Første linje{sign}anden linje") == "Første linje\nanden linje"
    assert typed.line(f"Første linje{sign}anden linje") == "Første linje anden linje"


@pytest.mark.parametrize(
    "sign", ["", " ", "\u200b", "\u200d", "\u3164", "\u2800", "\u00a0", "\u0301", "\u202e", "\ufeff", "\x00"]
)
def test_what_is_blank_to_the_eye_is_nothing(sign: str) -> None:
    assert typed.line(sign * 3) == typed.text(sign) == ""


def test_joiners_stay_where_they_carry_meaning_and_go_where_they_do_not() -> None:
    family, persian = "\U0001f468\u200d\U0001f469\u200d\U0001f467", "می\u200cخواهم"
    assert typed.line(f"{family} {persian}") == f"{family} {persian}"
    assert typed.line("An\u200dna \u200cHansen") == "Anna Hansen"


@pytest.mark.parametrize(
    "name",
    [
        "Århus Forening",
        "A\u030arhus Forening",
        "Århus  Forening",
        "Århus Forening ",
        "Århus\u200b Forening",
        "ÅRHUS FORENING",
    ],
)
def test_names_that_look_the_same_are_the_same(name: str) -> None:
    assert typed.key(name) == typed.key("Århus Forening")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" anna@example.org\u200b ", "anna@example.org"),
        ("kontor@blåbærgrød.example.org", "kontor@xn--blbrgrd-fxak7p.example.org"),
        ("æøå@example.org", ""),
        ("anna@example", ""),
        ("anna", ""),
        ("a@b@example.org", ""),
        ("anna@example.org, bo@example.org", ""),
    ],
)
def test_an_address_is_taken_as_the_sender_takes_it_or_not_at_all(written: str, kept: str) -> None:
    assert typed.mail_address(written) == kept
