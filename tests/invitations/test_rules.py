"""What a letter, a reply and a sighting may and may not do: who is told, who gets a seat, what is read and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.errors import NotFoundError
from eventapp.events.models import Quota, QuotaKind
from eventapp.invitations import actions, hooks, queries, words
from eventapp.invitations.errors import NoReplyToSeeError, TooLateError
from eventapp.invitations.models import Invitation, ReplyState, SightingKind
from eventapp.record.verification import verify_log
from eventapp.registration.models import Registration, RegistrationState
from tests.invitations.conftest import (
    NO,
    REPLIED_AT,
    YES,
    Officer,
    kinds,
    mails,
    make_invitation,
    send,
    stand_in,
)
from tests.support.factories import STARTS_AT, make_event


def acts() -> list[str]:
    return sorted(act for act in db.session.scalars(select(AuditEntry.act)) if act.startswith("invitations."))


def names(state: RegistrationState) -> list[str]:
    return list(db.session.scalars(select(Registration.name).where(Registration.state == state)))


def taken(kind: QuotaKind) -> int:
    return db.session.scalars(select(Quota.taken).where(Quota.kind == kind)).one()


# --- letters


def test_what_is_only_written_is_told_to_nobody(db: Any) -> None:
    invitation = make_invitation(make_event(), sent=False)
    db.session.commit()
    assert (mails("letter"), kinds(), invitation.letters) == ([], [], [])
    with pytest.raises(NotFoundError):
        queries.invitation_with_link(actions.link_token(invitation.id))


def test_a_letter_sent_again_is_a_second_letter_about_the_same_entry(invitation: Invitation) -> None:
    send(invitation, REPLIED_AT)
    db.session.commit()
    assert [(one.number, one.sent_at == REPLIED_AT) for one in invitation.letters] == [(1, False), (2, True)]
    requests = [icalendar.Calendar.from_ical(mail.calendar or "").walk("VEVENT")[0] for mail in mails("letter")]
    assert [one.decoded("SEQUENCE") for one in requests] == [0, 0]  # nothing has changed; the later DTSTAMP says so
    assert requests[0].decoded("DTSTAMP") < requests[1].decoded("DTSTAMP")
    assert len({str(one["UID"]) for one in requests}) == 1
    assert kinds() == ["invite", "invite"]


def test_a_letter_goes_to_the_office_alone_and_carries_the_pdf(invitation: Invitation) -> None:
    (mail,) = mails("letter")
    assert (mail.to_address, mail.subject_id) == (invitation.email, invitation.id)
    assert invitation.letters[0].mail_id == mail.id
    assert queries.letter(invitation.id, 1).sha256 == invitation.letters[0].sha256


@pytest.mark.parametrize("number", [0, 2])
def test_a_letter_that_was_not_sent_is_not_found(invitation: Invitation, number: int) -> None:
    with pytest.raises(NotFoundError):
        queries.letter(invitation.id, number)


# --- replies


def test_the_last_moment_for_the_link_is_just_before_the_start(invitation: Invitation) -> None:
    assert actions.reply(invitation, YES, now=STARTS_AT - timedelta(microseconds=1)).number == 1
    with pytest.raises(TooLateError):
        actions.reply(invitation, NO, now=STARTS_AT)
    assert len(invitation.replies) == 1


def test_a_reply_after_the_deadline_is_still_a_reply(invitation: Invitation) -> None:
    late = actions.reply(invitation, YES, now=invitation.reply_by_at + timedelta(days=1))
    assert (late.state, taken(QuotaKind.INVITED)) == (ReplyState.ACCEPTED, 1)


def test_a_no_from_the_beginning_takes_no_seat_and_makes_no_ticket(invitation: Invitation) -> None:
    actions.reply(invitation, NO, now=REPLIED_AT)
    db.session.commit()
    assert (taken(QuotaKind.INVITED), invitation.registration_id) == (0, None)
    assert db.session.scalars(select(Registration)).all() == []


def test_an_invited_guest_takes_no_seat_of_the_public(invitation: Invitation) -> None:
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    assert (taken(QuotaKind.INVITED), taken(QuotaKind.PUBLIC)) == (1, 0)


def test_another_stand_in_takes_the_ticket_of_the_first(invitation: Invitation) -> None:
    for name in ("Åse Ågård", "Bo Bæk"):
        actions.reply(invitation, stand_in(name), now=REPLIED_AT)
    db.session.commit()
    assert (names(RegistrationState.CONFIRMED), taken(QuotaKind.INVITED)) == (["Bo Bæk"], 1)
    assert names(RegistrationState.CANCELLED) == ["Åse Ågård"]


def test_a_yes_after_a_no_gets_a_new_ticket(invitation: Invitation) -> None:
    tickets = []
    for given in (YES, NO, YES):
        actions.reply(invitation, given, now=REPLIED_AT)
        tickets.append(invitation.registration_id)
    db.session.commit()
    assert tickets[1] is None
    assert tickets[0] != tickets[2]
    assert taken(QuotaKind.INVITED) == 1


def test_each_reply_is_confirmed_to_the_office_and_entered_in_record_and_log(invitation: Invitation) -> None:
    case_id = invitation.event.case_id
    actions.reply(invitation, YES, now=REPLIED_AT)
    actions.reply(invitation, NO, now=REPLIED_AT, by=Officer())
    db.session.commit()
    assert [mail.to_address for mail in mails("noted")] == [invitation.email] * 2
    assert kinds() == ["invite", "reply", "reply"]
    assert acts() == ["invitations.replied", "invitations.replied", "invitations.sent", "invitations.written"]
    assert [one.recorded_by_id for one in invitation.replies] == [None, Officer.id]
    assert verify_log(case_id).faults == []


# --- who was seen


def test_nobody_is_seen_who_was_not_invited_by_letter(db: Any) -> None:
    invitation = make_invitation(make_event(), sent=False)
    with pytest.raises(NoReplyToSeeError):
        actions.see(invitation, SightingKind.CAME, by=Officer(), now=STARTS_AT)
    assert invitation.sightings == []


def test_who_came_did_not_speak_for_that(invitation: Invitation) -> None:
    actions.see(invitation, SightingKind.CAME, by=Officer(), now=STARTS_AT)
    assert [one.kind for one in invitation.sightings] == [SightingKind.CAME]
    actions.see(invitation, SightingKind.SPOKE, by=Officer(), now=STARTS_AT)
    actions.see(invitation, SightingKind.SPOKE, by=Officer(), now=STARTS_AT + timedelta(hours=1))
    db.session.commit()
    assert {one.kind: one.at for one in invitation.sightings} == {
        SightingKind.CAME: STARTS_AT,
        SightingKind.SPOKE: STARTS_AT,
    }
    assert kinds() == ["invite", "attendance", "attendance"]
    assert acts().count("invitations.seen") == 2


# --- what is read


def test_an_invitation_is_found_under_its_own_event_only(invitation: Invitation) -> None:
    other = make_event()
    assert queries.invitation(invitation.event_id, invitation.id) is invitation
    with pytest.raises(NotFoundError):
        queries.invitation(other.id, invitation.id)
    assert queries.invitations(other.id) == []


def test_the_link_leads_to_its_own_invitation(invitation: Invitation) -> None:
    other = make_invitation(invitation.event, "en anden minister")
    assert queries.invitation_with_link(actions.link_token(other.id)) is other
    assert queries.invitation_with_link(actions.link_token(invitation.id)) is invitation


def test_each_event_counts_its_invitations_from_one(invitation: Invitation) -> None:
    assert queries.next_precedence(invitation.event_id) == 2
    assert queries.next_precedence(make_event().id) == 1


# --- what the pages of the case and the desk are told


def test_the_thread_names_only_offices_that_are_public_and_were_written_to(invitation: Invitation, app: Any) -> None:
    hidden = make_invitation(invitation.event, "den hemmelige gæst")
    hidden.is_public = False
    make_invitation(invitation.event, "den uskrevne gæst", sent=False)
    actions.reply(hidden, YES, now=REPLIED_AT)
    db.session.commit()
    with app.test_request_context(headers={"Accept-Language": "da"}):
        (step,) = hooks.steps(invitation.event.case_id)
        assert "havneministeren" in step.note
        assert "hemmelige" not in step.note
        assert "uskrevne" not in step.note
        assert words.reply_words(hidden) != words.reply_words(invitation)
    assert str(step.figure).startswith("2 ")
    assert {invitation.letters[0].id, hidden.letters[0].id, hidden.replies[0].id} == set(step.refs)


def test_the_thread_of_a_draft_tells_nothing(db: Any, app: Any) -> None:
    event = make_event(published=False)
    make_invitation(event)
    db.session.commit()
    with app.test_request_context():
        assert hooks.steps(event.case_id) == []


def test_the_desk_counts_letters_and_replies_apart(invitation: Invitation, app: Any) -> None:
    make_invitation(invitation.event, "en anden minister")
    make_invitation(invitation.event, "en tredje minister", sent=False)
    actions.reply(invitation, NO, now=REPLIED_AT)
    db.session.commit()
    with app.test_request_context():
        assert [one.value for one in hooks.desk_figures(invitation.event_id)] == [2, 1]
