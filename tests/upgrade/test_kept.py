"""Nothing that yesterday's product stored or gave out is lost: one test a subject.

Who moves a table adds a test of what must hold after it, and where rows go elsewhere a line to ``WENT_ELSEWHERE``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from typing import Any

import icalendar
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Column, Select, column, create_engine, func, select, table, text
from sqlalchemy.orm import joinedload

from eventapp import blobs, create_app, record
from eventapp.accounts.models import RoleGrant, Staff
from eventapp.blobs import Blob
from eventapp.checkin import queries
from eventapp.config import Settings
from eventapp.db import Model, Words, db, reading
from eventapp.events.models import Quota
from eventapp.formats import searching
from eventapp.invitations.models import Letter
from eventapp.mail import rendering
from eventapp.mail.models import OutboxMail
from eventapp.record import contents, store
from eventapp.record.receipts import verify_opening
from eventapp.registration import name_queries
from eventapp.registration.models import Booking, Registration
from eventapp.web.permissions import Role
from tests.support.databases import Databases, close
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in
from tests.support.work import take_mails
from tests.upgrade.conftest import Yesterday

Promises = dict[str, Any]

# Table of yesterday -> where its rows are found today, for those that are gone or hold fewer.
WENT_ELSEWHERE = {
    "record_node": "record_entry.nodes, with the entry that completes the subtree",
    "record_part": "record_entry.salts, and the text in the row that it belongs to",
    "shift_guess": "attempt, which counts the last ten minutes anew",
    "sign_in_attempt": "attempt, which counts the last ten minutes anew",
    "worker_task": "job, where what recurs is a kind of work",
}

TEXTS_OF_YESTERDAY = (
    "SELECT e.log_id, e.seq, e.kind, p.name, p.content FROM record_part p JOIN record_entry e ON e.id = p.entry_id"
    " WHERE p.content IS NOT NULL"
)


def test_no_table_lost_a_row(app: Flask, promises: Promises) -> None:
    with app.app_context(), reading() as conn:
        held = {
            name: conn.scalar(select(func.count()).select_from(table(name)))
            for name in promises["rows"]
            if name not in WENT_ELSEWHERE
        }
    lost = {name: (before, held[name]) for name, before in promises["rows"].items() if held.get(name, before) < before}
    assert not lost, "table: rows before and now"


def test_tables_are_those_of_the_models(app: Flask) -> None:
    with app.app_context(), reading() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []


def test_texts_are_kept_in_each_language(
    app: Flask, databases: Databases, yesterday: Yesterday, base_settings: Settings
) -> None:
    """Two columns, ``title`` and ``title_en``, became one in the tables that there were."""
    tables = [one for one in Model.metadata.sorted_tables if one.name in yesterday.promises["rows"]]
    columns = [one for table in tables for one in table.columns if isinstance(one.type, Words)]
    assert columns
    url = databases.empty()
    yesterday.load(url)
    before = create_app(replace(base_settings, database_url=url), testing=True)
    with before.app_context():
        told = {str(one): [tuple(row) for row in db.session.execute(_pair(one))] for one in columns}
    close(before)
    databases.drop(url)
    with app.app_context():
        for one in columns:
            now = {row_id: words.texts for row_id, words in db.session.execute(select(one.table.c.id, one))}
            for row_id, danish, english in told[str(one)]:
                expected = {code: text for code, text in (("da", danish), ("en", english)) if text}
                assert now[row_id] == expected, one


def _pair(now: Column[Any]) -> Select[Any]:
    then = table(now.table.name, column("id"), column(now.name), column(f"{now.name}_en"))
    return select(then)


def test_every_file_is_there_and_whole(app: Flask) -> None:
    with app.app_context():
        stored = db.session.scalars(select(Blob.sha256)).all()
        assert stored
        assert all(blobs.is_intact(one) for one in stored)


# An event that is over says so, where it said no more than that it was closed (ADR 0058).
SAID_ANEW = {"Tilmeldingen er lukket": "Arrangementet er slut"}


def test_public_addresses_answer_as_before(page_client: PageClient, promises: Promises) -> None:
    for told in promises["addresses"]:
        answer = page_client.get(told["path"], buffered=True)
        assert (answer.status_code, answer.mimetype) == (told["status"], told["type"]), told["path"]
        if told["heading"] is not None:
            assert page_client.page.heading == SAID_ANEW.get(told["heading"], told["heading"]), told["path"]


def test_calendar_files_tell_the_same_event(page_client: PageClient, promises: Promises) -> None:
    for path, lines in promises["calendars"].items():
        now = page_client.get(path).text.replace("\r\n ", "").splitlines()
        assert set(lines) <= set(now), path


def test_letters_keep_the_name_of_their_calendar_entry(app: Flask) -> None:
    """A change of the event then has a higher number than whatever was sent under that name."""
    with app.app_context():
        found = 0
        for letter in db.session.scalars(select(Letter)).all():
            mail = db.session.get(OutboxMail, letter.mail_id)
            if mail is None or mail.calendar is None:
                continue
            (sent,) = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
            invitation = letter.invitation
            assert invitation.calendar_uid == str(sent["UID"])
            assert invitation.event.calendar_sequence >= sent.decoded("SEQUENCE")
            found += 1
        assert found


def test_tickets_open_by_their_codes(page_client: PageClient, promises: Promises) -> None:
    for told in promises["tickets"]:
        for path in (f"/t/{told['code']}", f"/T/{told['code']}"):
            page = page_client.visit(path)
            assert page.heading == told["heading"], told
            assert told["state"] == "cancelled" or told["name"] in page.text, told


def test_own_links_of_guests_open(page_client: PageClient, promises: Promises) -> None:
    """The place in line stands in the heading; who left the line had no seat to give back, and reads so now."""
    had_tickets = {one["name"] for one in promises["tickets"]}
    for told in promises["own_links"]:
        page = page_client.visit(f"/w/{told['token']}")
        if told["state"] == "cancelled" and told["name"] not in had_tickets:
            assert page.heading == "Du står ikke længere på ventelisten", told
        else:
            assert page.heading == told["heading"], told
        assert told["state"] != "confirmed" or told["name"] in page.text, told


def test_each_registration_is_a_booking_of_one_whose_counters_agree(app: Flask, promises: Promises) -> None:
    with app.app_context():
        heads = db.session.scalars(select(Registration).options(joinedload(Registration.booking))).all()
        assert len(heads) == promises["rows"]["registration"]
        assert all((one.booking_id, one.position) == (one.id, 1) for one in heads)
        assert all(one.booking.waiting == (one.state == "waiting") for one in heads)
        for quota in db.session.scalars(select(Quota)):
            line = select(func.coalesce(func.sum(Booking.waiting), 0)).where(Booking.quota_id == quota.id)
            assert db.session.scalar(line) == quota.waiting


def test_mails_of_registration_that_were_queued_can_still_be_written(app: Flask) -> None:
    with app.app_context():
        due = [one for one in take_mails() if one.message.startswith("registration/")]
        assert {one.message for one in due} >= {"registration/confirmed", "registration/waiting"}
        for mail in due:
            assert rendering.render(mail).text, mail.message


def test_invitation_links_open(page_client: PageClient, promises: Promises) -> None:
    for told in promises["invitations"]:
        assert page_client.visit(f"/i/{told['token']}").heading == told["heading"], told


def test_letters_of_hearing_parties_and_of_those_who_came_open(page_client: PageClient, promises: Promises) -> None:
    for told in promises["party_links"]:
        page = page_client.visit(told["path"])
        assert page.heading == told["heading"], told
        assert told["name"] in page_client.response.text, told
    for told in promises["follow_ups"]:
        assert page_client.visit(told["path"]).heading == told["heading"], told


def test_receipts_of_contributions_open(page_client: PageClient, promises: Promises) -> None:
    for told in promises["contribution_receipts"]:
        assert page_client.visit(f"/contributions/{told['token']}").heading == told["heading"], told


def test_contributions_are_read_by_the_organiser(page_client: PageClient, promises: Promises) -> None:
    sign_in(page_client, Role.ORGANISER)
    pages = [page_client.visit(f"/staff/events/{one['id']}/contributions").text for one in promises["events"].values()]
    for told in promises["contribution_receipts"]:
        assert sum(told["text"] in page for page in pages) == 1, told


def test_receipts_of_answers_open_and_are_found_by_number(page_client: PageClient, promises: Promises) -> None:
    for told in promises["receipts"]:
        page = page_client.visit(f"/receipts/{told['token']}")
        assert page.heading == told["heading"], told
        assert told["number"] in page.text, told
        asked = {"number": told["number"], "email": told["email"]}
        assert "Ja. Vi har modtaget det." in page_client.submit("/receipts", asked, status=200).text, told


def test_receipts_given_out_before_still_prove_what_was_sent(app: Flask, promises: Promises) -> None:
    with app.app_context():
        for told in promises["receipts"]:
            proven = record.verify_receipt(told["proof"])
            assert verify_opening(proven, json.dumps(told["opening"])).shown, told["number"]


def test_receipts_taken_out_today_say_the_same(page_client: PageClient, promises: Promises) -> None:
    app = page_client.application
    for told in promises["receipts"]:
        proof = page_client.get(f"/receipts/{told['token']}/proof").text
        with app.app_context():
            today, before = record.verify_receipt(proof), record.verify_receipt(told["proof"])
        assert today.entry_text == before.entry_text, told["number"]
        assert json.loads(page_client.get(f"/receipts/{told['token']}/opening").text) == told["opening"]


def test_record_verifies(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["record", "verify"])
    assert done.exit_code == 0, done.output
    assert [line.split(": ")[1].split(",")[0] for line in done.output.splitlines()] == ["yes", "yes"]


def test_every_text_of_the_record_is_given_back_by_the_row_that_it_went_to(
    app: Flask, databases: Databases, yesterday: Yesterday
) -> None:
    """Also by those that could have changed since: a case, an event, a deadline, the name in a letter."""
    url = databases.empty()
    yesterday.load(url)
    engine = create_engine(url)
    with engine.connect() as conn:
        rows = conn.execute(text(TEXTS_OF_YESTERDAY)).all()
    engine.dispose()
    databases.drop(url)
    changing = {"case", "event", "deadline", "notice", "extend", "document", "invite", "reply"}
    assert {row.kind for row in rows} >= changing
    with app.app_context(), reading() as conn:
        for row in rows:
            today = contents.values(conn, store.entry(conn, row.log_id, row.seq))
            assert today[row.name] == json.loads(row.content), row


def test_entries_are_the_same_to_the_letter(page_client: PageClient, promises: Promises) -> None:
    for slug, told in promises["records"].items():
        lines = page_client.get(f"/record/{slug}/entries.jsonl").data.splitlines(keepends=True)
        before = b"".join(lines[: told["lines"]])
        assert hashlib.sha256(before).hexdigest() == told["sha256"], slug
    assert page_client.get("/record/key").text == promises["key"]


# Staff cancel too, and then the guest gave no notice.
NAMED_ANEW = {"Afbud": "Afmeldt"}


def test_figures_are_the_same(page_client: PageClient, promises: Promises) -> None:
    sign_in(page_client, Role.ORGANISER)
    for slug, told in promises["events"].items():
        for content in ("figures", "arrivals"):
            now, (heads, *rows) = exported(page_client, told["id"], content), rows_of(told[content])
            assert now[1:] == rows, (slug, content)
            assert now[0] == [NAMED_ANEW.get(one, one) for one in heads], (slug, content)


def test_guests_are_the_same(page_client: PageClient, promises: Promises) -> None:
    """Name, e-mail, organisation, what they come as, state, when they signed up, when they came, consent."""
    sign_in(page_client, Role.ORGANISER)
    for slug, told in promises["events"].items():
        assert sorted(exported(page_client, told["id"], "attendees")) == sorted(rows_of(told["attendees"])), slug


def exported(client: PageClient, event_id: str, content: str) -> list[list[str]]:
    page = client.visit(f"/staff/events/{event_id}/statistics")
    chosen = {"content": content, "reach": "internal", "format": "csv", "purpose": "Prøve"}
    form = choose_form(page, chosen, "/exports")
    answer = client.post(form.attributes["action"], data={**form_values(form), **chosen})
    return rows_of(answer.data.decode("utf-8-sig").splitlines())


def rows_of(lines: list[str]) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=";"))


def test_each_guest_is_found_by_the_words_of_the_name(app: Flask) -> None:
    with app.app_context(), reading() as conn:
        guests = conn.execute(select(Registration.id, Registration.event_id, Registration.name)).all()
        assert guests
        for one in guests:
            backwards = " ".join(reversed(searching.words(one.name)))
            assert not one.name or one.id in name_queries.find(conn, one.event_id, backwards, 1000), one.name


@pytest.mark.parametrize("email", ["mette@havneby.example.org", "organiser@example.org", "door@example.org"])
def test_staff_are_still_staff(app: Flask, email: str) -> None:
    with app.app_context():
        found = db.session.scalars(select(Staff).where(Staff.email == email)).one_or_none()
    assert (found is None) == email.startswith("door"), "phones at the door have no account"


def test_roles_are_held_for_the_whole_authority_as_they_were(app: Flask) -> None:
    with app.app_context():
        grants = db.session.scalars(select(RoleGrant)).all()
        assert grants
        assert all(one.is_whole for one in grants)


def test_who_came_and_who_is_inside_is_what_the_scans_say(app: Flask, promises: Promises) -> None:
    told = app.test_cli_runner().invoke(args=["checkin", "recount"]).output
    assert told == f"{promises['rows']['occupancy']} events counted, 0 rows were otherwise.\n"
    with app.app_context():
        for slug, room in promises["rooms"].items():
            now = queries.room(promises["events"][slug]["id"])
            assert {name: getattr(now, name) for name in ("inside", "came", "highest")} == room, slug
