"""200 people for 50 seats, all at the same moment, through the door that everybody uses."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.storm import books
from tests.storm.crowd import crowd
from tests.storm.places import open_event
from tests.storm.visitors import Letter, Told, Visitor, sign_up
from tests.support.html import Page
from tests.support.live import LiveServer

SEATS, PEOPLE, READERS = 50, 200, 16
NUMBER = re.compile(r"You are number (\d+) on the waiting list")


@pytest.mark.seconds(300)
def test_of_200_people_at_once_50_get_a_ticket_and_150_are_told_places_1_to_150(live_server: LiveServer) -> None:
    form = open_event(live_server, seats=SEATS)
    earlier = books.keys(live_server.instance)
    with crowd(live_server.address, READERS) as citizens:
        visitors = [Visitor(citizens.street) for _ in range(PEOPLE)]
        told = all_at_once(visitors, [sign_up(form, number) for number in range(PEOPLE)])
        waiting = [one for one in told if one.page.startswith("/w/")]
        assert (len(told) - len(waiting), len({one.page for one in told})) == (SEATS, PEOPLE)
        shown = citizens.all(lambda one: place_shown(Visitor(citizens.street), one), waiting)
        assert sorted(shown) == list(range(1, PEOPLE - SEATS + 1))
    assert books.places(live_server.instance, form) == list(range(1, PEOPLE - SEATS + 1))
    assert books.faults(live_server.instance, told, earlier) == []


def all_at_once(visitors: list[Visitor], letters: list[Letter]) -> list[Told]:
    """Everybody fills in the form, and only when the last one is done does everybody press the button."""
    start = threading.Barrier(len(visitors))

    def press(visitor: Visitor, letter: Letter) -> Told:
        try:
            key, request = visitor.fill_in(letter)
        except BaseException:
            start.abort()
            raise
        start.wait()
        return visitor.post(letter, key, request)

    with ThreadPoolExecutor(len(visitors)) as pool:
        return list(pool.map(press, visitors, letters))


def place_shown(visitor: Visitor, told: Told) -> int:
    """The place in line that the own page tells."""
    heading = Page(visitor.open(f"{told.page}?lang=en").text).heading
    found = NUMBER.search(heading)
    assert found, heading
    return int(found[1])
