"""An answer that comes in while the officer acts on the hearing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from eventapp.db import db
from eventapp.hearing import queries
from eventapp.hearing.answering.actions import NUMBER
from eventapp.hearing.calling import actions
from eventapp.record import store
from eventapp.web.permissions import Person
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.support.locks import meet

OFFICER = Person("officer", "Sagsbehandler", frozenset())


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("act", ["extend", "close"])
def test_an_answer_and_the_officer_never_wait_for_each_other(app: Flask, act: str) -> None:
    """An answer locks the hearing and then the record; so must whoever else needs both."""
    with app.app_context():
        hearing = make_hearing()
        hearing_id, case_id = hearing.id, hearing.case_id
        db.session.rollback()

    def officer() -> None:
        found, now = queries.hearing(hearing_id), SENT_AT + timedelta(days=1)
        if act == "extend":
            actions.extend_deadline(found, DEADLINE_AT + timedelta(days=7), "Ferie", by=OFFICER, now=now)
        else:
            actions.close(found, by=OFFICER, now=now)

    meet(app, lambda conn: NUMBER(conn, id=hearing_id), officer, lambda conn: store.GROW_LOG(conn, id=case_id))
