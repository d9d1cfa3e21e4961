"""What is done with invitations: write, send, reply, see who came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from eventapp import audit, blobs, record
from eventapp.db import Sql, db, new_id
from eventapp.events import rules as event_rules
from eventapp.events.errors import HasBegunError, NotBegunError
from eventapp.events.models import Event
from eventapp.events.rules import Road
from eventapp.invitations import entries, letter_files, queries, rules
from eventapp.invitations.errors import NoReplyToSeeError, TooLateError, TooManyRepliesError, WithdrawnError
from eventapp.invitations.models import (
    Invitation,
    Letter,
    Reply,
    ReplyChannel,
    ReplyState,
    SightingKind,
    StandInRole,
    WishedRole,
)
from eventapp.languages import Wording
from eventapp.mail import outbox
from eventapp.registration import actions as registrations
from eventapp.registration.models import Reason
from eventapp.registration.queries import BookedHead
from eventapp.registration.queries import head as booked_head
from eventapp.tokens import derived_token, token_hash

Answers = tuple[tuple[str, str], ...]

# SQL: what the door tells is noted in the transaction of the scan, which has no session.
INVITED = Sql("SELECT id FROM invitation WHERE registration_id = :registration_id")
SEEN = Sql("""
    INSERT INTO sighting (id, invitation_id, kind, recorded_by_id, at) VALUES (:id, :invitation_id, :kind, :by_id, :at)
    ON CONFLICT (invitation_id, kind) DO NOTHING
""")
VOUCHED = Sql("""
    UPDATE sighting SET recorded_by_id = :by_id
    WHERE invitation_id = :invitation_id AND kind = :kind AND recorded_by_id IS NULL
""")
# What the door alone tells changes with what the door is told; what a person noted stays.
AT_DOOR = Sql("""
    UPDATE sighting SET at = :at WHERE invitation_id = :invitation_id AND kind = 'came' AND recorded_by_id IS NULL
""")
NOT_SEEN = Sql("""
    DELETE FROM sighting WHERE invitation_id = :invitation_id AND kind = 'came' AND recorded_by_id IS NULL
""")
LOCK = Sql("UPDATE invitation SET precedence = precedence WHERE registration_id = :registration_id")
HOLDER = Sql("""
    SELECT i.id, e.case_id, r.number, r.state AS last FROM invitation i JOIN event e ON e.id = i.event_id
    JOIN reply r ON r.invitation_id = i.id
    WHERE i.registration_id = :registration_id ORDER BY r.number DESC LIMIT 1
""")
DECLINE = Sql("""
    INSERT INTO reply (id, invitation_id, number, state, reason, will_write, stand_in_name, stand_in_title,
                       contact_name, contact_phone, channel, recorded_by_id, replied_at)
    VALUES (:id, :invitation_id, :number, 'declined', '', FALSE, '', '', '', '', :channel, :by_id, :at)
