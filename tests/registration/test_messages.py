"""The mails of registration, written by the worker as they would be sent."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from eventapp import db as core
from eventapp.db import db as database
from eventapp.events import calendar_files
from eventapp.events.models import Event
from eventapp.languages import Wording
from eventapp.mail import delivery, rendering
from eventapp.mail import rules as mail_rules
from eventapp.mail.models import OutboxMail
from eventapp.mail.queued import QueuedMail
from eventapp.mail.rendering import Rendered
from eventapp.registration import actions, queries, ticket_rules
from eventapp.registration.actions import SignedUp
from eventapp.registration.errors import TooManySeatsError
from eventapp.registration.models import Reason
from eventapp.telling import actions as telling
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Person
from tests.registration.givens import count, given_event, said, sign_up
from tests.support.factories import SIGN_UP_AT
from tests.support.pictures import qr_from_png
from tests.support.work import do_jobs, take_mails


def mails() -> dict[str, tuple[QueuedMail, Rendered]]:
    """What is due, by message, the last of each."""
    return {job.message: (job, rendering.render(job)) for job in take_mails()}


def cancel(outcome: SignedUp) -> None:
    core.write(
        lambda conn: actions.cancel(conn, outcome.registration_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
    )


def change(event: Event, **values: Any) -> None:
    """Change an event as the organiser's form does, and let the guests be told."""
    stored = database.session.get_one(Event, event.id)
    for name, value in values.items():
        setattr(stored, name, value)
    facts = [Fact.STATE if "cancelled_at" in values else Fact.TIME]
    database.session.flush()
    telling.tell(database.session.connection(), Subject.EVENT, event.id, facts, by=None, now=SIGN_UP_AT)
    database.session.commit()
    do_jobs()


def every_mail() -> tuple[Event, dict[str, tuple[QueuedMail, Rendered]]]:
    """One of each, from a small history."""
    event = given_event(seats=1)
    first = sign_up(event, 1, name="Anna <b>Aagaard</b>")
    sign_up(event, 2)
    cancel(first)
    for number in range(5):
        sign_up(event, number, email="familie@example.org")
    with pytest.raises(TooManySeatsError):
        sign_up(event, 9, email="familie@example.org")
    return event, mails()


@pytest.fixture
def sent(db, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[QueuedMail, Rendered]]:
    monkeypatch.setattr(mail_rules, "MOST_AN_HOUR", 50)  # the sixth of one address would wait for an hour
    return every_mail()[1]


def test_there_is_a_mail_for_each_thing_that_happens_to_a_guest(sent) -> None:
    names = {"confirmed", "waiting", "cancelled", "promoted", "full_house"}
    assert set(sent) == {f"registration/{name}" for name in names}


def test_a_subject_names_a_person_only_where_an_address_has_several_to_tell_apart(sent) -> None:
    for job, mail in sent.values():
        assert "Debat om havneparken" in mail.subject
        assert "Anna" not in mail.subject
        is_of_the_family = job.to_address == "familie@example.org" and job.message != "registration/full_house"
        assert ("Gæst" in mail.subject) == is_of_the_family


def test_five_tickets_of_one_address_are_told_apart_by_their_subjects(db, monkeypatch) -> None:
    monkeypatch.setattr(mail_rules, "MOST_AN_HOUR", 50)
    event = given_event()
    for number in range(4):
        sign_up(event, number, email="familie@example.org")
    sign_up(event, 4, heads=2, email="other@example.org")
    sign_up(event, 5, heads=3, email="other@example.org")
    subjects = sorted(rendering.render(job).subject for job in take_mails())
    named = [*(f"Gæst {number}" for number in range(4)), "Gæst 4 og 1 til", "Gæst 5 og 2 til"]
    assert subjects == [f"Din billet: Debat om havneparken ({one})" for one in named]


def test_names_are_text_and_never_markup(sent) -> None:
    _job, mail = sent["registration/cancelled"]
    assert "Anna <b>Aagaard</b>" in mail.text
    assert "Anna &lt;b&gt;Aagaard" in mail.html


