"""What the organiser and the office may type, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from eventapp import clock
from eventapp.db import db
from eventapp.events.models import Event
from eventapp.invitations.forms import InvitationForm, ReplyForm, StaffReplyForm, reply_form
from eventapp.invitations.models import ReplyChannel, ReplyState, StandInRole, WishedRole
from eventapp.languages import Wording
from eventapp.web.fields import Asked, Field, FieldKind
from eventapp.web.permissions import Permission
from tests.invitations.conftest import make_item
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event

pytestmark = pytest.mark.engines("sqlite")
WRITTEN = {
    "office": " Havneministeren ",
    "email": "minister@example.org",
    "wished_role": "panel",
    "purpose": "Første.\r\nSamme.\r\n\r\nAndet. ",
    "reply_by": "2024-05-13T12:00",
    "programme_item": "",
    "name": "",
    "ministry": "",
}
UNTOUCHED = dict.fromkeys(
    ("reason", "stand_in_name", "stand_in_title", "contact_name", "contact_phone"), ""
)  # as a browser sends what nobody typed into


@pytest.fixture
def event(app: Flask) -> Iterator[Event]:
    """An event, in a request that posts something."""
    with app.test_request_context(method="POST"):
        app.config["WTF_CSRF_ENABLED"] = False
        event = make_event()
        db.session.commit()
        yield event


def written(event: Event, **typed: str) -> InvitationForm:
    form = InvitationForm(formdata=MultiDict({**WRITTEN, **typed}))
    form.offer(event)
    return form


def on_the_wall(moment: Any) -> str:
    return f"{moment.astimezone(clock.COPENHAGEN):%Y-%m-%dT%H:%M}"


# --- the invitation ----------------------------------------------------------------------------------------------


def test_what_may_be_left_out_is_left_out(event: Event) -> None:
    form = written(event)
    assert form.validate()
    assert form.fits(event, SIGN_UP_AT)
    draft = form.draft()
    assert draft.office.texts == {"da": "Havneministeren"}
    assert (draft.name, draft.ministry, draft.minutes, draft.programme_item_id) == ("", "", 0, None)
    assert not draft.is_public  # the public is told of an office only where the organiser says so
    assert (draft.wished_role, draft.email) == (WishedRole.PANEL, "minister@example.org")


def test_paragraphs_stay_paragraphs_whatever_ends_their_lines(event: Event) -> None:
    form = written(event)
    assert form.validate()
    assert form.draft().purpose == Wording("Første.\nSamme.\n\nAndet.")


def test_everything_that_is_typed_is_kept(event: Event) -> None:
    item = make_item(event)
    db.session.commit()
    db.session.refresh(event)
    typed = {
        "office_en": "Minister of harbours",
        "name": " Åse Ørsted-Æbelø 🚢 ",
        "ministry": " Havneministeriet",
        "minutes": "240",
        "programme_item": item.id,
        "is_public": "y",
    }
    form = written(event, **typed)
    assert form.validate()
    draft = form.draft()
    assert draft.office.texts == {"da": "Havneministeren", "en": "Minister of harbours"}
    assert (draft.name, draft.ministry, draft.minutes) == ("Åse Ørsted-Æbelø 🚢", "Havneministeriet", 240)
    assert (draft.programme_item_id, draft.is_public) == (item.id, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("office", ""),
        ("office", "x" * 121),
        ("name", "x" * 121),
        ("email", "æøå@example.org"),
        ("email", "minister"),
        ("email", ""),
        ("wished_role", "dance"),
        ("wished_role", ""),
        ("minutes", "-1"),
        ("minutes", "241"),
        ("minutes", "ti"),
        ("purpose", "  "),
        ("purpose", "x" * 5001),
        ("reply_by", ""),
        ("reply_by", "i morgen"),
        ("reply_by", "2024-03-31T02:30"),  # the clock is put forward
        ("programme_item", "0" * 32),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(event: Event, name: str, value: str) -> None:
    form = written(event, **{name: value})
    assert not form.validate()
    assert list(form.errors) == [name]


@pytest.mark.parametrize(("minutes", "fits"), [(0, False), (-1, True), (1, False)])
def test_the_reply_must_come_before_the_debate_begins(event: Event, minutes: int, fits: bool) -> None:
    form = written(event, reply_by=on_the_wall(STARTS_AT + timedelta(minutes=minutes)))
    assert form.validate()
    assert form.fits(event, SIGN_UP_AT) is fits
    assert bool(form.reply_by.errors) is not fits


def test_the_deadline_in_the_doubled_hour_of_october_is_the_later_of_the_two(app: Flask, event: Event) -> None:
    later = make_event(starts_at=STARTS_AT.replace(month=11))
    form = written(later, reply_by="2024-10-27T02:30")
    assert form.validate()
    assert form.draft().reply_by_at.isoformat() == "2024-10-27T01:30:00+00:00"


def test_one_chooses_among_the_points_of_this_programme_or_none(event: Event) -> None:
    other = make_item(make_event(), "En anden aften")
    for position, title in ((2, "Ærkebispen taler"), (1, "Åbning")):
        make_item(event, title, position)
    db.session.commit()
    db.session.refresh(event)
    offered = [(one.value, str(one.label)) for one in written(event).programme_item.iter_choices()]
    assert [label for _, label in offered] == ["Ingen", "Åbning", "Ærkebispen taler"]  # as the evening goes
    assert other.id not in dict(offered)


# --- the reply ---------------------------------------------------------------------------------------------------


def replied(kind: Any = ReplyForm, own: Sequence[Field] = (), /, **typed: str) -> Any:
    return reply_form(kind, own, formdata=MultiDict({**UNTOUCHED, **typed}))


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize("state", ["accepted", "declined"])
def test_who_comes_or_not_has_nothing_more_to_say(state: str) -> None:
    form = replied(state=state)
    assert form.validate()
    assert form.fits()
    given = form.given(ReplyChannel.LINK)
    assert (given.state, given.channel, given.stand_in_role) == (ReplyState(state), ReplyChannel.LINK, None)


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize(
    ("name", "role", "wrong"),
    [
        ("", "", ["stand_in_name", "stand_in_role"]),
        ("   ", "factual", ["stand_in_name"]),
        ("Bo Bæk", "", ["stand_in_role"]),
        ("Bo Bæk", "factual", []),
    ],
)
def test_a_stand_in_has_a_name_and_a_role(name: str, role: str, wrong: list[str]) -> None:
    form = replied(state="delegated", stand_in_name=name, stand_in_role=role)
    assert form.validate()
    assert form.fits() is not bool(wrong)
    assert sorted(form.errors) == wrong


@pytest.mark.usefixtures("event")
def test_what_belongs_to_another_choice_is_not_taken_along() -> None:
    """The parts of the other two choices are folded away, and keep what was typed into them first."""
    typed = {
        "reason": " Rejse ",
        "will_write": "y",
        "stand_in_name": " Bo Bæk ",
        "stand_in_title": " kontorchef ",
        "stand_in_role": "political",
        "contact_name": " Åse ",
        "contact_phone": " 12 34 56 78 ",
    }
    found = {state: replied(state=state.value, **typed).given(ReplyChannel.LINK) for state in ReplyState}
    assert {state: one.will_write for state, one in found.items()} == {
        ReplyState.ACCEPTED: False,
        ReplyState.DECLINED: True,
        ReplyState.DELEGATED: False,
    }
    named = {state: (one.stand_in_name, one.stand_in_title, one.stand_in_role) for state, one in found.items()}
    nobody = ("", "", None)
    assert named == {
        ReplyState.ACCEPTED: nobody,
        ReplyState.DECLINED: nobody,
        ReplyState.DELEGATED: ("Bo Bæk", "kontorchef", StandInRole.POLITICAL),
    }
    assert {(one.reason, one.contact_name, one.contact_phone) for one in found.values()} == {
        ("Rejse", "Åse", "12 34 56 78")
    }


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", ""),
        ("state", "perhaps"),
        ("reason", "x" * 2001),
        ("stand_in_role", "king"),
        ("stand_in_name", "x" * 121),
        ("contact_phone", "1" * 31),
        ("contact_name", "x" * 500),
    ],
)
def test_a_reply_that_cannot_be_is_said_beside_its_field(name: str, value: str) -> None:
    form = replied(**{"state": "accepted", name: value})
    assert not form.validate()
    assert list(form.errors) == [name]


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize("channel", [one for one in ReplyChannel if one is not ReplyChannel.LINK])
def test_staff_says_how_a_reply_came(channel: ReplyChannel) -> None:
    form = replied(StaffReplyForm, state="accepted", channel=channel.value)
    assert form.validate()


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize("channel", ["", "link", "pigeon"])
def test_staff_cannot_say_that_it_came_by_the_link(channel: str) -> None:
    form = replied(StaffReplyForm, state="accepted", channel=channel)
    assert not form.validate()
    assert list(form.errors) == ["channel"]


def song(of: Asked) -> Field:
    """Something that the organiser asks for one event."""
    return Field(
        "song", "En sang", FieldKind.LINE, frozenset({of}), purpose="Pausen", seen_by=Permission.READ_REGISTRATIONS
    )


@pytest.mark.usefixtures("event")
def test_what_an_event_asks_of_the_invited_stands_on_their_form_alone() -> None:
    asked = replied(ReplyForm, [song(Asked.INVITED)], state="accepted", song="Vals")
    assert asked.validate()
    assert asked.given(ReplyChannel.LINK).answers == (("song", "Vals"),)
    assert [one.name for one in asked.asked] == ["song"]
    not_asked = replied(ReplyForm, [song(Asked.GUEST)], state="accepted", song="Vals")
    assert not_asked.given(ReplyChannel.LINK).answers == ()


@pytest.mark.parametrize(("minutes", "fits"), [(0, False), (-1, False), (1, True)])
def test_the_reply_is_asked_for_by_a_moment_that_lies_ahead(event: Event, minutes: int, fits: bool) -> None:
    form = written(event, reply_by=on_the_wall(SIGN_UP_AT + timedelta(minutes=minutes)))
    assert form.validate()
    assert form.fits(event, SIGN_UP_AT) is fits
    assert bool(form.reply_by.errors) is not fits


@pytest.mark.usefixtures("event")
def test_two_forms_of_two_events_ask_what_each_asks() -> None:
    """Each is a class of its own, so the fields of one do not stay for the next."""
    replied(ReplyForm, [song(Asked.INVITED)], state="accepted")
    assert replied(state="accepted").asked == []
