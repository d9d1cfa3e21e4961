"""Two bookings of one address that take their seats from two quotas, and so wait at no row that both change."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from eventapp.events.models import Category, QuotaKind
from eventapp.languages import Wording
from eventapp.registration import queries, rules
from eventapp.registration.actions import SignedUp
from eventapp.registration.errors import TooManySeatsError
from tests.registration.givens import all_at_once, given_event, rows, sign_up

ADDRESS = "familien@example.org"

ASIDE_SECONDS = 2  # a database that lets one come at a time holds the other back for as long


def test_an_address_cannot_pass_its_limit_by_booking_over_two_quotas_at_once(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = given_event(seats=50, quotas={QuotaKind.PRESS: 50})
    press = Category(event_id=event.id, position=2, label=Wording("Presse"), quota_kind=QuotaKind.PRESS)
    db.session.add(press)
    db.session.flush()
    category_id = press.id
    db.session.commit()
    both, count = threading.Barrier(2), queries.held_by

    def counted_side_by_side(*asked: Any) -> queries.Held:
        """Neither is kept before both have counted, as far as the database lets both come at once."""
        found = count(*asked)
        with suppress(threading.BrokenBarrierError):
            both.wait(ASIDE_SECONDS)
        return found

    monkeypatch.setattr(queries, "held_by", counted_side_by_side)
    booked = partial(sign_up, event, heads=3, email=ADDRESS)
    came_of_it = all_at_once(app, [booked, partial(booked, category_id=category_id)])
    assert {type(one) for one in came_of_it} == {SignedUp, TooManySeatsError}
    assert len(rows(event)) == 3 <= rules.MOST_SEATS_PER_ADDRESS