def test_the_picture_in_the_mail_is_the_ticket_in_capitals(db) -> None:
    event = given_event()
    code = sign_up(event, 1).ticket_code or ""
    _job, mail = mails()["registration/confirmed"]
    (picture,) = [file for file in mail.files if file.cid]
    assert qr_from_png(picture.content) == ticket_rules.address(code).upper()
    assert picture.cid is not None
    assert f"cid:{picture.cid}" in mail.html
    assert ticket_rules.address(code) in mail.text
    assert ticket_rules.grouped(code) in mail.text


def test_the_calendar_file_says_when_and_where_and_holds_no_code(db) -> None:
    event = given_event()
    code = sign_up(event, 1).ticket_code or ""
    _job, mail = mails()["registration/confirmed"]
    (file,) = [one for one in mail.files if one.media_type == "text/calendar"]
    (entry,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert entry.decoded("dtstart") == event.starts_at
    assert entry.decoded("dtend") == event.ends_at
    assert str(entry["uid"]) == calendar_files.entry_id(event.id)
    assert code not in file.content.decode()


def test_everybody_who_wants_to_come_hears_that_the_event_moved_or_was_called_off(db) -> None:
    event = given_event(seats=1)
    for number in range(3):
        sign_up(event, number)
    cancel(sign_up(event, 9))
    mails()
    change(event, starts_at=event.starts_at + timedelta(hours=1), calendar_sequence=1)
    changed = take_mails()
    assert [job.message for job in changed] == ["registration/changed"] * 3
    texts = [rendering.render(job).text for job in changed]
    assert all("kl. 18.00-19.00" in text for text in texts)
    assert sorted("/t/" in text for text in texts) == [False, False, True]


def test_an_event_that_is_called_off_leaves_the_calendars_of_its_guests(db) -> None:
    event = given_event()
    sign_up(event, 1)
    mails()
    change(event, cancelled_at=SIGN_UP_AT, cancel_text=Wording("Ordstyreren er syg."), calendar_sequence=1)
    ((_job, mail),) = mails().values()
    assert mail.subject == "Aflyst: Debat om havneparken"
    assert "Ordstyreren er syg." in mail.text
    assert "METHOD:CANCEL" in mail.files[0].content.decode()


def test_what_is_kept_for_staff_opens_no_ticket(db) -> None:
    code = sign_up(given_event(), 1).ticket_code or ""
    _job, mail = mails()["registration/confirmed"]
    for secret in (code, ticket_rules.grouped(code), code.lower()):
        assert secret not in mail.kept


def test_the_row_holds_ids_and_no_text_of_the_guest(db) -> None:
    sign_up(given_event(), 1, name="Ægidius Østergaard", question="Hvorfor?")
    ((job, _mail),) = mails().values()
    assert set(job.context) == {"booking_id"}
    assert job.secrets is None


def test_mails_follow_the_language_of_the_guest(db) -> None:
    event = given_event(seats=1)
    with core.reading() as conn:
        brief = queries.brief_by_id(conn, event.id)
    actions.sign_up(brief, [], said(), actions.Sending("0" * 32, lang="en"), now=SIGN_UP_AT)
    _job, mail = mails()["registration/confirmed"]
    assert mail.subject == "Your ticket: Debate about the harbour park"
    assert "You are signed up. Here is your ticket." in mail.text


def test_a_stranger_who_signs_up_a_thousand_times_for_somebody_sends_three_mails(db) -> None:
    event = given_event(seats=2000)
    for number in range(1000):
        try:
            sign_up(event, number, email="victim@example.org")
        except TooManySeatsError:
            continue
    assert len(take_mails()) <= 3
    assert count("registration") == 5


def test_a_stranger_who_signs_somebody_up_and_off_again_all_the_time_sends_three_mails(db) -> None:
    event = given_event()
    for number in range(50):
        cancel(sign_up(event, number, email="victim@example.org"))
    assert len(take_mails()) <= 3


def test_what_anybody_can_ask_for_is_limited_and_what_staff_do_is_not(db) -> None:
    event, staff = given_event(), Person("0" * 32, "Anna")
    cancel(sign_up(event, 1, email="own@example.org"))
    other = sign_up(event, 2, email="other@example.org").registration_id
    core.write(lambda conn: actions.cancel(conn, other, reason=Reason.OTHER, now=SIGN_UP_AT, by=staff))
    rows = core.db.session.scalars(core.db.select(OutboxMail)).all()
    limited = {(row.message.split("/")[1], row.to_address.split("@")[0]): bool(row.limit_key) for row in rows}
    core.db.session.rollback()
    assert limited == {
        ("confirmed", "own"): True,
        ("cancelled", "own"): True,
        ("confirmed", "other"): True,
        ("cancelled", "other"): False,
    }


# --- calendars -----------------------------------------------------------------------------------------------------


def entry_of(mail: Rendered) -> tuple[str, str, int, str] | None:
    """METHOD, UID, SEQUENCE and STATUS of the calendar file of a mail; None when it has none."""
    files = [one for one in mail.files if one.media_type == "text/calendar"]
    if not files:
        return None
    whole = Calendar.from_ical(files[0].content)
    (entry,) = whole.walk("VEVENT")
    assert not entry.errors
    assert str(entry["ORGANIZER"]).startswith("mailto:")
    return str(whole["METHOD"]), str(entry["UID"]), entry.decoded("SEQUENCE"), str(entry["STATUS"])


def test_a_cancellation_takes_the_entry_out_and_signing_up_anew_puts_it_back(
    db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_rules, "MOST_AN_HOUR", 50)
    event = given_event()
    uid = calendar_files.entry_id(event.id)
    cancel(sign_up(event, 1))
    sent = mails()
    assert entry_of(sent["registration/cancelled"][1]) == ("CANCEL", uid, 1, "CANCELLED")
    again = sign_up(event, 1)
    assert entry_of(mails()["registration/confirmed"][1]) == ("PUBLISH", uid, 2, "CONFIRMED")
    cancel(again)
    assert entry_of(mails()["registration/cancelled"][1]) == ("CANCEL", uid, 3, "CANCELLED")


def test_the_entry_stays_as_long_as_somebody_of_the_address_comes(db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_rules, "MOST_AN_HOUR", 50)
    event = given_event()
    first, second = (sign_up(event, number, email="familie@example.org") for number in (1, 2))
    cancel(first)
    sent = mails()
    assert entry_of(sent["registration/cancelled"][1]) is None
    cancel(second)
    (method, _uid, sequence, _status) = entry_of(mails()["registration/cancelled"][1]) or ("", "", 0, "")
    assert (method, sequence) == ("CANCEL", 3)


def test_who_waits_has_no_entry_and_gets_none(db) -> None:
    event = given_event(seats=1)
    sign_up(event, 1)
    waits = sign_up(event, 2)
    mails()
    change(event, starts_at=event.starts_at + timedelta(hours=1), calendar_sequence=1)
    found = {job.to_address: entry_of(rendering.render(job)) for job in take_mails()}
    assert found["guest1@example.org"] == ("PUBLISH", calendar_files.entry_id(event.id), 1, "CONFIRMED")
    assert found["guest2@example.org"] is None
    cancel(waits)
    assert entry_of(mails()["registration/cancelled"][1]) is None


def test_a_ticket_s_calendar_file_says_the_way_in_leads_to_the_page_and_reminds(db) -> None:
    event = given_event()
    sign_up(event, 1)
    _job, mail = mails()["registration/confirmed"]
    (entry,) = Calendar.from_ical(mail.files[-1].content).walk("VEVENT")
    assert str(entry["URL"]).endswith(f"/events/{event.slug}")
    assert "Der er elevator." in str(entry["DESCRIPTION"])
    assert "Dørene åbner kl. 16.30" in str(entry["DESCRIPTION"])
    (alarm,) = entry.walk("VALARM")
    assert (str(alarm["ACTION"]), alarm.decoded("TRIGGER")) == ("DISPLAY", -timedelta(hours=2))


def test_the_header_of_each_calendar_file_says_its_method(db) -> None:
    event = given_event()
    cancel(sign_up(event, 1))
    for job, mail in mails().values():
        whole = email.message_from_bytes(delivery.pack(replace(job, message_id="<a@b.example>"), mail).as_bytes())
        (part,) = [one for one in whole.walk() if one.get_content_type() == "text/calendar"]
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert (part.get_param("method"), part.get_param("charset")) == (
            str(Calendar.from_ical(content)["METHOD"]),
            "utf-8",
        )
