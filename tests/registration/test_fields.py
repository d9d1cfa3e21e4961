"""What is asked is declared once: the drill that one declaration reaches every form, list, file and the data map."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from eventapp import db as core
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import personal
from eventapp.events.models import Event, QuotaKind
from eventapp.invitations.actions import link_token
from eventapp.languages import Wording
from eventapp.registration import fields, retention_jobs
from eventapp.registration.fields import STANDARD
from eventapp.registration.models import AccessNeed, EventField, FieldValue
from eventapp.web.fields import Asked, Field, FieldKind, Fields
from eventapp.web.permissions import Permission, Role
from tests.invitations.conftest import make_invitation
from tests.registration.givens import count, given_event, rows, sign_up
from tests.registration.test_views import open_event, path, send
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

SONG = Field(
    "song",
    Wording({"da": "En sang, vi skal synge", "en": "A song to sing"}),
    FieldKind.LINE,
    frozenset(Asked),
    purpose=Wording({"da": "At vælge sange til pausen.", "en": "To choose songs for the break."}),
    seen_by=Permission.READ_REGISTRATIONS,
    title=Wording({"da": "Sang", "en": "Song"}),
    ends=timedelta(days=3),
)


@pytest.fixture
def scratch(page_client: PageClient) -> PageClient:
    """An application that asks for one thing more. This declaration is all that is written for it."""
    declared: Fields = page_client.application.extensions["guest_fields"]
    declared.declare(SONG)
    return page_client


def answers() -> dict[str, str]:
    """Name -> song."""
    found = database.session.scalars(select(FieldValue).where(FieldValue.key == "song")).all()
    heads = {one.id: one.name for event in database.session.scalars(select(Event)) for one in rows(event)}
    database.session.rollback()
    return {heads[one.registration_id]: one.value for one in found}


def exported(client: PageClient, event: Event, kind: str) -> bytes:
    page = client.visit(f"/staff/events/{event.id}/statistics")
    chosen = {"content": "attendees", "reach": "internal", "format": kind, "purpose": "Prøve"}
    form = choose_form(page, chosen, "/exports")
    return client.post(form.attributes["action"], data={**form_values(form), **chosen}).data


def test_one_declaration_reaches_forms_list_files_and_data_map(scratch: PageClient) -> None:
    inside = scratch.application.app_context
    with inside():
        event = open_event(seats=9, quotas={QuotaKind.INVITED: 2})
        invitation = make_invitation(database.session.get_one(Event, event.id))
        link = f"/i/{link_token(invitation.id)}"
        database.session.commit()
    _on_the_public_form(scratch, event)
    _on_the_reply_to_an_invitation(scratch, link)
    sign_in(scratch, Role.ORGANISER)
    _on_the_form_of_the_office(scratch, event)
    with inside():
        assert answers() == {"Anna Aagaard": "Havnens vals", "Bo": "Regnvejrsdag", "havneministeren": "Sømandsvise"}
        anna = next(one.id for one in rows(event) if one.name == "Anna Aagaard")
    _in_the_list(scratch, event, anna)
    _in_the_files(scratch, event)
    _in_the_data_map(scratch)
    with inside():
        _forgotten_in_time(event)


def _on_the_public_form(client: PageClient, event: Event) -> None:
    assert "En sang, vi skal synge" in client.visit(path(event)).text
    assert "A song to sing" in client.visit(f"{path(event)}?lang=en").text
    client.visit(f"{path(event)}?lang=da")
    assert send(client, event, song="  Havnens   vals ").status_code == 303
    answer = send(client, event, name="", song="Æøå")
    assert answer.status_code == 422
    assert 'value="Æøå"' in answer.text


def _on_the_reply_to_an_invitation(client: PageClient, link: str) -> None:
    assert "Sang" in client.visit(link).text
    client.submit(link, {"state": "accepted", "song": "Rejsesang"})
    client.submit(link, {"state": "accepted", "song": "Sømandsvise"})  # said again, it is corrected


def _on_the_form_of_the_office(client: PageClient, event: Event) -> None:
    new = f"/staff/events/{event.id}/registrations/new"
    assert "Sang" in client.visit(new).text
    client.submit(new, {"name": "Bo", "song": "Regnvejrsdag"}, action="/registrations")


def _in_the_list(client: PageClient, event: Event, anna: str) -> None:
    page = client.visit(f"/staff/events/{event.id}/registrations")
    assert "Sang" in [one.text for one in page.root.all("th")]
    assert "Havnens vals" in page.text
    page = client.visit(f"/staff/events/{event.id}/registrations/{anna}")
    assert "Sang" in page.text
    assert "Havnens vals" in page.text


def _in_the_files(client: PageClient, event: Event) -> None:
    lines = list(csv.reader(io.StringIO(exported(client, event, "csv").decode("utf-8-sig")), delimiter=";"))
    place = lines[0].index("Sang")
    assert {line[0]: line[place] for line in lines[1:]}["Bo"] == "Regnvejrsdag"
    sheet = openpyxl.load_workbook(io.BytesIO(exported(client, event, "xlsx"))).worksheets[0]
    table = [list(row) for row in sheet.iter_rows(values_only=True)]
    header = next(row for row in table if "Sang" in row)
    assert "Regnvejrsdag" in [row[header.index("Sang")] for row in table]


def _in_the_data_map(client: PageClient) -> None:
    text = client.visit("/privacy").text
    for told in ("En sang, vi skal synge", "At vælge sange til pausen.", "3 dage efter arrangementet"):
        assert told in text


def _forgotten_in_time(event: Event) -> None:
    for days, left in ((2, 3), (4, 0)):
        core.write(partial(retention_jobs.forget_answers, now=event.ends_at + timedelta(days=days)))
        assert len(answers()) == left
    assert count("registration") == 3


def test_an_application_without_it_asks_nothing_of_the_kind(page_client: PageClient, db: Any) -> None:
    assert "synge" not in page_client.visit(path(open_event())).text


def test_a_key_is_declared_once(app: Flask) -> None:
    with pytest.raises(ValueError, match="email"):
        app.extensions["guest_fields"].declare(replace(SONG, key="email"))


def test_whoever_may_not_see_a_field_finds_it_neither_in_the_list_nor_in_the_file(
    page_client: PageClient, db: Any
) -> None:
    page_client.application.extensions["guest_fields"].declare(replace(SONG, seen_by=Permission.READ_AUDIT))
    event = open_event()
    send(page_client, event, song="Havnens vals")
    sign_in(page_client, Role.ORGANISER)
    assert "Havnens vals" not in page_client.visit(f"/staff/events/{event.id}/registrations").text
    assert "Havnens vals" not in exported(page_client, event, "csv").decode()


# --- what an organiser asks for one event ----------------------------------------------------------------------


def ask(
    event: Event,
    kind: FieldKind,
    *,
    required: bool = False,
    choices: tuple[str, ...] = (),
    seen_by: str = "read_registrations",
    label: str = "Hvilken bus kommer du med?",
) -> str:
    """Ask the guests of an event for something more; the key of the field."""
    asked = EventField(
        event_id=event.id,
        position=1 + count("event_field"),
        label=Wording(label),
        kind=kind,
        asked_of=["guest", "office"],
        is_required=required,
        purpose=Wording("At bestille busser."),
        seen_by=seen_by,
        kept_days=1,
        choices=[{"da": one} for one in choices],
    )
    database.session.add(asked)
    database.session.flush()
    key = asked.id
    database.session.commit()
    return key


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        (FieldKind.LINE, "Linje 5", "Linje 5"),
        (FieldKind.TEXT, "Linje 5\nfra havnen", "Linje 5"),
        (FieldKind.CHOICE, "Linje 7", "Linje 7"),
        (FieldKind.FLAG, "1", "Ja"),
        (FieldKind.EMAIL, "Bus@Example.org", "bus@example.org"),
    ],
)
def test_an_organiser_asks_for_one_event_alone(
    page_client: PageClient, db: Any, kind: FieldKind, given: str, shown: str
) -> None:
    event, other = open_event(), open_event()
    key = ask(event, kind, choices=("Linje 5", "Linje 7"))
    page = page_client.visit(path(event))
    assert "Hvilken bus kommer du med?" in page.text
    assert "At bestille busser." in page.text
    assert "bus" not in page_client.visit(path(other)).text.lower()
    assert send(page_client, event, **{key: given}).status_code == 303
    assert send(page_client, event, name="Uden svar").status_code == 303
    sign_in(page_client, Role.ORGANISER)
    assert shown in page_client.visit(f"/staff/events/{event.id}/registrations").text
    core.write(partial(retention_jobs.forget_answers, now=event.ends_at + timedelta(days=2)))
    assert (count("field_value"), count("registration")) == (0, 2)


@pytest.mark.parametrize("kind", list(FieldKind))
def test_what_must_be_answered_is_asked_for_again(page_client: PageClient, db: Any, kind: FieldKind) -> None:
    event = open_event()
    key = ask(event, kind, required=True, choices=("Linje 5",))
    answer = send(page_client, event, **{key: ""})
    assert answer.status_code == 422
    assert "Hvilken bus kommer du med?:" in answer.text  # in the summary of what is wrong
    assert count("registration") == 0


def test_nobody_is_turned_away_on_the_telephone_for_a_question(page_client: PageClient) -> None:
    with page_client.application.app_context():
        event = open_event()
        ask(event, FieldKind.LINE, required=True)
    sign_in(page_client, Role.ORGANISER)
    page_client.submit(f"/staff/events/{event.id}/registrations/new", {"name": "Bo"}, action="/registrations")
    with page_client.application.app_context():
        assert count("registration") == 1


def test_a_choice_that_was_not_offered_is_refused(page_client: PageClient, db: Any) -> None:
    event = open_event()
    key = ask(event, FieldKind.CHOICE, choices=("Linje 5",))
    assert send(page_client, event, **{key: "Linje 9"}).status_code == 422


def test_a_cpr_number_in_an_answer_is_asked_about(page_client: PageClient, db: Any) -> None:
    event = open_event()
    key = ask(event, FieldKind.TEXT)
    assert send(page_client, event, **{key: "070761-4285"}).status_code == 422
    assert send(page_client, event, **{key: "070761-4285", "no_cpr": "1"}).status_code == 303


def test_a_key_is_bound_to_the_answers_too_and_without_any_to_what_it_was_before(db: Any) -> None:
    head = fields.sign_up({"name": "Bo", "email": "bo@example.org"}).heads[0]
    assert "answers" not in head.content()
    assert "answers" in replace(head, answers=(("song", "x"),)).content()


def test_each_of_a_group_has_answers_of_its_own(db: Any) -> None:
    event = given_event()
    sign_up(event, heads=2, answers=(("song", "Havnens vals"),))
    assert set(answers().values()) == {"Havnens vals"}
    assert count("field_value") == 2


# --- the standard fields ---------------------------------------------------------------------------------------


def test_every_standard_field_says_what_for_who_sees_it_and_when_it_ends(app: Flask) -> None:
    with app.test_request_context("/"):
        for one in fields.data_map():
            assert all((one.name, one.purpose, one.seen_by, one.ends)), one


def test_what_guests_need_is_never_listed_or_exported_and_ends_first() -> None:
    kept = {one.key: one for one in STANDARD if one.seen_by is Permission.READ_ACCESS_NEEDS}
    assert set(kept) == {"needs", "show_needs_at_door"}
    assert not any(one.is_listed or one.is_exported for one in kept.values())
    assert {one.ends for one in kept.values()} == {timedelta(days=7)}


def test_a_standard_field_and_its_column_say_the_same_of_who_sees_it_and_when_it_ends() -> None:
    assert set(fields.COLUMNS) == {one.key for one in STANDARD}
    for one in STANDARD:
        declared = personal.declaration(fields.COLUMNS[one.key])
        assert declared is None or (one.seen_by in declared.seen_by and one.ends == declared.after), one.key


# --- the organiser's page --------------------------------------------------------------------------------------

BUS = {"label": "Hvilken bus?", "label_en": "Which bus?", "purpose": "At bestille busser.", "kind": "choice"}


def test_an_organiser_adds_a_question_and_asks_it_no_longer(page_client: PageClient) -> None:
    inside = page_client.application.app_context
    with inside():
        event = open_event()
    questions = f"/staff/events/{event.id}/registrations/questions"
    sign_in(page_client, Role.ORGANISER)
    refused = page_client.submit(questions, {**BUS, "choices": "Linje 5"}, action="/questions", status=422)
    assert "Skriv mindst to svar." in refused.text
    page_client.submit(questions, {**BUS, "choices": "Linje 5\n\nLinje 7\nLinje 5"}, action="/questions")
    (asked,) = [one for one in page_client.visit(path(event)).root.all("legend") if "Hvilken bus?" in one.text]
    assert "valgfrit" in asked.text
    boxes = [one.attributes for one in page_client.page.root.all("input")]
    (key,) = [one["name"] for one in boxes if one.get("value") == "Linje 7"]
    assert send(page_client, event, **{key: "Linje 7"}).status_code == 303
    page_client.submit(questions, action="/ending")
    assert "Spørges ikke mere" in page_client.visit(questions).text
    assert "Hvilken bus?" not in page_client.visit(path(event)).text
    assert "Linje 7" in page_client.visit(f"/staff/events/{event.id}/registrations").text
    with inside():
        assert count("event_field") == 1
        field_id = database.session.scalars(select(EventField.id)).one()
        acts = select(AuditEntry.act, AuditEntry.facts).where(AuditEntry.subject_id == field_id)
        assert {(act, facts["event_id"]) for act, facts in database.session.execute(acts)} == {
            ("registration.field_added", event.id),
            ("registration.field_ended", event.id),
        }
        database.session.rollback()


def test_a_question_that_nobody_answered_leaves_nothing(page_client: PageClient) -> None:
    with page_client.application.app_context():
        event = open_event()
    questions = f"/staff/events/{event.id}/registrations/questions"
    sign_in(page_client, Role.ORGANISER)
    page_client.submit(questions, {**BUS, "kind": "line", "is_sensitive": "y"}, action="/questions")
    assert "dem, der sørger for adgang" in page_client.visit(questions).root.all("tr")[-1].text
    page_client.submit(questions, action="/ending")
    with page_client.application.app_context():
        assert count("event_field") == 0


def test_an_answer_about_health_is_read_by_those_who_may_and_that_it_was_read_is_noted(page_client: PageClient) -> None:
    with page_client.application.app_context():
        event = open_event()
        key = ask(event, FieldKind.LINE, seen_by="read_access_needs")
        send(page_client, event, name="Uden svar")
        send(page_client, event, name="Med svar", **{key: "Glutenallergi"})
        told, silent = sorted(rows(event), key=lambda one: one.name)
    sign_in(page_client, Role.ORGANISER)
    registrations = f"/staff/events/{event.id}/registrations"
    assert "Glutenallergi" not in page_client.visit(f"{registrations}/{silent.id}").text
    assert needs_read(page_client) == []
    assert "Glutenallergi" in page_client.visit(registrations).text
    assert "Glutenallergi" in page_client.visit(f"{registrations}/{told.id}").text
    assert needs_read(page_client) == [(event.id, 1), (told.id, 1)]


def test_an_answer_about_health_ends_a_week_after_the_event_when_nobody_said_when(page_client: PageClient) -> None:
    inside = page_client.application.app_context
    with inside():
        event = open_event()
    sign_in(page_client, Role.ORGANISER)
    questions = f"/staff/events/{event.id}/registrations/questions"
    for given in ({"is_sensitive": "y"}, {"is_sensitive": "y", "kept_days": "2"}, {}):
        page_client.submit(questions, {**BUS, "kind": "line", **given}, action="/questions")
    with inside():
        asked = database.session.scalars(select(EventField).order_by(EventField.position)).all()
        assert [one.kept_days for one in asked] == [7, 2, None]
        asked[0].kept_days = None
        with pytest.raises(IntegrityError):
            database.session.flush()


def test_access_officers_find_answers_about_health_with_what_guests_need_and_nothing_else(
    page_client: PageClient,
) -> None:
    with page_client.application.app_context():
        event, other = open_event(seats=9), open_event()
        health = ask(event, FieldKind.LINE, seen_by="read_access_needs")
        bus = ask(event, FieldKind.LINE, label="Hvilken bus?")
        send(page_client, event, name="Med svar", **{health: "Glutenallergi", bus: "Linje 5"})
        send(page_client, event, name="Med begge dele", needs="Teleslynge", **{health: "Nøddeallergi"})
        send(page_client, event, name="Med intet", **{bus: "Linje 7"})
        send(page_client, other, name="Andetsteds", needs="Rampe")
    sign_in(page_client, Role.ACCESS_OFFICER)
    desk = page_client.visit(f"/staff/events/{event.id}")
    address = f"/staff/events/{event.id}/registrations/access-needs"
    assert address in [one.attributes["href"] for one in desk.root.all("a")]
    text = page_client.visit(address).text
    assert all(one in text for one in ("Glutenallergi", "Nøddeallergi", "Teleslynge", "Med svar", "Med begge dele"))
    assert not any(one in text for one in ("Linje", "Med intet", "Rampe"))
    assert needs_read(page_client) == [(event.id, 2)]


def test_how_many_needed_something_is_kept_when_the_texts_are_deleted(page_client: PageClient) -> None:
    with page_client.application.app_context():
        event, other = open_event(seats=9), open_event()
        for name, needs in (("A", "Rampe"), ("B", "Teleslynge"), ("C", "")):
            send(page_client, event, name=name, needs=needs)
        for after in (timedelta(days=6), timedelta(days=8), timedelta(days=9)):
            core.write(partial(retention_jobs.forget_needs, now=event.ends_at + after))
        assert count("access_need") == 0
        late = AccessNeed(registration_id=rows(event)[2].id, text="Plads til kørestol", given_at=event.ends_at)
        database.session.add(late)
        database.session.commit()
        core.write(partial(retention_jobs.forget_needs, now=event.ends_at + timedelta(days=10)))
    sign_in(page_client, Role.ACCESS_OFFICER)
    told = "3 gæster havde skrevet, at der var brug for noget."
    assert told in page_client.visit(f"/staff/events/{event.id}/registrations/access-needs").text
    assert "havde skrevet" not in page_client.visit(f"/staff/events/{other.id}/registrations/access-needs").text


def needs_read(client: PageClient) -> list[tuple[str | None, int]]:
    """Whose needs were looked at, and how many, in the order of the looks."""
    noted = select(AuditEntry).where(AuditEntry.act == "registration.needs_read").order_by(AuditEntry.at, AuditEntry.id)
    with client.application.app_context():
        return [(one.subject_id, one.facts["number"]) for one in database.session.scalars(noted)]
