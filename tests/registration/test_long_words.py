"""A word as long as a name or a title can have never pushes the ticket's code off a small screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp import clock
from eventapp.events.models import Event
from eventapp.languages import Wording
from tests.conftest import OpenTab
from tests.registration.givens import given_event, sign_up

LONG = "Wolfeschlegelsteinhausenbergerdorffvorfahrengewissenhaftschaferswessenschafe"
WIDEST = "Math.ceil(Math.max(...[...document.querySelectorAll(one)].map(it => it.getBoundingClientRect().right)))"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.engines("sqlite")
def test_the_whole_code_is_on_the_screen_whatever_guest_event_and_hall_are_called(
    db: SQLAlchemy, address: str, open_tab: OpenTab
) -> None:
    event = given_event(title=Wording(LONG), starts_at=clock.now() + timedelta(days=9))
    row = db.session.get_one(Event, event.id)
    row.layout.venue.name = row.layout.venue.address = LONG
    db.session.commit()
    guest = sign_up(event, name=f"Bo {LONG}", now=clock.now())
    page = open_tab(address).page
    for width in (320, 360, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}/t/{guest.ticket_code}")
        assert page.evaluate(f"one => {WIDEST}", "svg.qr, .ticket__facts") <= width, width
        assert not page.evaluate(SIDEWAYS), width
        page.goto(f"{address}/events/{event.slug}")
        assert LONG in page.inner_text("h1")
        assert not page.evaluate(SIDEWAYS), width
