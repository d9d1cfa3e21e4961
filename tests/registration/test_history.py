"""Random histories of sign-up, cancelling and more seats, held against a model that is easy to believe."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from eventapp import db as core
from eventapp.db import db as database
from eventapp.events.models import Event
from eventapp.registration import actions
from eventapp.registration.errors import AlreadyCancelledError
from eventapp.registration.models import Reason, RegistrationState
from tests.registration.givens import count, given_event, quota_of, rows, sign_up
from tests.support.factories import SIGN_UP_AT


class Line(RuleBasedStateMachine):
    """The model: a list of heads with a seat, a list of groups that wait, and how many seats there are."""

    event: Event

    def __init__(self) -> None:
        super().__init__()
        self.event = given_event(seats=4)
        self.seats = 4
        self.seated: list[str] = []
        self.waiting: list[list[str]] = []
        self.bookings: dict[str, tuple[str, ...]] = {}
        self.gone: list[str] = []
        self.number = 0

    @rule(heads=st.sampled_from([1, 1, 2, 4]))
    def somebody_signs_up(self, heads: int) -> None:
        self.number += 1
        outcome = sign_up(self.event, self.number, heads=heads, now=SIGN_UP_AT + timedelta(seconds=self.number))
        self.bookings[outcome.booking_id] = outcome.registration_ids
        if not self.waiting and len(self.seated) + heads <= self.seats:
            self.seated += outcome.registration_ids
        else:
            self.waiting.append([*outcome.registration_ids])
            self._fill()
        is_seated = set(outcome.registration_ids) <= set(self.seated)
        assert (outcome.state is RegistrationState.CONFIRMED) == is_seated
        assert len(outcome.ticket_codes) == (heads if is_seated else 0)
        assert outcome.place == (None if is_seated else len(self.line) - heads + 1)

    @precondition(lambda self: self.seated or self.waiting)
    @rule(data=st.data())
    def somebody_cancels(self, data: Any) -> None:
        chosen = data.draw(st.sampled_from([*self.seated, *self.line]))
        expected = self._seats_given_after({chosen})
        assert self._cancel(chosen) == expected
        self.gone.append(chosen)

    @precondition(lambda self: self.seated or self.waiting)
    @rule(data=st.data())
    def a_whole_booking_is_cancelled(self, data: Any) -> None:
        live = {*self.seated, *self.line}
        chosen = data.draw(st.sampled_from([one for one, heads in self.bookings.items() if live & {*heads}]))
        leaving = live & {*self.bookings[chosen]}
        expected = self._seats_given_after(leaving)
        assert self._cancel_booking(chosen) == expected
        self.gone += sorted(leaving)

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def somebody_cancels_twice(self, data: Any) -> None:
        with pytest.raises(AlreadyCancelledError):
            self._cancel(data.draw(st.sampled_from(self.gone)))

    @rule(more=st.integers(1, 3))
    def the_organiser_adds_seats_and_has_not_given_them_out(self, more: int) -> None:
        database.session.execute(text("UPDATE quota SET seats = seats + :more"), {"more": more})
        database.session.commit()
        self.seats += more

    @rule()
    def free_seats_are_given_out(self) -> None:
        core.write(lambda conn: actions.move_up_everywhere(conn, self.event.id, now=SIGN_UP_AT))
        self._fill()

    @invariant()
    def counters_rows_and_model_agree(self) -> None:
        quota = quota_of(self.event)
        assert (quota.taken, quota.waiting) == (len(self.seated), len(self.line))
        assert {one.id for one in rows(self.event, RegistrationState.CONFIRMED)} == set(self.seated)
        line = rows(self.event, RegistrationState.WAITING)
        assert [one.id for one in line] == self.line
        assert {one.booking_id: one.booking.waiting for one in line} == Counter(one.booking_id for one in line)
        numbers = [one.booking.waiting_number or 0 for one in line]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) == len(self.waiting)

    @invariant()
    def who_sits_or_sat_has_one_ticket_and_who_only_waited_has_none(self) -> None:
        with core.reading() as conn:
            holders = set(conn.execute(text("SELECT registration_id FROM ticket")).scalars())
        assert set(self.seated) <= holders
        assert not holders & set(self.line)

    @property
    def line(self) -> list[str]:
        """Those who wait, in the order of the line."""
        return [head for group in self.waiting for head in group]

    def _cancel(self, registration_id: str) -> list[str]:
        return core.write(
            lambda conn: actions.cancel(conn, registration_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
        )

    def _cancel_booking(self, booking_id: str) -> list[str]:
        return core.write(
            lambda conn: actions.cancel_booking(conn, booking_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
        )

    def _seats_given_after(self, leavers: set[str]) -> list[str]:
        self.seated = [one for one in self.seated if one not in leavers]
        left = [[one for one in group if one not in leavers] for group in self.waiting]
        self.waiting = [group for group in left if group]
        return self._fill()

    def _fill(self) -> list[str]:
        """Groups move up whole and in order; one that does not fit keeps its turn and all behind it wait."""
        moved: list[str] = []
        while self.waiting and len(self.seated) + len(self.waiting[0]) <= self.seats:
            group = self.waiting.pop(0)
            self.seated += group
            moved += group
        return moved


def test_any_history_keeps_order_and_counts(app: Flask, db, databases, monkeypatch) -> None:
    class Fresh(Line):
        def __init__(self) -> None:
            for table in reversed(database.metadata.sorted_tables):
                database.session.execute(table.delete())
            database.session.commit()
            super().__init__()

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert count("registration") >= 0
