"""State × road in: what happens with whoever comes to an event, or adds to a hearing, by each road in each state.

The tables are whole: each state stands in each row, and each post of these slices has a row or a reason to have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from eventapp import clock
from eventapp.checkin.models import Direction, Verdict
from eventapp.checkin.rules import TONES, Tone
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events import rules
from eventapp.events.models import Event
from eventapp.events.rules import Phase
from eventapp.hearing import rules as hearing_rules
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.models import Hearing
from eventapp.hearing.rules import HearingState
from eventapp.invitations import actions as invitations
from eventapp.web.permissions import Role
from tests.checkin.support import DOORS_OPEN, make_guest, make_hall, scanned, walked_in
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.invitations.conftest import make_invitation
from tests.registration.givens import sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.routes import routes
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")
TICK = timedelta(microseconds=1)
DONE = (303, "")


@dataclass
class World:
    """The product at a moment, an event or a hearing in it, and somebody who may do everything at the keyboard."""

    client: PageClient
    app: Flask
    be_at: Callable[[datetime], None]
    ids: dict[str, str]

    def post(self, path: str, **fields: Any) -> tuple[int, str]:
        """Status and sentence of what comes of a post; the sentence only of a refusal."""
        self.app.extensions["kept_briefs"].seconds = 0
        token = {"csrf_token": self.ids["token"]}
        answer = self.client.open(path.format(**self.ids), method="POST", data={**token, **fields})
        refused = answer.status_code >= 400
        return answer.status_code, " ".join(self.client.page.text.split()) if refused else ""

    def form(self, path: str, **fields: Any) -> dict[str, Any]:
        """What a form would send, filled in."""
        return {**form_values(choose_form(self.client.visit(path.format(**self.ids)), fields, "")), **fields}


@pytest.fixture
def be_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def world(page_client: PageClient, app: Flask, be_at: Callable[[datetime], None]) -> World:
    sign_in(page_client, *(one for one in Role if one is not Role.DOOR))
    return World(page_client, app, be_at, {})


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


NOT_FOUND = (404, "")


@dataclass(frozen=True)
class Row:
    """A road in: its endpoint, how it is gone, and what comes of it in each phase."""

    endpoint: str
    form: str  # the page whose form it is, "" for a button
    path: str
    fields: Mapping[str, str]
    outcome: Mapping[Phase, tuple[int, str]]

    def go(self, world: World, filled: Mapping[str, Any]) -> tuple[int, str]:
        fresh = {name: new_id() for name in ("key", "submission_key") if name in filled}
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
        {},
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


# --- hearings ----------------------------------------------------------------------------------------------------

STATES: dict[HearingState, tuple[datetime, dict[str, datetime | None]]] = {
    HearingState.DRAFT: (SENT_AT, {"published_at": None}),
    HearingState.WAITING: (SENT_AT - TICK, {}),
    HearingState.OPEN: (SENT_AT, {}),
    HearingState.OVERDUE: (DEADLINE_AT + timedelta(hours=1), {}),
    HearingState.CLOSED: (SENT_AT + timedelta(days=1), {"closed_at": SENT_AT}),
}


@dataclass(frozen=True)
class HearingRow:
    """A road to a hearing, and what comes of it in each state; ``now`` is put in where a field says so."""

    endpoint: str
    path: str
    fields: Mapping[str, str]
    outcome: Mapping[HearingState, tuple[int, str]]


def in_states(first: tuple[int, str], **others: tuple[int, str]) -> dict[HearingState, tuple[int, str]]:
    return {one: others.get(one, first) for one in HearingState}


IS_CLOSED, IS_SENT = (409, "Høringen er afsluttet."), (409, "Høringen er sendt.")
HEARING = "/staff/hearings/{hearing}"
ANSWER = {
    "sender_kind": "citizen",
    "name": "Anna Andersen",
    "email": "anna@example.org",
    "text": "Godt forslag.",
}
HEARINGS = [
    HearingRow(
        "hearing_staff.add_material",
        f"{HEARING}/material",
        {"version": "{version}"},
        in_states((409, "Høringen er sendt. Materialet kan ikke længere ændres."), draft=DONE, closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing_staff.add_party",
        f"{HEARING}/parties",
        {"name": "{fresh}", "email": "part@example.org"},
        in_states(DONE, closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing_staff.send_notices",
        f"{HEARING}/notices",
        {},
        in_states(DONE, overdue=(422, "Fristen er udløbet. Forlæng den, før du sender høringen."), closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing_staff.extend",
        f"{HEARING}/deadlines",
        {"deadline": "2024-07-01T12:00", "reason": "Ferie."},
        in_states(DONE, closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing_staff.extend",
        f"{HEARING}/deadlines",
        {"deadline": "2024-06-14T12:01", "reason": "Et minut over fristen."},
        in_states(DONE, overdue=(422, "Tidspunktet er passeret. Vælg et senere."), closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing_staff.close",
        f"{HEARING}/closing",
        {},
        in_states(DONE, draft=(409, "Høringen er ikke sendt endnu."), closed=IS_CLOSED),
    ),
    HearingRow(
        "hearing.answer",
        "/hearings/havneparken/answer",
        ANSWER,
        in_states(DONE, draft=NOT_FOUND),
    ),
]
# What the receipt of an answer says that came in each state.
MARKS = {
    HearingState.WAITING: "Rettidigt, kom før høringen begyndte",
    HearingState.OPEN: "Rettidigt",
    HearingState.OVERDUE: "Efter fristen",
    HearingState.CLOSED: "Efter fristen",
}


@pytest.fixture
def called(world: World) -> World:
    """A hearing with a party that was not told yet, and a further document of its case."""
    world.be_at(SENT_AT)
    with world.app.app_context():
        hearing = make_hearing(sent=False)
        make_hearing(hearing.case, sent=False, slug="en-anden")  # with a document of its own
        world.ids |= {"hearing": hearing.id, "version": hearing.case.documents[1].versions[0].id}
    page = world.client.visit(f"/staff/hearings/{world.ids['hearing']}")
    world.ids["token"] = page.root.all("input", name="csrf_token")[0].attributes["value"]
    return world


def let_stand(world: World, state: HearingState) -> None:
    """Let the hearing be in a state, with a party that was not sent it, and nothing added to it yet."""
    moment, facts = STATES[state]
    with world.app.app_context():
        hearing = database.session.get_one(Hearing, world.ids["hearing"])
        times = {"published_at": SENT_AT - timedelta(days=1), "closed_at": None, "deadline_at": DEADLINE_AT, **facts}
        for name, value in times.items():
            setattr(hearing, name, value)
        for added in hearing.material[1:]:
            database.session.delete(added)
        if hearing.closed_at is None:
            calling.add_party(hearing, new_id(), "ny@example.org", by=None, now=SENT_AT)
        database.session.commit()
        assert hearing_rules.state(hearing, moment) is state
    world.be_at(moment)


@pytest.mark.parametrize("row", HEARINGS, ids=lambda row: f"{row.endpoint}-{row.fields.get('deadline', '')}")
def test_what_comes_of_each_road_to_a_hearing_in_each_of_its_states(called: World, row: HearingRow) -> None:
    for state, (status, sentence) in row.outcome.items():
        let_stand(called, state)
        fields = {name: value.format(**called.ids, fresh=new_id()) for name, value in row.fields.items()}
        found, said = called.post(row.path, **fields, submission_key=new_id())
        assert found == status, f"{state}: {found} {said}"
        assert sentence in said, f"{state}: {said}"
        if row.endpoint == "hearing.answer" and found == 303:
            assert MARKS[state] in called.client.visit(called.client.response.location).text


def test_each_road_has_what_every_state_comes_to() -> None:
    assert [row.endpoint for row in HEARINGS if set(row.outcome) != set(HearingState)] == []


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
}


def test_every_post_of_these_slices_is_in_a_table_or_says_why_it_is_open_always(bare_app: Flask) -> None:
    posts = {one.endpoint for one in routes(bare_app) if one.method == "POST"}
    known = {row.endpoint for row in EVENTS} | {row.endpoint for row in HEARINGS} | set(ALWAYS)
    ours = {one for one in posts if one.startswith(SLICES)}
    assert sorted(ours - known) == []
    assert sorted(known - posts) == []
