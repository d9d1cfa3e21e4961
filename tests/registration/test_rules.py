"""What decides over signing up, to the second: values in, answer out."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from eventapp.registration import rules, ticket_rules
from eventapp.registration.models import RegistrationState, Suspicion
from tests.support.factories import SIGN_UP_AT

TICK = timedelta(microseconds=1)
CONFIRMED, WAITING, CANCELLED = RegistrationState


@pytest.mark.parametrize(
    ("trap", "after", "expected"),
    [
        ("", timedelta(), Suspicion.HASTE),
        ("", rules.QUICKEST - TICK, Suspicion.HASTE),
        ("", rules.QUICKEST, Suspicion.NONE),
        ("", None, Suspicion.NONE),  # a form that does not say when it was drawn is no proof of anything
        ("x", None, Suspicion.TRAP),
        ("x", timedelta(), Suspicion.TRAP),
        ("x", timedelta(hours=1), Suspicion.TRAP),
    ],
)
def test_what_looks_like_a_program(trap, after, expected) -> None:
    drawn_at = None if after is None else SIGN_UP_AT
    sent_at = SIGN_UP_AT + (after or timedelta())
    assert rules.suspicion(trap=trap, drawn_at=drawn_at, sent_at=sent_at) is expected


def test_the_same_content_has_one_fingerprint_in_whatever_order_it_is_told() -> None:
    assert rules.content_hash({"a": 1, "b": {"x": 1, "y": 2}}) == rules.content_hash({"b": {"y": 2, "x": 1}, "a": 1})
    others: list[dict[str, Any]] = [
        {"a": 1},
        {"a": "1"},
        {"a": 1, "b": ""},
        {"b": 1},
        {"a": "Åse"},
        {"a": "Aase"},
        {"a": "A\u030ase"},
    ]
    assert len({rules.content_hash(one) for one in others}) == len(others)


def test_the_fingerprint_of_what_was_stored_before_stays_the_same() -> None:
    """A form that waits in a browser since before an update must still be known as sent."""
    known = "f9c9494935a5201b36c8966e8a353e28ec5e58c53e67cb89f4341ce522ed456c"
    assert rules.content_hash({"name": "Åse", "email": "aase@example.org"}) == known


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ((), CANCELLED),
        ((CANCELLED,), CANCELLED),
        ((CONFIRMED,), CONFIRMED),
        ((WAITING,), WAITING),
        ((CANCELLED, CONFIRMED, CANCELLED), CONFIRMED),
        ((CANCELLED, WAITING, WAITING), WAITING),
    ],
)
def test_a_booking_stands_where_those_stand_who_still_want_to_come(heads, expected) -> None:
    for order in permutations(heads):
        assert rules.state_of(order) is expected


@pytest.mark.parametrize(
    ("heads", "seats", "expected"),
    [(1, 0, True), (2, 0, False), (1, 1, True), (2, 1, False), (2, 2, True), (3, 2, False)],
)
def test_a_group_must_fit_into_all_seats_and_one_alone_may_always_wait(heads, seats, expected) -> None:
    assert rules.fits(heads, seats) is expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [(-TICK, False), (timedelta(), True), (rules.FRESH - TICK, True), (rules.FRESH, False), (timedelta(days=1), False)],
)
def test_a_booking_is_fresh_for_a_quarter_of_an_hour(after, expected) -> None:
    assert rules.is_fresh(SIGN_UP_AT, SIGN_UP_AT + after) is expected


# --- codes ---------------------------------------------------------------------------------------------------

CODE = "ABCDEFGHIJKLMNOPQRSTUVWXY2"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        CODE.lower(),
        f"  {CODE}\n",
        f"https://deltag.example.org/t/{CODE}",
        f"HTTPS://DELTAG.EXAMPLE.ORG/T/{CODE}//",
        "ABCD EFGH IJKL MNOP QRST UVWX Y2",
        "abcd-efgh-ijkl-mnop-qrst-uvwx-y2",
        CODE.replace("O", "0").replace("I", "1").replace("B", "8"),
    ],
)
def test_a_code_is_found_in_an_address_and_however_it_is_typed(text: str) -> None:
    assert ticket_rules.code_in(text) == CODE


@pytest.mark.parametrize("text", [f"{CODE}/x", f"x{CODE}", f"{CODE}9", CODE.replace("A", "9"), f"{CODE}?a=1"])
def test_something_beside_the_code_is_no_code(text: str) -> None:
    assert ticket_rules.code_in(text) is None


def test_a_code_is_read_aloud_in_groups_of_four() -> None:
    assert ticket_rules.grouped(CODE) == "ABCD EFGH IJKL MNOP QRST UVWX Y2"


@pytest.mark.engines("sqlite")
def test_each_ticket_and_each_booking_has_a_secret_of_its_own(app) -> None:
    with app.app_context():
        codes = [ticket_rules.code(*one) for one in (("a" * 32, 1), ("a" * 32, 2), ("b" * 32, 1))]
        links = [ticket_rules.link_token(one * 32) for one in "ab"]
        assert codes == [ticket_rules.code(*one) for one in (("a" * 32, 1), ("a" * 32, 2), ("b" * 32, 1))]
    assert len({*codes, *links}) == 5
    assert [len(one) for one in codes] == [26] * 3
