"""Invited, replied, came: three facts, each with a row and an entry in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.events.models import Quota, QuotaKind
from eventapp.invitations import actions, letter_files, queries, rules
from eventapp.invitations.errors import TooLateError, TooManyRepliesError
from eventapp.invitations.models import Invitation, ReplyState, SightingKind
from eventapp.mail.models import OutboxMail
from eventapp.registration.models import Registration, RegistrationState
from tests.invitations.conftest import (
    DRAFT,
    NO,
    REPLIED_AT,
    YES,
    Officer,
    kinds,
    logged,
    mails,
    make_invitation,
    make_item,
    stand_in,
)
from tests.support.factories import STARTS_AT

STAND_IN = stand_in()


def taken() -> int:
    return db.session.scalars(select(Quota.taken).where(Quota.kind == QuotaKind.INVITED)).one()


def test_the_letter_leaves_with_a_calendar_request(invitation: Invitation) -> None:
    mail = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "invitations/letter")).one()
    event = icalendar.Calendar.from_ical(mail.calendar or "").walk("VEVENT")[0]
    assert mail.calendar_method == "REQUEST"
    assert event["ATTENDEE"] == "mailto:ministersekretariat@example.org"
    assert event.decoded("DTSTART") == STARTS_AT
    assert kinds() == ["invite"]


def test_the_letter_is_a_tagged_pdf(invitation: Invitation) -> None:
    content = letter_files.pdf_of(invitation, REPLIED_AT)
    assert content.startswith(b"%PDF-")
    assert b"/MarkInfo" in content or b"/StructTreeRoot" in content


def test_a_yes_takes_one_of_the_seats_for_the_invited(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    assert (taken(), kinds()) == (1, ["invite", "reply"])
    assert invitation.registration_id


def test_one_link_gives_five_replies_a_day_and_staff_may_enter_more(invitation: Invitation) -> None:
    second = timedelta(seconds=1)
    for number in range(rules.MOST_REPLIES):
        actions.reply(invitation, (YES, NO)[number % 2], now=REPLIED_AT + number * second)
    with pytest.raises(TooManyRepliesError):
        actions.reply(invitation, NO, now=REPLIED_AT + rules.WITHIN - second)
    db.session.commit()
    assert (len(invitation.replies), len(mails("noted"))) == (rules.MOST_REPLIES, rules.MOST_REPLIES)
    actions.reply(invitation, NO, now=REPLIED_AT + rules.WITHIN - second, by=Officer())
    actions.reply(invitation, YES, now=REPLIED_AT + rules.WITHIN)
    assert len(invitation.replies) == rules.MOST_REPLIES + 2


def test_a_late_no_gives_the_seat_back_and_both_replies_stay(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    actions.reply(invitation, NO, now=REPLIED_AT + timedelta(days=10))
    db.session.commit()
    assert taken() == 0
    assert [one.state for one in invitation.replies] == [ReplyState.ACCEPTED, ReplyState.DECLINED]
    assert (invitation.registration_id, invitation.reply and invitation.reply.will_write) == (None, True)


def test_a_stand_in_gets_a_ticket_in_the_own_name(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    actions.reply(invitation, STAND_IN, now=REPLIED_AT, by=Officer())
    db.session.commit()
    live = select(Registration.name).where(Registration.state == RegistrationState.CONFIRMED)
    assert db.session.scalars(live).all() == ["Kontorchef Aagaard"]
    assert taken() == 1


def test_the_same_yes_again_keeps_the_ticket(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    first = invitation.registration_id
    actions.reply(invitation, YES, now=REPLIED_AT + timedelta(hours=1))
    assert invitation.registration_id == first


@pytest.mark.parametrize("by", [None, Officer()])
def test_after_the_start_only_staff_enters_replies(invitation: Invitation, by: Any) -> None:
    if by is None:
        with pytest.raises(TooLateError):
            actions.reply(invitation, YES, now=STARTS_AT)
    else:
        assert actions.reply(invitation, NO, now=STARTS_AT, by=by).recorded_by_id == by.id


def test_the_programme_shows_an_office_only_after_a_yes(invitation: Invitation) -> None:
    item = make_item(invitation.event)
    invitation.programme_item_id = item.id
    assert queries.programme_people(invitation.event_id) == {}
    actions.reply(invitation, NO, now=REPLIED_AT)
    assert queries.programme_people(invitation.event_id) == {}
    actions.reply(invitation, YES, now=REPLIED_AT)
    assert queries.programme_people(invitation.event_id) == {item.id: ["havneministeren"]}


def test_the_door_notes_the_arrival_once(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    conn = db.session.connection()
    for _ in range(2):
        actions.note_arrival(conn, invitation.registration_id or "", STARTS_AT, STARTS_AT)
    db.session.commit()
    db.session.refresh(invitation)
    assert [(one.kind, one.at) for one in invitation.sightings] == [(SightingKind.CAME, STARTS_AT)]
    assert kinds()[-1:] == ["attendance"]


def seen(invitation: Invitation) -> list[tuple[SightingKind, datetime]]:
    db.session.commit()
    db.session.refresh(invitation)
    return [(one.kind, one.at) for one in invitation.sightings]


@pytest.fixture
def at_the_door(invitation: Invitation) -> Callable[[datetime | None, datetime], None]:
    """The invitee has a ticket, and the door tells whether and when it was let in."""
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    ticket = invitation.registration_id or ""
    return lambda came_at, at: actions.note_arrival(db.session.connection(), ticket, came_at, at)


LATER = STARTS_AT + timedelta(minutes=5)


def test_an_entry_that_is_undone_was_no_arrival(invitation: Invitation, at_the_door: Any) -> None:
    at_the_door(STARTS_AT, STARTS_AT)
    at_the_door(None, LATER)
    assert seen(invitation) == []
    at_the_door(None, LATER)
    assert kinds()[-3:] == ["reply", "attendance", "attendance"]


def test_an_earlier_entry_of_a_late_phone_moves_the_arrival(invitation: Invitation, at_the_door: Any) -> None:
    at_the_door(LATER, LATER)
    at_the_door(STARTS_AT, LATER)
    assert seen(invitation) == [(SightingKind.CAME, STARTS_AT)]
    assert kinds()[-2:] == ["reply", "attendance"]


@pytest.mark.parametrize("first", ["door", "person"])
def test_what_a_person_saw_stays_whatever_the_door_takes_back(
    invitation: Invitation, at_the_door: Any, first: str
) -> None:
    if first == "door":
        at_the_door(STARTS_AT, STARTS_AT)
    actions.see(invitation, SightingKind.CAME, by=Officer(), now=STARTS_AT)
    if first == "person":
        at_the_door(LATER, LATER)
    at_the_door(None, LATER)
    assert seen(invitation) == [(SightingKind.CAME, STARTS_AT)]


def test_another_guest_at_the_door_is_nobody_of_ours(invitation: Invitation) -> None:
    actions.note_arrival(db.session.connection(), "f" * 32, STARTS_AT, STARTS_AT)
    db.session.commit()
    assert invitation.sightings == []


def test_replied_is_not_came(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    assert invitation.sightings == []


def test_the_organisers_order_is_kept(invitation: Invitation) -> None:
    make_invitation(invitation.event, "en anden minister")
    db.session.commit()
    assert [one.precedence for one in queries.invitations(invitation.event_id)] == [1, 2]


def test_each_mail_knows_its_invitation(invitation: Invitation) -> None:
    """By it the list of mails knows to which event a mail belongs."""
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    assert [one.subject_id for one in mails("letter") + mails("noted")] == [invitation.id] * 2


def test_the_audit_log_says_who_wrote_an_invitation(invitation: Invitation) -> None:
    draft = replace(DRAFT, ministry="Trafikministeriet")
    written = actions.invite(invitation.event, draft, by=Officer(), now=REPLIED_AT)
    db.session.commit()
    assert logged(written.id) == [("invitations.written", Officer.id, {})]


def test_the_audit_log_has_no_names(invitation: Invitation) -> None:
    actions.reply(invitation, STAND_IN, now=REPLIED_AT, by=Officer())
    db.session.commit()
    assert all("Aagaard" not in str(facts) for facts in db.session.scalars(select(AuditEntry.facts)))
