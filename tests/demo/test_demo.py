"""The demo: facts of the e-mail, nothing invented about ministers and decisions, and a clock that goes forward."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventapp import clock, record
from eventapp.accounts.models import Staff
from eventapp.cases import queries as cases
from eventapp.cases.models import Case, DecisionStep, Document, GovernmentLetter
from eventapp.db import Model, db
from eventapp.demo import facts, load, stages
from eventapp.demo.models import Stage
from eventapp.events.models import Event, Quota
from eventapp.hearing.models import Answer, Hearing
from eventapp.invitations.models import Invitation, Reply
from eventapp.languages import NO_WORDS
from eventapp.registration.models import Booking, Registration
from eventapp.web.permissions import Role
from eventapp.web.registry import registry
from tests.support.factories import make_case
from tests.support.pages import PageClient
from tests.support.staff import sign_in

CASE = f"/cases/{facts.SLUG}"
EVENT = "/events/debat-om-narkotika"


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    """The process goes back to the machine's time afterwards."""
    yield
    clock.follow(timedelta)


@pytest.fixture
def demo(app: Flask) -> Flask:
    """The demo at its beginning."""
    with app.app_context():
        load.load(Stage.REGISTRATION)
    return app


def count(model: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_first_stage_shows_the_facts_of_the_e_mail(demo: Flask, page_client: PageClient) -> None:
    text = page_client.visit(CASE).text
    for fact in (
        "Medlemsforslag om afkriminalisering af narkotika",
        "2. februar 2023",
        "Vedtaget af Borgerrepræsentationen",
        "3 opgaver til forvaltningen",
        "28. september 2023",
        "Planlagt 6. november 2023",
        "Socialudvalget",
        "Demodata",
    ):
        assert fact in text
    text = page_client.visit(EVENT).text
    assert "torsdag den 28. september 2023 kl. 17.00-19.00" in text
    assert "Festsalen, Københavns Rådhus" in text
    assert "ledige pladser" in text


def test_english_pages_are_english(demo: Flask, page_client: PageClient) -> None:
    text = page_client.visit(f"{CASE}?lang=en").text
    assert "Decriminalisation of narcotics" in text
    assert "Social Affairs Committee" in text
    assert "Thursday 28 September 2023, 17:00-19:00" in page_client.visit(EVENT).text


@pytest.mark.engines("sqlite")
def test_what_is_not_known_is_never_invented(app: Flask, page_client: PageClient) -> None:
    with app.app_context():
        load.load(Stage.CLOSED)
        assert count(GovernmentLetter) == count(Reply) == 0
        assert set(db.session.scalars(select(DecisionStep.decision))) == {NO_WORDS}
        assert set(db.session.scalars(select(DecisionStep.meeting_on))) == {None}
        documents = db.session.scalars(select(Document.id)).all()
        assert documents
        assert all(map(registry().is_invented, documents))
        assert {one.email.rpartition("@")[2] for one in db.session.scalars(select(Invitation))} == {"example.org"}
        assert {one.rpartition("@")[2] for one in db.session.scalars(select(Booking.email)) if one} == {"example.org"}
    text = page_client.visit(EVENT).text
    assert "minister" not in text.lower()  # none has accepted, so none is on the programme
    assert page_client.visit(CASE).text.count("Dato ikke oplyst") >= 4


def test_demo_can_begin_at_the_end_and_its_record_verifies(app: Flask) -> None:
    with app.app_context():
        load.load(Stage.CLOSED)
        assert record.verification.verify_log(cases.case_by_slug(facts.SLUG).id).faults == []
        late = {one.received_at > facts.DEADLINE_AT for one in db.session.scalars(select(Answer))}
        assert late == {True, False}
        assert db.session.scalars(select(Hearing.deadline_at)).one() == facts.DEADLINE_AT
        quotas = db.session.scalars(select(Quota)).all()
        assert any(one.taken for one in quotas)
        for quota in quotas:
            heads = select(func.count()).select_from(Registration).join(Registration.booking)
            confirmed = heads.where(Booking.quota_id == quota.id, Registration.state == "confirmed")
            assert db.session.scalar(confirmed) == quota.taken


@pytest.mark.engines("sqlite")
def test_clock_of_the_demo_moves_forward_and_the_machine_keeps_its_own(demo: Flask) -> None:
    with demo.app_context():
        machine = clock.system_now()
        for stage in (Stage.REGISTRATION, Stage.DOOR, Stage.AFTER):
            if stage is not Stage.REGISTRATION:
                load.advance(stage)
            assert timedelta() <= clock.now() - stages.MOMENTS[stage] < timedelta(minutes=2)
        assert clock.system_now() - machine < timedelta(minutes=5)
        with pytest.raises(load.BackwardsError):
            load.advance(Stage.DOOR)


def test_stages_lie_where_the_true_dates_put_them() -> None:
    assert stages.MOMENTS[Stage.REGISTRATION] < facts.EVENT.registration_closes_at
    assert facts.EVENT.doors_open_at < stages.MOMENTS[Stage.DOOR] < facts.EVENT.starts_at
    assert facts.EVENT.ends_at < stages.MOMENTS[Stage.AFTER] < facts.SENT_AT
    assert facts.SENT_AT < stages.MOMENTS[Stage.HEARING] < facts.DEADLINE_AT < stages.MOMENTS[Stage.CLOSED]


@pytest.mark.engines("sqlite")
def test_staff_move_the_demo_on_its_page(demo: Flask, page_client: PageClient) -> None:
    sign_in(page_client, Role.ORGANISER)
    assert "Tilmeldingen er åben" in page_client.visit("/staff/demo").text
    token = page_client.page.root.all("input", name="csrf_token")[0].attributes["value"]
    moved = page_client.post("/staff/demo/stage", data={"csrf_token": token, "stage": "door"})
    assert moved.status_code == 303
    assert "28. september 2023 kl. 16.35" in page_client.visit("/staff/demo").text
    back = page_client.post("/staff/demo/stage", data={"csrf_token": token, "stage": "registration"})
    assert back.status_code == 409
    assert "make demo-reset" in back.text


def test_nobody_else_moves_it(demo: Flask, client: FlaskClient) -> None:
    assert client.get("/staff/demo").status_code in {302, 403}


def test_demo_goes_into_an_empty_database_only(app: Flask) -> None:
    with app.app_context():
        make_case()
        db.session.commit()
        with pytest.raises(load.NotEmptyError):
            load.load(Stage.REGISTRATION)
        with pytest.raises(load.NotEmptyError):
            load.reset()
        assert not stages.is_loaded()
    done = app.test_cli_runner().invoke(args=["demo", "load", "--if-empty"])
    assert done.exit_code == 0
    assert app.test_cli_runner().invoke(args=["demo", "load"]).exit_code == 1


def test_page_about_the_demo_is_not_there_without_one(app: Flask, page_client: PageClient) -> None:
    sign_in(page_client, Role.ORGANISER)
    page_client.visit("/staff/demo", status=404)
    before, domain, after = clock.system_now(), clock.now(), clock.system_now()
    assert before <= domain <= after


def test_each_role_gets_a_link_that_signs_it_in(demo: Flask, page_client: PageClient) -> None:
    printed = demo.test_cli_runner().invoke(args=["demo", "links"]).output.splitlines()
    assert {line.split()[0] for line in printed} == {Role.DOOR} | {role.value for *_, role in facts.STAFF}
    link = next(line.split()[-1] for line in printed if line.split()[0] == Role.ORGANISER)
    assert link.startswith("http://localhost/staff/links/")
    page_client.submit(link.removeprefix("http://localhost"))
    page_client.visit("/staff/events/")


@pytest.mark.engines("sqlite")
def test_reset_goes_back_to_the_beginning(demo: Flask) -> None:
    with demo.app_context():
        load.advance(Stage.DOOR)
        before = count(Registration)
    assert demo.test_cli_runner().invoke(args=["demo", "reset"]).exit_code == 0
    with demo.app_context():
        stages.forget()
        assert stages.current() is Stage.REGISTRATION
        assert count(Case) == count(Event) == 1
        assert count(Registration) < before
        assert count(Staff) == len(facts.STAFF)


@pytest.mark.engines("sqlite")
def test_thread_tells_who_came_and_says_that_it_is_invented(app: Flask, page_client: PageClient) -> None:
    with app.app_context():
        load.load(Stage.AFTER)
    page = page_client.visit(CASE)
    step = next(one for one in page.root.all("li") if "Festsalen" in one.text or "mødte" in one.text)
    assert "tilmeldte" in step.text
    assert "Københavner:" in step.text
    assert "Demodata" in step.text
