"""What one slice tells another through the registry: every wire has two ends, and something comes out at the other."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock, create_app
from eventapp.cases.models import Case
from eventapp.checkin import scan_actions
from eventapp.checkin.scan_actions import Moment, PointedOut
from eventapp.config import Settings
from eventapp.db import db, new_id
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.events.models import Event, QuotaKind
from eventapp.invitations.actions import Given, reply
from eventapp.invitations.models import ReplyChannel, ReplyState
from eventapp.mail.models import OutboxMail
from eventapp.registration.models import RegistrationState
from eventapp.web.permissions import Role
from eventapp.web.registry import Registry, registry
from eventapp.work.worker import Worker
from tests.checkin.support import open_phone
from tests.invitations.conftest import make_invitation
from tests.registration.givens import given_event, rows, sign_up
from tests.support.databases import close
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient
from tests.support.staff import sign_in

SOURCES = [one for one in (Path(__file__).parents[2] / "eventapp").rglob("*.py") if one.name != "registry.py"]
HOOKS = [one.name for one in fields(Registry)]


@pytest.fixture(scope="module")
def filled(base_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The registry as the product fills it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('wiring') / 'eventapp.db'}"
    app = create_app(replace(base_settings, database_url=url), testing=True)
    with app.app_context():
        found = registry()
    close(app)
    return found


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_somebody_who_speaks(filled: Registry, hook: str) -> None:
    spoken, untouched = getattr(filled, hook), getattr(Registry(), hook)
    assert spoken != untouched, f"nobody registers anything at {hook}"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_somebody_who_listens(hook: str) -> None:
    asked = re.compile(rf"registry\(\)\.{hook}\b|found\.{hook}\b")
    assert any(asked.search(one.read_text("utf-8")) for one in SOURCES), f"nobody asks what was registered at {hook}"


# --- from the organiser's page to the guest --------------------------------------------------------------------


@pytest.fixture
def full(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Event:
    """An event to come with one seat, which is taken, and one guest in line."""
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)
    with app.app_context():
        event = given_event(seats=1, quotas={QuotaKind.INVITED: 2})
        sign_up(event, 1)
        sign_up(event, 2)
        db.session.rollback()
    return event


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


def work(app: Flask) -> None:
    """What the worker does with what was asked of it; no mail server is set, so mails become files."""
    Worker(app).run_once()


def mails(app: Flask, to: str) -> list[str]:
    """Messages to an address, oldest first."""
    with app.app_context():
        sent = select(OutboxMail).where(OutboxMail.to_address == to).order_by(OutboxMail.queued_at)
        found = [one.message for one in db.session.scalars(sent)]
        db.session.rollback()
    return found


def test_seats_that_the_organiser_adds_go_to_those_in_line(organiser: PageClient, app: Flask, full: Event) -> None:
    with app.app_context():
        assert [one.state for one in rows(full)].count(RegistrationState.WAITING) == 1
    organiser.submit(f"/staff/events/{full.id}/hall", {"public": "2"})
    work(app)
    with app.app_context():
        assert {one.state for one in rows(full)} == {RegistrationState.CONFIRMED}
    assert mails(app, "guest2@example.org")[-1] == "registration/promoted"


def test_guests_are_told_when_the_organiser_moves_the_event(organiser: PageClient, app: Flask, full: Event) -> None:
    ends_at = (full.ends_at + timedelta(hours=1)).astimezone(clock.COPENHAGEN)
    organiser.submit(f"/staff/events/{full.id}/settings", {"ends_at": f"{ends_at:%Y-%m-%dT%H:%M}"})
    work(app)
    assert mails(app, "guest1@example.org")[-1] == "registration/confirmed"  # there may be more to it
    organiser.submit(f"/staff/events/{full.id}", action="/attempts")
    work(app)
    for guest in ("guest1@example.org", "guest2@example.org"):
        assert mails(app, guest)[-1] == "registration/changed"


def test_guests_are_told_when_the_organiser_calls_the_event_off(organiser: PageClient, app: Flask, full: Event) -> None:
    organiser.submit(f"/staff/events/{full.id}/cancellation", {"text": "Salen er oversvømmet."})
    work(app)
    for guest in ("guest1@example.org", "guest2@example.org"):
        assert mails(app, guest)[-1] == "registration/called_off"


# --- from the door to the invitation ---------------------------------------------------------------------------


def test_an_invited_guest_whose_ticket_is_shown_at_the_door_has_come(
    organiser: PageClient, app: Flask, full: Event
) -> None:
    with app.app_context():
        invitation = make_invitation(db.session.get_one(Event, full.id))
        reply(invitation, Given(ReplyState.ACCEPTED, ReplyChannel.LINK), now=SIGN_UP_AT)
        db.session.commit()
        invitation_id, guest_id = invitation.id, invitation.registration_id
        phone = open_phone(invitation.event, "Hovedindgang")
        scan_actions.scan(PointedOut(guest_id=guest_id), Moment(new_id()), by=phone, now=full.doors_open_at)
    page = organiser.visit(f"/staff/events/{full.id}/invitations/{invitation_id}")
    assert ": mødte op" in page.text


# --- who speaks at which hook, and that each is heard ------------------------------------------------------------

# A wire that is cut at the end that speaks leaves one fewer here; the tests below cut it at the other end.
SPEAKERS = {
    "thread_steps": {"cases", "events", "registration", "invitations", "contributions", "hearing", "statistics"},
    "event_parts": {"contributions"},
    "desk_items": {"registration", "invitations", "checkin", "contributions"},
    "desk_figures": {"registration", "invitations", "checkin", "contributions"},
    "case_links": {"events", "hearing"},
    "front_cards": {"cases", "events", "hearing"},
    "programme_people": {"invitations"},
    "scope_choices": {"cases", "events"},
    "readiness": {"work"},
    "gauges": {"checkin", "mail", "record", "work"},
    "desk_tabs": {"events", "registration", "invitations", "checkin", "contributions", "statistics"},
    "staff_links": {"accounts", "cases", "events"},
    "holders": {"registration", "invitations", "hearing"},
    "quotas_changed": {"registration"},
    "asked_facts": {"registration"},
}


@pytest.mark.parametrize("hook", sorted(SPEAKERS))
def test_every_slice_that_has_something_to_say_says_it(app: Flask, hook: str) -> None:
    with app.app_context():
        spoken = getattr(registry(), hook)
    assert {slice_of(app, one) for one in spoken} == SPEAKERS[hook]


def slice_of(app: Flask, spoken: Any) -> str:
    """The slice of a function, or of the page behind a tab or a link."""
    told = app.view_functions[spoken.endpoint] if hasattr(spoken, "endpoint") else getattr(spoken, "tell", spoken)
    return str(told.__module__).split(".")[1]


TOLD_ELSEWHERE = {"desk_items: checkin"}  # a phone that is paused: the demo has none, tests/checkin/test_views.py has
STAFF_PAGES = {
    "thread_steps": "/staff/cases/{case}",
    "case_links": "/staff/cases/{case}",
    "desk_items": "/staff/events/{event}",
    "desk_figures": "/staff/events/{event}",
    "desk_tabs": "/staff/events/{event}",
    "staff_links": "/staff/",
}


@pytest.mark.engines("sqlite")
def test_the_page_of_each_hook_changes_when_any_of_its_speakers_is_not_heard(
    app: Flask, page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(page_client, *(set(Role) - {Role.DOOR}))
    unheard = [
        unheard_at(stage, app, page_client, monkeypatch) for stage in (Stage.REGISTRATION, Stage.DOOR, Stage.CLOSED)
    ]
    clock.follow(timedelta)
    assert set.intersection(*unheard) - TOLD_ELSEWHERE == set()


def unheard_at(stage: Stage, app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Who could be left out at a stage of the demo without a difference on the page."""
    with app.app_context():
        load.load(stage) if stage is Stage.REGISTRATION else load.advance(stage)
        ids = {"case": db.session.scalars(select(Case.id)).one(), "event": db.session.scalars(select(Event.id)).one()}
        found = registry()
    unheard = set()
    for hook, address in STAFF_PAGES.items():
        path, every = address.format(**ids), list(getattr(found, hook))
        whole = client.visit(path).text
        for one in every:
            monkeypatch.setattr(found, hook, [other for other in every if other is not one])
            if client.visit(path).text == whole:
                unheard.add(f"{hook}: {slice_of(app, one)}")
        monkeypatch.setattr(found, hook, every)
    return unheard
