"""Each column says whether it tells of a person, and the map of personal information is what the columns say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask, g
from sqlalchemy import Column, MetaData, String, Table, select

from eventapp import blobs
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.db import db, end_reading, personal
from eventapp.db.personal import EVERY_COLUMN, AtEnd, Find, Since
from eventapp.hearing.answering import actions as answering
from eventapp.registration import fields
from eventapp.registration.models import AccessNeed
from eventapp.web.permissions import Permission
from tests.checkin.support import make_guest, open_phone, scanned
from tests.hearing.conftest import make_hearing
from tests.hearing.test_answering import sent_to
from tests.support.factories import make_event, make_layout
from tests.support.pages import PageClient
from tools import privacy_map

TEXT = privacy_map.DOCUMENT.read_text("utf-8")


def test_every_column_says_whether_it_tells_of_a_person() -> None:
    assert [one for table, said in personal.tables() for one in personal.faults(table, said)] == []


def test_every_table_is_looked_at() -> None:
    assert {table for table, _said in personal.tables()} == set(db.metadata.tables.values())


def test_a_column_that_says_nothing_or_both_is_found() -> None:
    name = Column("name", String, info=personal.personal("to be called", find=Find.NAME))
    table = Table("guest", MetaData(), Column("id", String, primary_key=True), name, Column("phone", String))
    assert personal.faults(table, ("id", "phone")) == []
    assert personal.faults(table, ("id",)) == ["guest.phone: undeclared"]
    assert personal.faults(table, ()) == ["guest.id: undeclared", "guest.phone: undeclared"]
    assert personal.faults(table, ("id", "phone", "name")) == ["guest.name: both"]
    assert personal.faults(table, ("id", "phone", "mail")) == ["guest.mail: no such column"]
    assert personal.faults(table, EVERY_COLUMN) == ["guest.name: both"]


def test_no_column_that_sounds_like_a_person_is_declared_impersonal() -> None:
    telling = {"email", "phone", "to_address", "question", "organisation", "by_id", "speaker", "ip", "address_hash"}
    silent = {
        f"{table.name}.{column.name}"
        for table, _said in personal.tables()
        for column in table.columns
        if column.name in telling and personal.KEY not in column.info
    }
    assert silent == {"hearing.question"}  # the question that the hearing asks


def test_declarations_name_permissions_and_periods_that_go_together() -> None:
    for table, _said in personal.tables():
        for column, one in personal.declared(table):
            assert one.seen_by == ("*",) or set(one.seen_by) <= set(Permission), column
            assert (one.at_end is AtEnd.KEPT) <= (one.after is None), column
            assert (one.after is not None) or one.at_end not in {AtEnd.DELETED, AtEnd.COUNTED}, column


def test_the_document_is_made_from_the_declarations() -> None:
    assert privacy_map.written(TEXT) == TEXT
    assert privacy_map.written(TEXT.replace("| `booking` |", "| `bookings` |")) == TEXT


def test_what_the_form_promises_is_what_the_column_says(app: Flask) -> None:
    with app.app_context():
        promised = {one.ends for one in fields.declared().all() if one.ends}
    assert promised == {personal.kept_for(AccessNeed.text)} == {personal.kept_for(AccessNeed.show_at_door)}
    assert personal.of(AccessNeed.text).since is Since.EVENT


def test_the_notice_tells_what_is_deleted_by_itself(page_client: PageClient) -> None:
    text = page_client.visit("/privacy?lang=en").text
    days = personal.kept_for(AccessNeed.text).days
    assert f"What you need to take part {days} days after the end of the event" in text
    assert "Links with codes in a copy of a mail to you At once when the mail was sent" in text


def test_what_guests_are_asked_is_in_the_map_as_it_is_declared(app: Flask) -> None:
    part = TEXT.split("### What guests are asked")[1].split("### Tables without")[0]
    told = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in part.splitlines() if line[:1] == "|"]
    with app.test_request_context("/?lang=en"):
        g.lang = "en"
        asked = [(one.name, one.purpose, one.seen_by, one.ends) for one in fields.data_map()]
    assert told[2:] == asked


def test_one_persons_data_are_found_with_what_hangs_on_them(app: Flask) -> None:
    with app.app_context():
        event = make_event(layout=make_layout())
        db.session.commit()
        event_id = event.id
        phone = open_phone(event, "Hovedindgang")
        anna = make_guest(db, event_id, "Anna Ærø", note="Jeg bruger kørestol.")
        make_guest(db, event_id, "Bo Bech", note="Jeg er døv.")
        scanned(anna.ticket, phone)
        db.session.rollback()
    printed = app.test_cli_runner().invoke(args=["privacy", "person", "anna Ærø"]).output
    found = json.loads(printed)
    assert [one["name"] for one in found["registration"]] == ["Anna Ærø"]
    assert found["access_need"] == [{"text": "Jeg bruger kørestol.", "show_at_door": True}]
    assert len(found["scan"]) == len(found["presence"]) == 1
    assert "Bo Bech" not in printed
    assert "døv" not in printed
    assert "code_hash" not in printed
    assert json.loads(app.test_cli_runner().invoke(args=["privacy", "person", "Ingen Steder"]).output) == {}


@pytest.mark.parametrize("wish", ["ÅSE ÆRØ ÉTOILE", "åse ærø e\u0301toile ", "Åse Ærø Étoile"])
def test_a_person_is_found_in_whatever_capitals_and_that_it_was_asked_is_noted_without_the_name(
    app: Flask, wish: str
) -> None:
    with app.app_context():
        event_id = make_event().id
        make_guest(db, event_id, "Åse Ærø Étoile", note="Jeg bruger kørestol.")
        make_guest(db, event_id, "Åse Ærø Etoile")
        make_guest(db, event_id, "Bse Brø Dtoile")
        db.session.commit()
    found = json.loads(app.test_cli_runner().invoke(args=["privacy", "person", wish]).output)
    assert [one["name"] for one in found["registration"]] == ["Åse Ærø Étoile"]
    with app.app_context():
        noted = db.session.scalars(select(AuditEntry)).all()[-1]
        assert (noted.act, noted.by_id, noted.subject_id) == ("privacy.person_shown", None, None)
        assert noted.facts == {"rows": {table: len(rows) for table, rows in found.items()}, "files": 0}


def test_a_wish_is_no_pattern(app: Flask) -> None:
    with app.app_context():
        make_guest(db, make_event().id, "Anna 100% Ærø")
        db.session.commit()
    ask = app.test_cli_runner().invoke
    assert json.loads(ask(args=["privacy", "person", "%"]).output) == {}
    assert json.loads(ask(args=["privacy", "person", "anna_100%_ærø"]).output) == {}
    assert "registration" in json.loads(ask(args=["privacy", "person", "anna 100% ærø"]).output)


def test_a_persons_files_are_handed_out_and_nobody_elses(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        hearing_id = make_hearing().id
        end_reading()
        for name, text in (("Åse Ærø", "Mit bilag"), ("Bo", "Et andet bilag")):
            upload = NamedFile(blobs.put(text.encode()), f"{name}.txt", "text/plain")
            answering.receive(sent_to(hearing_id, name=name, uploads=(upload,)))
    folder = tmp_path / "udleveret"
    ask = ["privacy", "person", "åse ærø", "--files", str(folder)]
    printed = json.loads(app.test_cli_runner().invoke(args=ask).output)
    (file,) = folder.iterdir()
    assert file.read_text() == "Mit bilag"
    assert file.name == f"{printed['answer_attachment'][0]['sha256'][:12]}-Åse Ærø.txt"
    assert app.test_cli_runner().invoke(args=ask).exit_code != 0  # nothing is mixed into what is there
    with app.app_context():
        assert db.session.scalars(select(AuditEntry)).all()[-1].facts["files"] == 1


@pytest.mark.parametrize("wish", ["", " \t"])
def test_nobody_is_not_everybody_who_left_a_name_or_address_empty(app: Flask, wish: str) -> None:
    with app.app_context():
        make_guest(db, make_event().id, "", note="Jeg bruger kørestol.")
        db.session.commit()
    told = app.test_cli_runner().invoke(args=["privacy", "person", wish])
    assert told.exit_code != 0
    assert "kørestol" not in told.output
