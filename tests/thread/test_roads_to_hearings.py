"""State × road in, of hearings: what happens with whoever adds to one, by each road in each state.

That no post is left out of the tables is told by ``test_roads_in.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.hearing import rules as hearing_rules
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.models import Hearing
from eventapp.hearing.rules import HearingState
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.thread.roads import DONE, NOT_FOUND, TICK, World

pytestmark = pytest.mark.engines("sqlite")

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
        "hearing_staff.send_again",
        f"{HEARING}/parties/{{party}}/notices",
        {"number": "9"},
        in_states(
            (409, "Høringen er ikke sendt endnu."),
            overdue=(422, "Fristen er udløbet."),
            closed=IS_CLOSED,
        ),
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
        world.ids["party"] = hearing.parties[0].id
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
