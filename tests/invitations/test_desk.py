"""What invitations tell elsewhere: the programme, the thread of the case, the organiser's desk, the guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import current_app, g

from eventapp import clock
from eventapp.db import db
from eventapp.events.models import Event
from eventapp.invitations import actions, hooks, queries
from eventapp.invitations.actions import Given
from eventapp.invitations.models import Invitation, ReplyState
from eventapp.web.permissions import Person, Reach, Role, Scope
from eventapp.web.registry import DeskItem, StepState, ThreadStep
from tests.invitations.conftest import NO, REPLIED_AT, WRITTEN_AT, YES, make_invitation, make_item, send, stand_in
from tests.support.factories import STARTS_AT, make_event

ENDS_AT = STARTS_AT + timedelta(hours=2)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let it be a moment: ``at(STARTS_AT)``."""

    def be(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    be(REPLIED_AT)
    return be


@contextmanager
def asks(role: Role = Role.ORGANISER) -> Iterator[None]:
    """Somebody with this role reads a page in Danish."""
    db.session.commit()
    with current_app.test_request_context(headers={"Accept-Language": "da"}):
        g.person = Person("0" * 32, "Anna", frozenset({role}))
        yield


def steps(case_id: str) -> list[ThreadStep]:
    with asks():
        return hooks.steps(case_id)


# --- the programme -----------------------------------------------------------------------------------------------


def programme(event: Event) -> list[str]:
    """Who is named at the first point of the programme."""
    db.session.commit()
    return queries.programme_people(event.id).get(event.programme[0].id, [])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        (NO, []),
        (YES, ["havneministeren Åse Ørsted"]),
        (stand_in("Bo Bæk"), ["Bo Bæk, kontorchef"]),
        (Given(ReplyState.DELEGATED, YES.channel, stand_in_name="Bo", stand_in_role=stand_in().stand_in_role), ["Bo"]),
    ],
    ids=["no reply", "no", "yes", "stand-in", "stand-in without title"],
)
def test_the_programme_names_who_will_be_there(invitation: Invitation, given: Given | None, names: list[str]) -> None:
    invitation.name, invitation.programme_item_id = "Åse Ørsted", make_item(invitation.event).id
    db.session.commit()
    if given:
        actions.reply(invitation, given, now=REPLIED_AT)
    assert programme(invitation.event) == names


def test_guests_of_one_point_stand_in_the_organisers_order_and_not_by_the_alphabet(invitation: Invitation) -> None:
    event = invitation.event
    item = make_item(event)
    for office in ("ærkebispen", "borgmesteren"):
        make_invitation(event, office)
    for one in queries.invitations(event.id):
        one.programme_item_id = item.id
        db.session.commit()
        actions.reply(one, YES, now=REPLIED_AT)
    assert programme(event) == ["havneministeren", "ærkebispen", "borgmesteren"]


def test_a_guest_without_a_point_is_named_at_none(invitation: Invitation) -> None:
    make_item(invitation.event)
    actions.reply(invitation, YES, now=REPLIED_AT)
    assert programme(invitation.event) == []
    assert queries.programme_people(invitation.event_id) == {}


def test_invitations_stand_in_the_organisers_order_whenever_they_were_written(db: Any) -> None:
    event = make_event()
    first, second, third = (make_invitation(event, office) for office in ("c", "a", "b"))
    for number, one in enumerate((second, third, first), 11):
        one.precedence = number
    db.session.commit()
    assert [one.office.official for one in queries.invitations(event.id)] == ["a", "b", "c"]
    assert queries.next_precedence(event.id) == 14


# --- the thread --------------------------------------------------------------------------------------------------


def test_the_step_begins_with_the_first_letter_of_all(invitation: Invitation) -> None:
    later = make_invitation(invitation.event, "kulturministeren", sent=False)
    send(later, WRITTEN_AT + timedelta(days=3))
    send(invitation, WRITTEN_AT + timedelta(days=5))
    (step,) = steps(invitation.event.case_id)
    assert (step.at, step.state, step.order) == (WRITTEN_AT, StepState.DONE, 30)
    assert (step.key, step.title) == (f"invitations:{invitation.event_id}", "Invitationer")


