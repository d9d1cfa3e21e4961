"""A reply that comes in while the organiser shares out the seats, and two who write at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.db import db
from eventapp.events.models import Event, Quota, QuotaKind
from eventapp.invitations import actions
from eventapp.invitations.models import Invitation
from eventapp.record import store
from eventapp.registration import seat_actions
from tests.invitations.conftest import REPLIED_AT, YES, make_invitation
from tests.support.locks import meet


@pytest.mark.engines("postgresql")
def test_a_reply_and_a_change_of_the_seats_never_wait_for_each_other(app: Flask, invitation: Invitation) -> None:
    """The organiser locks the seats and then the record; so must a reply, which needs both."""
    invitation_id, case_id = invitation.id, invitation.event.case_id
    wanted = select(Quota.id).where(Quota.event_id == invitation.event_id, Quota.kind == QuotaKind.INVITED)
    quota_id = db.session.scalars(wanted).one()
    db.session.rollback()

    def reply() -> None:
        actions.reply(db.session.get_one(Invitation, invitation_id), YES, now=REPLIED_AT)

    meet(app, lambda conn: seat_actions.lock(conn, quota_id), reply, lambda conn: store.GROW_LOG(conn, id=case_id))


def test_invitations_and_replies_at_the_same_moment_get_numbers_of_their_own(
    app: Flask, invitation: Invitation
) -> None:
    """On PostgreSQL two could count to the same number, and the second would meet a page of fault."""
    invitation_id, event_id = invitation.id, invitation.event_id
    db.session.rollback()

    def act(number: int) -> None:
        with app.app_context():
            if number % 2:
                make_invitation(db.session.get_one(Event, event_id), f"ministeren nr. {number}", sent=False)
            else:
                given = replace(YES, contact_name=f"Kontakt {number}")
                actions.reply(db.session.get_one(Invitation, invitation_id), given, now=REPLIED_AT)
            db.session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    assert sorted(db.session.scalars(select(Invitation.precedence))) == [1, 2, 3, 4, 5]
    found = db.session.get_one(Invitation, invitation_id)
    assert [one.number for one in found.replies] == [1, 2, 3, 4]
