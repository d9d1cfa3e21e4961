"""Whose seats somebody takes who comes as something that seats are set aside for."""

from __future__ import annotations

import pytest

from eventapp.db import db
from eventapp.events.models import Category, Event, QuotaKind
from eventapp.languages import Wording
from eventapp.registration.models import RegistrationState
from tests.registration.givens import given_event, quota_of, sign_up

pytestmark = pytest.mark.usefixtures("db")


def press_of(event: Event) -> str:
    category = Category(event_id=event.id, position=2, label=Wording("Presse"), quota_kind=QuotaKind.PRESS)
    db.session.add(category)
    db.session.commit()
    category_id = category.id
    db.session.rollback()
    return category_id


def test_the_press_takes_its_own_seats_and_waits_for_them() -> None:
    event = given_event(seats=5, quotas={QuotaKind.PRESS: 1})
    press = press_of(event)
    states = [sign_up(event, number, category_id=press).state for number in (1, 2)]
    assert states == [RegistrationState.CONFIRMED, RegistrationState.WAITING]
    assert (quota_of(event, QuotaKind.PRESS).taken, quota_of(event).taken) == (1, 0)


def test_where_no_seats_are_set_aside_they_take_those_of_everybody() -> None:
    event = given_event(seats=5, quotas={QuotaKind.PRESS: 0})
    assert sign_up(event, category_id=press_of(event)).state is RegistrationState.CONFIRMED
    assert quota_of(event).taken == 1