def test_the_step_counts_offices_and_not_letters_or_replies(invitation: Invitation) -> None:
    make_invitation(invitation.event, "kulturministeren")
    send(invitation, REPLIED_AT)
    for given in (YES, NO):
        actions.reply(invitation, given, now=REPLIED_AT)
    (step,) = steps(invitation.event.case_id)
    assert step.figure == "2 inviterede, 1 har svaret"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "inviteret, svar ikke oplyst"),
        (YES, "deltager"),
        (NO, "deltager ikke"),
        (stand_in("Bo Bæk"), "sender en stedfortræder"),
    ],
    ids=["no reply", "yes", "no", "stand-in"],
)
def test_the_public_reads_the_reply_in_force_and_no_reason_and_no_name(
    invitation: Invitation, given: Given | None, words: str
) -> None:
    if given:
        actions.reply(invitation, given, now=REPLIED_AT)
    (step,) = steps(invitation.event.case_id)
    assert step.note == f"havneministeren: {words}"


def test_each_debate_of_a_case_has_a_step_of_its_own(invitation: Invitation) -> None:
    case = invitation.event.case
    second = make_event(case, starts_at=STARTS_AT + timedelta(days=30))
    make_event(case)  # nobody is invited to it
    make_invitation(second, "kulturministeren")
    notes = {step.key.partition(":")[2]: step.note for step in steps(case.id)}
    assert set(notes) == {invitation.event_id, second.id}
    assert notes[second.id].startswith("kulturministeren: ")


# --- the desk ----------------------------------------------------------------------------------------------------


def items(event_id: str, role: Role = Role.ORGANISER) -> list[DeskItem]:
    with asks(role):
        return hooks.desk_items(event_id)


@pytest.mark.usefixtures("at")
def test_the_desk_asks_for_letters_not_sent_and_replies_not_come(invitation: Invitation) -> None:
    unsent = make_invitation(invitation.event, "kulturministeren", sent=False)
    found = [(one.text, one.button, one.since) for one in items(invitation.event_id)]
    assert found == [
        ("havneministeren har ikke svaret", "Ring eller påmind", invitation.reply_by_at),
        ("kulturministeren har ikke fået invitationen", "Send", unsent.created_at),
    ]
    urls = [f"/staff/events/{one.event_id}/invitations/{one.id}" for one in (invitation, unsent)]
    assert [one.url for one in items(invitation.event_id)] == urls


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize("given", [YES, NO, stand_in()], ids=["yes", "no", "stand-in"])
def test_who_has_replied_is_asked_for_nothing(invitation: Invitation, given: Given) -> None:
    actions.reply(invitation, given, now=REPLIED_AT)
    assert items(invitation.event_id) == []


def test_when_the_debate_is_over_nobody_is_called_any_more(invitation: Invitation, at: Any) -> None:
    at(ENDS_AT - timedelta(microseconds=1))
    assert len(items(invitation.event_id)) == 1
    at(ENDS_AT)
    assert items(invitation.event_id) == []


@pytest.mark.usefixtures("at")
def test_who_may_not_open_invitations_gets_no_link_to_them(invitation: Invitation) -> None:
    assert [one.url for one in items(invitation.event_id, Role.OFFICER)] == [""]
    with asks(Role.OFFICER):
        assert [one.url for one in hooks.desk_figures(invitation.event_id)] == ["", ""]


def test_the_figures_of_a_new_event_are_naughts_that_lead_to_the_list(db: Any) -> None:
    event = make_event()
    event_id = event.id
    with asks():
        found = [(one.order, one.label, one.value, one.url) for one in hooks.desk_figures(event_id)]
    url = f"/staff/events/{event_id}/invitations"
    assert found == [(10, "inviteret", 0, url), (20, "har svaret", 0, url)]
    assert items(event_id) == []


# --- the guard ---------------------------------------------------------------------------------------------------


def test_an_invitation_belongs_to_its_event_and_its_case(invitation: Invitation) -> None:
    assert queries.scope(invitation.id) == Scope(invitation.event.case_id, invitation.event_id)
    assert queries.scope("0" * 32) == Scope()


def test_a_role_for_one_event_reaches_its_invitations_and_no_others(invitation: Invitation) -> None:
    other = make_invitation(make_event(), "kulturministeren")
    db.session.commit()
    reaches = {
        "event": Reach(event_ids={invitation.event_id}),
        "case": Reach(case_ids={other.event.case_id}),
        "all": Reach(everything=True),
        "none": Reach(),
    }
    found = {name: set(db.session.scalars(queries.ids_within(reach))) for name, reach in reaches.items()}
    assert found == {
        "event": {invitation.id},
        "case": {other.id},
        "all": {invitation.id, other.id},
        "none": set(),
    }


def test_a_letter_is_found_under_its_own_invitation_only(invitation: Invitation) -> None:
    other = make_invitation(invitation.event, "kulturministeren")
    db.session.commit()
    mine, theirs = (queries.letter(one.id, 1) for one in (invitation, other))
    assert (mine.invitation, theirs.invitation) == (invitation, other)
