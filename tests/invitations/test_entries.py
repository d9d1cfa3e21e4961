"""What the record is told of an invitation, in which words, and what is gone from it once it is erased."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from eventapp.db import db, end_reading, reading
from eventapp.events.models import QuotaKind
from eventapp.hearing.dossier import erasure_actions
from eventapp.invitations import actions, entries, queries
from eventapp.invitations.models import Invitation, Reply, SightingKind, WishedRole
from eventapp.mail.models import OutboxMail
from eventapp.record import store
from eventapp.record.models import RecordEntry
from eventapp.record.verification import verify_log
from eventapp.registration.models import Registration
from tests.hearing.conftest import recorded
from tests.invitations.conftest import (
    NO,
    REPLIED_AT,
    YES,
    Officer,
    logged,
    mails,
    make_invitation,
    send,
    stand_in,
)
from tests.support.factories import STARTS_AT, make_event

LATER = STARTS_AT + timedelta(minutes=5)


def told(invitation: Invitation, what: Any) -> list[dict[str, Any]]:
    """The contents of the entries of a kind; everything is kept before."""
    case_id = invitation.event.case_id
    db.session.commit()
    return recorded(case_id, what)


def received(case_id: str) -> list[tuple[datetime, datetime]]:
    """When what each entry tells of happened, by what was signed, and when it was entered; both are domain time."""
    db.session.rollback()
    rows = select(RecordEntry.text, RecordEntry.created_at).where(RecordEntry.log_id == case_id)
    found = db.session.execute(rows.order_by(RecordEntry.seq)).all()
    return [(datetime.fromisoformat(json.loads(one.text)["received_at"]), one.created_at) for one in found]


# --- letters ---------------------------------------------------------------------------------------------------


def test_a_letter_is_entered_with_office_task_deadline_and_the_file_that_left(invitation: Invitation) -> None:
    assert told(invitation, entries.INVITE) == [
        {
            "office": "havneministeren",  # the official words, whatever language the organiser reads
            "name": "",
            "role": "speech",
            "reply_by": invitation.reply_by_at.isoformat(),
            "letter": invitation.letters[0].sha256,
        }
    ]


def test_who_holds_the_office_and_what_is_asked_of_her_is_entered_as_it_was_written(db: Any) -> None:
    invitation = make_invitation(make_event(), sent=False)
    invitation.name, invitation.wished_role = "Åse Ørsted-Æbelø", WishedRole.GREETING
    db.session.commit()
    send(invitation, REPLIED_AT)
    (entry,) = told(invitation, entries.INVITE)
    assert (entry["name"], entry["role"]) == ("Åse Ørsted-Æbelø", "greeting")


def test_each_letter_has_an_entry_of_its_own_at_its_own_moment(invitation: Invitation) -> None:
    case_id, first = invitation.event.case_id, invitation.letters[0].sent_at
    send(invitation, REPLIED_AT)
    assert len(told(invitation, entries.INVITE)) == 2
    assert received(case_id) == [(first, first), (REPLIED_AT, REPLIED_AT)]
    assert verify_log(case_id).faults == []


# --- replies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        (YES, {"state": "accepted", "stand_in": "", "reason": "", "channel": "link"}),
        (NO, {"state": "declined", "stand_in": "", "reason": "Folketinget har møde", "channel": "link"}),
        (
            stand_in("Bo Bæk"),
            {"state": "delegated", "stand_in": "Bo Bæk", "reason": "", "channel": "link"},
        ),
    ],
    ids=["yes", "no", "stand-in"],
)
def test_a_reply_is_entered_as_it_was_given(invitation: Invitation, given: Any, entry: dict[str, str]) -> None:
    actions.reply(invitation, given, now=REPLIED_AT)
    assert told(invitation, entries.REPLY) == [entry]


def test_the_log_says_who_typed_a_reply_in_and_not_what_it_said(invitation: Invitation) -> None:
    actions.reply(invitation, NO, now=REPLIED_AT)
    actions.reply(invitation, stand_in(), now=REPLIED_AT, by=Officer())
    db.session.commit()
    assert logged(invitation.id) == [
        ("invitations.written", None, {}),
        ("invitations.sent", None, {"number": 1}),
        ("invitations.replied", None, {"state": "declined", "channel": "link"}),
        ("invitations.replied", Officer.id, {"state": "delegated", "channel": "link"}),
    ]


# --- who was seen ----------------------------------------------------------------------------------------------


def test_coming_speaking_and_taking_it_back_are_entered_apart(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    ticket = invitation.registration_id or ""
    actions.note_arrival(db.session.connection(), ticket, STARTS_AT, STARTS_AT)
    actions.note_arrival(db.session.connection(), ticket, None, LATER)
    actions.see(invitation, SightingKind.SPOKE, by=Officer(), now=LATER)
    assert told(invitation, entries.ATTENDANCE) == [{"what": "came"}, {"what": "came_undone"}, {"what": "spoke"}]
    assert [at for at, _ in received(invitation.event.case_id)[-3:]] == [STARTS_AT, LATER, LATER]
    assert verify_log(invitation.event.case_id).faults == []


def test_what_a_person_saw_again_is_neither_entered_nor_logged_twice(invitation: Invitation) -> None:
    for _ in range(2):
        actions.see(invitation, SightingKind.CAME, by=Officer(), now=STARTS_AT)
    assert told(invitation, entries.ATTENDANCE) == [{"what": "came"}]
    assert [one for one in logged(invitation.id) if one[0] == "invitations.seen"] == [
        ("invitations.seen", Officer.id, {"kind": "came"})
    ]


def test_who_vouches_for_what_the_door_told_changes_its_time_no_more(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    ticket = invitation.registration_id or ""
    actions.note_arrival(db.session.connection(), ticket, STARTS_AT, STARTS_AT)
    actions.see(invitation, SightingKind.CAME, by=Officer(), now=LATER)
    actions.note_arrival(db.session.connection(), ticket, LATER, LATER)
    assert told(invitation, entries.ATTENDANCE) == [{"what": "came"}]
    db.session.refresh(invitation)
    (sighting,) = invitation.sightings
    assert (sighting.at, sighting.recorded_by_id) == (STARTS_AT, Officer.id)


def test_one_vouches_for_the_kind_that_one_saw(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    actions.note_arrival(db.session.connection(), invitation.registration_id or "", STARTS_AT, STARTS_AT)
    actions.see(invitation, SightingKind.SPOKE, by=Officer(), now=LATER)
    actions.see(invitation, SightingKind.SPOKE, by=Officer(), now=LATER)
    db.session.commit()
    db.session.refresh(invitation)
    assert {one.kind: one.recorded_by_id for one in invitation.sightings} == {
        SightingKind.CAME: None,
        SightingKind.SPOKE: Officer.id,
    }


# --- erased ----------------------------------------------------------------------------------------------------


def erase(reply: Reply, *names: str) -> None:
    """Erase parts of a reply, as the officer does on the page of the record."""
    case_id, reply_id = reply.invitation.event.case_id, reply.id
    db.session.commit()
    end_reading()
    with reading() as conn:
        seq = store.number_of(conn, case_id, entries.REPLY.name, reply_id)
    erasure_actions.erase(case_id, seq, list(names), "Den registrerede har bedt om det.", by=None, now=LATER)
    db.session.commit()
    end_reading()
    assert verify_log(case_id).faults == []


@pytest.fixture
def delegated(db: Any) -> Reply:
    """Somebody comes instead, and called about it."""
    invitation = make_invitation(make_event(quotas={QuotaKind.INVITED: 2}))
    given = replace(stand_in("Bo Bæk"), reason="Møde i Rådet", contact_name="Åse", contact_phone="12 34 56 78")
    reply = actions.reply(invitation, given, now=REPLIED_AT)
    db.session.commit()
    return reply


def test_erasing_the_reason_leaves_the_stand_in_who_is_still_to_come(delegated: Reply) -> None:
    reply_id, invitation = delegated.id, delegated.invitation
    erase(delegated, "reason")
    kept = db.session.get_one(Reply, reply_id)
    assert (kept.reason, kept.stand_in_name, kept.contact_name) == ("", "Bo Bæk", "Åse")
    assert db.session.scalars(select(Registration.name)).all() == ["Bo Bæk"]
    assert len(mails("noted")) == 1
    assert queries.invitation(invitation.event_id, invitation.id).reply is kept


def test_erasing_the_stand_in_leaves_the_reason_and_the_seat(delegated: Reply) -> None:
    reply_id = delegated.id
    erase(delegated, "stand_in")
    kept = db.session.get_one(Reply, reply_id)
    assert (kept.reason, kept.stand_in_name, kept.stand_in_title) == ("Møde i Rådet", "", "")
    assert (kept.contact_name, kept.contact_phone) == ("", "")
    assert db.session.scalars(select(Registration.name)).all() == [""]
    assert mails("noted") == []
    assert len(mails("letter")) == 1  # names nobody but the office


def test_the_mail_of_another_reply_stays_when_one_is_erased(delegated: Reply) -> None:
    invitation = delegated.invitation
    actions.reply(invitation, YES, now=REPLIED_AT + timedelta(days=1))
    erase(invitation.replies[0], "stand_in")
    left = [mail.dedupe for mail in db.session.scalars(select(OutboxMail)) if mail.message == "invitations/noted"]
    assert left == [entries.noted_once(invitation.replies[1].id)]


def test_the_ticket_of_the_office_keeps_its_name_when_a_stand_in_is_erased(invitation: Invitation) -> None:
    """Two tickets were made for this invitation; only that of the erased name loses it."""
    reply = actions.reply(invitation, stand_in("Bo Bæk"), now=REPLIED_AT)
    actions.reply(invitation, YES, now=REPLIED_AT + timedelta(days=1))
    erase(reply, "stand_in")
    assert sorted(db.session.scalars(select(Registration.name))) == ["", "havneministeren"]


def test_a_reply_that_named_nobody_takes_no_name_from_anybody(invitation: Invitation) -> None:
    reply = actions.reply(invitation, YES, now=REPLIED_AT)
    erase(reply, "stand_in")
    assert db.session.scalars(select(Registration.name)).all() == ["havneministeren"]