""")
LOG = Sql("SELECT event.case_id FROM invitation JOIN event ON event.id = invitation.event_id WHERE invitation.id = :id")


@dataclass(frozen=True)
class Draft:
    """An invitation as it is written."""

    office: Wording
    email: str
    purpose: Wording  # in the official language, as the letter is
    wished_role: WishedRole
    reply_by_at: datetime
    name: str = ""
    ministry: str = ""
    minutes: int = 0
    programme_item_id: str | None = None
    is_public: bool = False


@dataclass(frozen=True)
class Given:
    """A reply as it was given."""

    state: ReplyState
    channel: ReplyChannel
    reason: str = ""
    will_write: bool = False
    stand_in_name: str = ""
    stand_in_title: str = ""
    stand_in_role: StandInRole | None = None
    contact_name: str = ""
    contact_phone: str = ""
    answers: Answers = ()  # of whoever comes, to what is asked of guests beside the reply


def link_token(invitation_id: str) -> str:
    """The token of the reply link in the letter."""
    return derived_token("invitation", invitation_id)


def invite(event: Event, draft: Draft, *, by: audit.Actor | None, now: datetime) -> Invitation:
    """Write an invitation; nothing is sent yet.

    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    :raises HasBegunError: when it has begun.
    """
    db.session.refresh(event, with_for_update={"key_share": True})  # two may be writing the next one at once
    event_rules.check(Road.INVITE, event, now, HasBegunError)
    new = new_id()
    invitation = Invitation(
        id=new,
        event_id=event.id,
        precedence=queries.next_precedence(event.id),
        link_hash=token_hash(link_token(new)),
        created_at=now,
        **vars(draft),
    )
    db.session.add(invitation)
    audit.record(by, "invitations.written", new)
    return invitation


def send(
    invitation: Invitation,
    letter: blobs.Stored,
    *,
    by: audit.Actor | None,
    now: datetime,
    number: int | None = None,
) -> Letter:
    """Send the letter by mail, as a PDF and as a calendar request; sending again is a new letter.

    :param letter: the PDF of :func:`eventapp.invitations.letter_files.pdf_of`, stored before.
    :param number: of the letter that is meant; one that was sent already is not sent again (ADR 0055).
    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    :raises HasBegunError: when it has begun. :raises WithdrawnError: once the invitation was withdrawn.
    """
    event_rules.check(Road.INVITE, invitation.event, now, HasBegunError)
    lock(invitation)
    if invitation.withdrawn_at:
        raise WithdrawnError
    if number is not None and number <= len(invitation.letters):
        return invitation.letters[number - 1]
    conn, number = db.session.connection(), len(invitation.letters) + 1
    blobs.insert(conn, letter, "application/pdf")
    sent = Letter(id=new_id(), number=number, sha256=letter.sha256, sent_at=now, sent_by_id=by.id if by else None)
    sent.mail_id = outbox.queue(
        conn,
        message="invitations/letter",
        to=invitation.email,
        subject_id=invitation.id,
        context=letter_files.told(invitation),
        secrets={"link": letter_files.reply_link(link_token(invitation.id))},
        attachments=[letter_files.attached(letter.sha256)],
        calendar=letter_files.calendar_request(conn, invitation, now),
        calendar_method="REQUEST",
    )
    invitation.letters.append(sent)
    parts = {
        "office": invitation.office.official,
        "name": invitation.name,
        "role": str(invitation.wished_role),
        "reply_by": invitation.reply_by_at.isoformat(),
        "letter": letter.sha256,
    }
    _record(conn, invitation.event.case_id, entries.INVITE, parts, sent.id, now)
    audit.record(by, "invitations.sent", invitation.id, number=number)
    return sent


def reply(invitation: Invitation, given: Given, *, now: datetime, by: audit.Actor | None = None) -> Reply:
    """Note a reply. Yes and a stand-in get a seat and a ticket; a later no gives the seat back.

    The reply in force given once more (Back, a second press, two at one moment) is no new one (ADR 0055), unless its
    ticket was given back since or another person holds the office now.

    After the event staff may still write down what was said before; nobody gets a seat by it then.

    :raises CalledOffError: when the event is called off.
    :raises TooLateError: once the event has begun, unless staff enters what was said before.
    :raises OverError: the same, once it is over.
    :raises WithdrawnError: once the invitation was withdrawn.
    :raises TooManyRepliesError: when the link was used for many within a day; staff may still enter one.
    """
    event_rules.check(Road.ENTER_REPLY if by else Road.REPLY, invitation.event, now, TooLateError)
    lock(invitation)
    if invitation.withdrawn_at:
        raise WithdrawnError
    facts = {name: value for name, value in vars(given).items() if name != "answers"}
    conn = db.session.connection()
    earlier = invitation.reply
    is_same = earlier is not None and all(getattr(earlier, name) == value for name, value in facts.items())
    if earlier and is_same and _is_seated(conn, invitation, earlier, now):
        if invitation.registration_id:
            registrations.note_answers(conn, invitation.registration_id, given.answers)
        return earlier
    if by is None and rules.is_enough([one.replied_at for one in invitation.replies if not one.recorded_by_id], now):
        raise TooManyRepliesError
    new = Reply(
        id=new_id(),
        number=len(invitation.replies) + 1,
        replied_at=now,
        recorded_by_id=by.id if by else None,
        **facts,
    )
    invitation.replies.append(new)
    parts = {
        "state": str(given.state),
        "stand_in": given.stand_in_name,
        "reason": given.reason,
        "channel": given.channel,
    }
    _seat(conn, invitation, new, given.answers, now)
    _record(conn, invitation.event.case_id, entries.REPLY, parts, new.id, now)
    outbox.queue(
        conn,
        message="invitations/noted",
        to=invitation.email,
        subject_id=invitation.id,
        context={
            **letter_files.told(invitation),
            "state": str(given.state),
            "stand_in": given.stand_in_name,
            "at": now,
        },
        secrets={"link": letter_files.reply_link(link_token(invitation.id))},
        dedupe=entries.noted_once(new.id),
    )
    audit.record(by, "invitations.replied", invitation.id, state=given.state, channel=given.channel)
    return new


def see(invitation: Invitation, kind: SightingKind, *, by: audit.Actor, now: datetime) -> None:
    """Note by hand that the invitee came or spoke; once noted it stays.

    :raises NoReplyToSeeError: before the invitation was sent.
    :raises NotBegunError: before the event begins. :raises CalledOffError: when it is called off.
    """
    event_rules.check(Road.ATTEND, invitation.event, now, NotBegunError)
    if not invitation.letters:
        raise NoReplyToSeeError
    conn = db.session.connection()
    if not SEEN(conn, id=new_id(), invitation_id=invitation.id, kind=kind.value, by_id=by.id, at=now).rowcount:
        VOUCHED(conn, invitation_id=invitation.id, kind=kind.value, by_id=by.id)
        return
    db.session.expire(invitation, ["sightings"])
    _record(conn, invitation.event.case_id, entries.ATTENDANCE, {"what": str(kind)}, invitation.id, now)
    audit.record(by, "invitations.seen", invitation.id, kind=kind)


def note_arrival(conn: Connection, registration_id: str, came_at: datetime | None, at: datetime) -> None:
    """At the door: a guest with the ticket of an invitation came, came at another time, or did not come after all.

    The record is told that she came and, if it must be, that this was taken back; not each time that it moves.

    :param at: of the scan that says so.
    """
    invitation_id = INVITED(conn, registration_id=registration_id).scalar_one_or_none()
    if invitation_id is None:
        return  # another reply has given the ticket up since
    if came_at is None:
        if NOT_SEEN(conn, invitation_id=invitation_id).rowcount:
            _record_arrival(conn, invitation_id, "came_undone", at)
    elif SEEN(conn, id=new_id(), invitation_id=invitation_id, kind="came", by_id=None, at=came_at).rowcount:
        _record_arrival(conn, invitation_id, "came", at)
    else:
        AT_DOOR(conn, invitation_id=invitation_id, at=came_at)


def wait_for_others(conn: Connection, registration_id: str) -> None:
    """Before the ticket of an invitation is given back: whoever replies at this moment locks it in the same order."""
    LOCK(conn, registration_id=registration_id)


def note_given_back(conn: Connection, registration_id: str, by: audit.Actor | None, at: datetime) -> None:
    """A guest with the ticket of an invitation has cancelled: that is a no, and counts as the reply in force."""
    found = HOLDER(conn, registration_id=registration_id).one_or_none()
    if found is None or found.last == ReplyState.DECLINED.value:
        return
    channel = ReplyChannel.LINK if by is None else ReplyChannel.PHONE
    reply_id, by_id = new_id(), by.id if by else None
    DECLINE(
        conn,
        id=reply_id,
        invitation_id=found.id,
        number=found.number + 1,
        channel=channel.value,
        by_id=by_id,
        at=at,
    )
    parts = {"state": ReplyState.DECLINED.value, "stand_in": "", "reason": "", "channel": channel.value}
    _record(conn, found.case_id, entries.REPLY, parts, reply_id, at)
    audit.insert(conn, by, "invitations.replied", found.id, state=ReplyState.DECLINED, channel=channel)


def _record_arrival(conn: Connection, invitation_id: str, what: str, at: datetime) -> None:
    case_id = LOG(conn, id=invitation_id).scalar_one()
    _record(conn, case_id, entries.ATTENDANCE, {"what": what}, invitation_id, at)


def lock(invitation: Invitation) -> None:
    """Wait for whoever else acts on the invitation, and see what it became: letters and replies are numbered."""
    db.session.refresh(invitation, with_for_update={"key_share": True})


def _seat(conn: Connection, invitation: Invitation, reply: Reply, answers: Answers, now: datetime) -> None:
    """One ticket for whoever comes by the reply in force, and none for anybody else."""
    if not event_rules.is_open(Road.SEAT_INVITED, invitation.event, now):
        return
    who, held = _who_comes(invitation, reply), _held(conn, invitation)
    if held:
        if held.name == who:
            registrations.note_answers(conn, held.id, answers)
            return
        registrations.cancel(conn, held.id, reason=Reason.DECLINED_INVITATION, now=now)
    head = registrations.Head(who, organisation=invitation.ministry, answers=answers)
    invitation.registration_id = _register(conn, invitation, reply, head, now) if who else None


def give_seat_back(invitation: Invitation, *, now: datetime) -> None:
    """Whoever comes by the invitation comes no more."""
    conn = db.session.connection()
    held, invitation.registration_id = _held(conn, invitation), None
    db.session.flush()  # who cancels has no invitation any more, and is no reply
    if held:
        registrations.cancel(conn, held.id, reason=Reason.OTHER, now=now)


def _is_seated(conn: Connection, invitation: Invitation, reply: Reply, now: datetime) -> bool:
    """Whether the ticket is as the reply wants it, or cannot become so any more."""
    if not event_rules.is_open(Road.SEAT_INVITED, invitation.event, now):
        return True
    held = _held(conn, invitation)
    return (held.name if held else "") == _who_comes(invitation, reply)


def _held(conn: Connection, invitation: Invitation) -> BookedHead | None:
    """Whose ticket it is now; None when there is none that counts."""
    held = booked_head(conn, invitation.registration_id) if invitation.registration_id else None
    return held if held and held.is_live else None


def _who_comes(invitation: Invitation, reply: Reply) -> str:
    """The name on the ticket; "" when nobody comes."""
    if reply.state == ReplyState.DECLINED:
        return ""
    return reply.stand_in_name if reply.state == ReplyState.DELEGATED else invitation.name or invitation.office.official


def _register(conn: Connection, invitation: Invitation, reply: Reply, head: registrations.Head, now: datetime) -> str:
    given = registrations.SignUp(invitation.email, (head,))
    sending = registrations.Sending(reply.id)
    outcome = registrations.register_invited(
        conn,
        event_id=invitation.event_id,
        given=given,
        sending=sending,
        now=now,
        calendar_uid=invitation.calendar_uid,
    )
    return outcome.registration_id


def _record(conn: Connection, case_id: str, kind: record.Kind, parts: dict[str, str], ref: str, now: datetime) -> None:
    record.append(conn, log_id=case_id, kind=kind, parts=parts, ref=ref, received_at=now, at=now)
