"""The organiser changes the event while guests sign up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask

from eventapp.events import actions
from eventapp.events.actions import Hall
from eventapp.events.models import Event, QuotaKind
from tests.registration.givens import given_event, rows, sign_up
from tests.support.factories import SIGN_UP_AT

HALL = Hall("Stolerækker", 200, "Plan 12", 0, {QuotaKind.PUBLIC: 60})


@pytest.mark.engines("postgresql")
def test_guests_sign_up_while_the_organiser_changes_the_hall_and_neither_waits_for_the_other_for_ever(
    app: Flask, db
) -> None:
    event = given_event(seats=50)

    def guest(number: int) -> None:
        with app.app_context():
            sign_up(event, number)

    def organiser(number: int) -> None:
        with app.app_context():
            found = db.session.get_one(Event, event.id)
            hall = replace(HALL, seats={QuotaKind.PUBLIC: 60 + number})
            actions.change_hall(found, hall, by=None, now=SIGN_UP_AT)
            db.session.commit()

    jobs = [partial(organiser if number % 4 == 0 else guest, number) for number in range(80)]
    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result(60)
    assert len(rows(event)) == 60
