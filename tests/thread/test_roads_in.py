"""State × road in: what happens with whoever comes to an event, by each road in each phase.

The tables are whole: each state stands in each row, and each post of these slices has a row or a reason to have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from eventapp.checkin.models import Direction, Verdict
from eventapp.checkin.rules import TONES, Tone
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events import rules
from eventapp.events.models import Event
from eventapp.events.rules import Phase
from eventapp.invitations import actions as invitations
from tests.checkin.support import DOORS_OPEN, make_guest, make_hall, scanned, walked_in
from tests.invitations.conftest import make_invitation
from tests.registration.givens import sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.routes import routes
from tests.thread.roads import DONE, NOT_FOUND, TICK, World
from tests.thread.test_roads_to_hearings import HEARINGS

pytestmark = pytest.mark.engines("sqlite")

# --- events ------------------------------------------------------------------------------------------------------

OPENS_AT, CLOSES_AT = STARTS_AT - timedelta(days=30), STARTS_AT - timedelta(hours=2)
ENDS_AT = STARTS_AT + timedelta(hours=2)
MOMENTS = {
    Phase.DRAFT: SIGN_UP_AT,
    Phase.ANNOUNCED: OPENS_AT - TICK,
    Phase.OPEN: SIGN_UP_AT,
    Phase.CLOSED: CLOSES_AT,
    Phase.RUNNING: STARTS_AT,
    Phase.HELD: ENDS_AT,
    Phase.CANCELLED: SIGN_UP_AT,
}


@pytest.fixture
def evening(world: World) -> World:
    """An event with an office that was invited and a guest who signed up."""
    world.be_at(SIGN_UP_AT)
    with world.app.app_context():
        event = make_event(slug="debat")
        invitation = make_invitation(event)
        database.session.commit()
        world.ids |= {"event": event.id, "invitation": invitation.id, "link": invitations.link_token(invitation.id)}
        world.ids |= {"theme": event.themes[0].id, "category": event.categories[0].id}
    with world.app.app_context():
        world.ids["guest"] = sign_up(Event(id=world.ids["event"], slug="debat")).registration_id
    page = world.client.visit(f"/staff/events/{world.ids['event']}/registrations/new")
    world.ids["token"] = page.root.all("input", name="csrf_token")[0].attributes["value"]
    return world


def stand(world: World, phase: Phase) -> None:
    """Let the event be in a phase."""
    with world.app.app_context():
        event = database.session.get_one(Event, world.ids["event"])
        event.published_at = None if phase is Phase.DRAFT else OPENS_AT - timedelta(days=1)
        event.cancelled_at = SIGN_UP_AT if phase is Phase.CANCELLED else None
        database.session.commit()
        assert rules.phase(event, MOMENTS[phase]) is phase
    world.be_at(MOMENTS[phase])


def in_phases(first: tuple[int, str], **others: tuple[int, str]) -> dict[Phase, tuple[int, str]]:
    """The same in every phase but those that are named."""
    return {one: others.get(one, first) for one in Phase}


@dataclass(frozen=True)
class Row:
    """A road in: its endpoint, how it is gone, and what comes of it in each phase."""

    endpoint: str
    form: str  # the page whose form it is, "" for a button
    path: str
    fields: Mapping[str, str]
    outcome: Mapping[Phase, tuple[int, str]]

    def go(self, world: World, filled: Mapping[str, Any]) -> tuple[int, str]:
        fresh = {name: new_id() for name in ("key", "submission_key", "form_key") if name in filled}
        if "text" in filled:  # the same words once more would be led to what was received
            fresh["text"] = f"{filled['text']} {new_id()}"
        return world.post(self.path, **{**filled, **fresh})


CALLED_OFF, OVER = (409, "Arrangementet er aflyst."), (409, "Arrangementet er slut.")
BEGUN, NOT_OPEN = (409, "Arrangementet er begyndt."), (409, "Tilmeldingen er lukket")
NOT_BEGUN = (409, "Arrangementet er ikke begyndt endnu.")
TOO_EARLY = (409, "Du kan sende input, når debatten er slut.")
PASSED = (422, "Tidspunktet er passeret.")
NOBODY = (409, "Der er ingen tilbage")
STAFF, INVITATION = "/staff/events/{event}", "/staff/events/{event}/invitations/{invitation}"
REPLY = {"state": "declined"}
LETTER = {
    "office": "Kulturministeren",
    "email": "kum@example.org",
    "purpose": "Fordi.",
    "wished_role": "attend",
    "reply_by": "2024-05-14T16:00",
}
EVENTS = [
    Row(
        "events_staff.publish",
        "",
        f"{STAFF}/publication",
        {},
        in_phases(
            (409, "Arrangementet er allerede offentliggjort."), draft=(409, "kan ikke offentliggøres endnu. Arr")
        ),
    ),
    Row(
        "registration.sign_up",
        "/events/debat/register",
        "/events/debat/register",
        {"name": "Anna Andersen", "email": "anna@example.org", "category": "{category}"},
        in_phases(
            NOT_OPEN,
            draft=NOT_FOUND,
            announced=(409, "Tilmeldingen er ikke åbnet endnu"),
            open=DONE,
            held=(409, "Arrangementet er slut"),
            cancelled=(409, "Arrangementet er aflyst"),
        ),
    ),
    Row(
        "registration_staff.create",
        f"{STAFF}/registrations/new",
        f"{STAFF}/registrations",
        {"name": "Bo Bang"},
        in_phases(DONE, held=OVER, cancelled=CALLED_OFF),
    ),
    Row(
        "registration_staff.send_again",
        "",
        f"{STAFF}/registrations/{{guest}}/mails",
        {},
        in_phases(DONE, held=OVER, cancelled=CALLED_OFF),
    ),
    Row(
        "registration_staff.seat_waiting",
        "",
        f"{STAFF}/registrations/seatings",
        {},
        in_phases(DONE, running=BEGUN, held=OVER, cancelled=CALLED_OFF),
    ),
    Row(
        "invitations.create",
        f"{STAFF}/invitations/new",
        f"{STAFF}/invitations",
        LETTER,
        in_phases(
            DONE,
            running=(422, "Tidspunktet er passeret."),
            held=(422, "Tidspunktet er passeret."),
            cancelled=CALLED_OFF,
        ),
    ),
    Row(
        "invitations.send",
        "",
        f"{INVITATION}/letters",
        {"number": "9"},
        in_phases(DONE, running=BEGUN, held=OVER, cancelled=CALLED_OFF),
    ),
    Row(
        "invitations.reply",
        "/i/{link}",
        "/i/{link}",
        {"state": "accepted"},
        in_phases(
            DONE, running=(409, "Arrangementet er begyndt. Kontakt os i stedet."), held=OVER, cancelled=CALLED_OFF
        ),
    ),
    Row(
        "invitations.reply",
        "/i/{link}",
        "/i/{link}",
        {"state": "delegated", "stand_in_name": "Kontorchef Aagaard", "stand_in_role": "factual"},
        in_phases(
            DONE, running=(409, "Arrangementet er begyndt. Kontakt os i stedet."), held=OVER, cancelled=CALLED_OFF
        ),
    ),
    Row(
        "invitations.enter_reply",
        INVITATION,
        f"{INVITATION}/replies",
        {"state": "accepted", "channel": "phone"},
        in_phases(DONE, cancelled=CALLED_OFF),
    ),
    Row(
        "invitations.see",
        "",
        f"{INVITATION}/sightings/spoke",
        {},
        in_phases(NOT_BEGUN, running=DONE, held=DONE, cancelled=CALLED_OFF),
    ),
    Row(
        "contributions.contribute",
        "/events/debat/contribute",
        "/events/debat/contribute",
        {"text": "Mere grønt.", "quoting": "unnamed", "theme": "{theme}", "submission_key": "0" * 32},
        in_phases(TOO_EARLY, draft=NOT_FOUND, held=DONE, cancelled=CALLED_OFF),
    ),
    Row(
        "contributions.ask",
        "",
        f"{STAFF}/follow-ups",
        {},
        in_phases(TOO_EARLY, held=NOBODY, cancelled=CALLED_OFF),
    ),
    Row(
        "events_staff.cancel",
        f"{STAFF}/cancellation",
        f"{STAFF}/cancellation",
        {"text": "Stormvejr."},
        in_phases(DONE, held=OVER, cancelled=(409, "Arrangementet er allerede aflyst.")),
    ),
]


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: f"{row.endpoint}-{row.fields.get('state', '')}")
def test_what_comes_of_each_road_to_an_event_in_each_of_its_phases(evening: World, row: Row) -> None:
    filled = {name: value.format(**evening.ids) for name, value in row.fields.items()}
    if row.form:  # filled in while it is open
        stand(evening, next(phase for phase, outcome in row.outcome.items() if outcome is DONE))
        filled = evening.form(row.form, **filled)
    for phase, (status, sentence) in row.outcome.items():
        stand(evening, phase)
        found, said = row.go(evening, filled)
        assert found == status, f"{phase}: {found} {said}"
        assert sentence in said, f"{phase}: {said}"


def test_each_road_has_what_every_phase_comes_to() -> None:
    assert [row.endpoint for row in EVENTS if set(row.outcome) != set(Phase)] == []
    assert set(rules.OPEN_IN) == set(rules.Road)


# --- the door ----------------------------------------------------------------------------------------------------


def test_nobody_is_let_in_once_an_event_is_called_off_and_everybody_out(db: SQLAlchemy) -> None:
    hall = make_hall(db)
    guest, inside = (make_guest(db, hall.event_id).ticket for _one in range(2))
    assert scanned(inside, hall.front).verdict is Verdict.OK
    db.session.get_one(Event, hall.event_id).cancelled_at = DOORS_OPEN + timedelta(minutes=10)
    db.session.commit()
    assert scanned(guest, hall.side, 9).verdict is Verdict.OK  # a phone kept it from before
    for told in (scanned(make_guest(db, hall.event_id).ticket, hall.front, 10), walked_in(hall.front, "Bo", 11)):
        assert told.verdict is Verdict.CALLED_OFF
        assert TONES[told.verdict] is Tone.STOP
    assert [scanned(one, hall.front, 12, direction=Direction.OUT).verdict for one in (guest, inside)] == [
        Verdict.OK
    ] * 2


# --- nothing is left out -----------------------------------------------------------------------------------------

SLICES = ("asking", "cases", "checkin", "contributions", "dossier", "events", "hearing", "invitations", "registration")
CORRECTS = "what is told of it is put right, or added to, whatever its state"
TAKES_BACK = "somebody leaves or something ends: that is no road in"
AT_THE_DOOR = "what it lets in is in the table of the door, below"
OF_THE_CASE = "a case has no state that closes a road"
LOOKS = "nothing is added: it only looks, or writes a file"
ALWAYS = {
    "asking.add": CORRECTS,
    "asking.end": TAKES_BACK,
    **dict.fromkeys(("cases_documents.add", "cases_documents.add_version", "cases_documents.describe"), OF_THE_CASE),
    **dict.fromkeys((f"cases_lists.{act}" for act in ("add", "move", "remove", "row")), OF_THE_CASE),
    **dict.fromkeys((f"cases_staff.{act}" for act in ("create", "facts", "letter", "plan", "publish")), OF_THE_CASE),
    **dict.fromkeys((f"checkin.{act}" for act in ("begin", "depart", "scan", "undo", "walk_in")), AT_THE_DOOR),
    **dict.fromkeys((f"checkin_api.create_{one}" for one in ("reversal", "scan", "walk_in")), AT_THE_DOOR),
    **dict.fromkeys((f"checkin_desk.{act}" for act in ("add_door", "begin_shift", "let_go_on")), AT_THE_DOOR),
    **dict.fromkeys(("checkin_desk.end_shift", "checkin_desk.revoke"), TAKES_BACK),
    "dossier.erase": TAKES_BACK,
    "dossier.export": LOOKS,
    **dict.fromkeys((f"events_lists.{act}" for act in ("add", "move", "remove", "row")), CORRECTS),
    **dict.fromkeys((f"events_staff.{act}" for act in ("hall", "new", "settings")), CORRECTS),
    "hearing.looked_up": LOOKS,
    "hearing_staff.create": "there is no hearing yet; its deadline must lie ahead, which tests of its form hold",
    "hearing_staff.link_answer": CORRECTS,
    **dict.fromkeys(("registration.cancel", "registration.leave", "registration.leave_one"), TAKES_BACK),
    **dict.fromkeys(("registration.take_consent_back", "registration.take_consent_of_booking_back"), TAKES_BACK),
    "registration_staff.cancel": TAKES_BACK,
    **dict.fromkeys(("checkin.search", "checkin_api.find_guests", "registration_staff.search"), LOOKS),
    **dict.fromkeys(("hearing_staff.correct", "hearing_staff.party", "hearing_staff.merge_parties"), CORRECTS),
    **dict.fromkeys(("hearing_staff.remove_material", "hearing_staff.remove_party"), TAKES_BACK),
    "invitations.correct": CORRECTS,
    **dict.fromkeys(("invitations.remove", "invitations.withdraw"), TAKES_BACK),
}


def test_every_post_of_these_slices_is_in_a_table_or_says_why_it_is_open_always(bare_app: Flask) -> None:
    posts = {one.endpoint for one in routes(bare_app) if one.method == "POST"}
    known = {row.endpoint for row in EVENTS} | {row.endpoint for row in HEARINGS} | set(ALWAYS)
    ours = {one for one in posts if one.startswith(SLICES)}
    assert sorted(ours - known) == []
    assert sorted(known - posts) == []
