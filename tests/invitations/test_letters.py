"""The letter: what stands in the PDF, the mail, the calendar request, and where its link leads."""

from __future__ import annotations

import io
from datetime import UTC, timedelta
from typing import Any

import icalendar
import pypdf
import pytest
from flask import Flask
from flask_babel import force_locale

from eventapp import clock
from eventapp.cases.models import Administration, CaseContact
from eventapp.config import settings
from eventapp.db import db
from eventapp.invitations import actions, letter_files, words
from eventapp.invitations.models import Invitation, WishedRole
from eventapp.languages import Wording
from eventapp.mail.packing import unpack
from eventapp.registration.queries import booked_with
from eventapp.work.worker import Worker
from tests.invitations.conftest import NO, REPLIED_AT, YES, mails, make_invitation, send, stand_in
from tests.support.factories import STARTS_AT, make_event


def text_of(invitation: Invitation) -> str:
    """The text of the PDF, with single spaces."""
    with force_locale("en"):  # the page of the organiser
        content = letter_files.pdf_of(invitation, REPLIED_AT)
    reader = pypdf.PdfReader(io.BytesIO(content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def calendar_event(invitation: Invitation) -> Any:
    text = letter_files.calendar_request(db.session.connection(), invitation, REPLIED_AT)
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0]


@pytest.fixture
def contact(invitation: Invitation) -> CaseContact:
    """Whom the case names for questions."""
    found = CaseContact(
        case_id=invitation.event.case_id,
        position=1,
        function=Wording("Havnesekretariatet"),
        email="havnen@havneby.example.org",
        phone="12 34 56 78",
    )
    db.session.add(found)
    db.session.commit()
    return found


# --- the PDF -----------------------------------------------------------------------------------------------------


@pytest.mark.engines("sqlite")
def test_the_letter_is_danish_and_in_the_time_on_the_wall_whatever_the_organiser_reads(invitation: Invitation) -> None:
    text = text_of(invitation)
    assert "Til havneministeren Havneministeriet" in text
    assert "Kære havneministeren" in text
    assert "the minister of harbours" not in text
    assert f"Sagsnr. {invitation.event.case.number}" in text
    assert "tirsdag den 14. maj 2024 kl. 17.00-19.00" in text
    assert "Medborgerhuset, Havneby, Torvet 1, 9999 Havneby" in text
    assert "holde et oplæg (10 minutter)" in text
    assert "tirsdag den 30. april 2024 kl. 17.00" in text  # 15.00 in UTC
    assert "24. april 2024" in text  # the day on which it is made


@pytest.mark.engines("sqlite")
def test_each_paragraph_of_the_purpose_is_one_of_the_letter(invitation: Invitation) -> None:
    invitation.purpose, invitation.name = Wording("Første afsnit.\nSamme afsnit.\n\nAndet afsnit."), "Åse Ørsted"
    with force_locale("da"):
        told = letter_files._letter(invitation, REPLIED_AT)
    assert told["paragraphs"] == [
        "Kære havneministeren Åse Ørsted",
        "Første afsnit.\nSamme afsnit.",
        "Andet afsnit.",
    ]


def closing(invitation: Invitation) -> str:
    """The last line before the signature."""
    with force_locale("da"):
        return str(letter_files._letter(invitation, REPLIED_AT)["closing"][-1])


def test_the_letter_names_whom_to_ask(invitation: Invitation, contact: CaseContact) -> None:
    assert contact.email in closing(invitation)


def test_without_a_contact_of_the_case_one_asks_the_authority(invitation: Invitation) -> None:
    assert settings().contact_email in closing(invitation)


@pytest.mark.engines("sqlite")
def test_the_administration_that_leads_the_case_signs(invitation: Invitation) -> None:
    for position, (name, leads) in enumerate((("Kulturforvaltningen", False), ("Havneforvaltningen", True)), 1):
        db.session.add(
            Administration(case_id=invitation.event.case_id, position=position, name=Wording(name), is_lead=leads)
        )
    db.session.commit()
    signature = letter_files._letter(invitation, REPLIED_AT)["signature"]
    assert signature[-1] == f"{settings().site_name}, Havneforvaltningen"


def test_no_minutes_are_asked_for_where_none_were_agreed(invitation: Invitation) -> None:
    invitation.minutes, invitation.wished_role = 0, WishedRole.ATTEND
    with force_locale("da"):
        assert letter_files._role(invitation) == "deltage"


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("db")
def test_every_task_has_words_of_its_own_in_every_language() -> None:
    for lang in ("da", "en"):
        with force_locale(lang):
            assert len({words.wished_role(one) for one in WishedRole}) == len(WishedRole)


def test_a_hall_without_address_is_named_without_a_comma(invitation: Invitation) -> None:
    invitation.event.layout.venue.address = ""
    assert invitation.event.place == "Medborgerhuset, Havneby"


# --- the calendar request ----------------------------------------------------------------------------------------


def test_the_request_is_for_the_office_from_the_authority_about_the_debate(invitation: Invitation) -> None:
    found = calendar_event(invitation)
    assert found["ATTENDEE"].params["CN"] == "havneministeren"
    assert found["ORGANIZER"] == f"mailto:{settings().mail_default_sender}"
    assert str(found["SUMMARY"]) == invitation.event.title.official
    assert str(found["LOCATION"]) == invitation.event.place
    assert str(found["URL"]).endswith(f"/events/{invitation.event.slug}")
    assert (found.decoded("DTSTART"), found.decoded("DTEND")) == (STARTS_AT, STARTS_AT + timedelta(hours=2))
    assert found.decoded("DTSTAMP") == REPLIED_AT.astimezone(UTC)


def test_each_move_of_the_debate_raises_the_sequence_of_the_same_entry(invitation: Invitation) -> None:
    first = calendar_event(invitation)
    invitation.event.calendar_sequence += 1
    moved = calendar_event(invitation)
    assert [one.decoded("SEQUENCE") for one in (first, moved)] == [0, 1]
    assert len({str(one["UID"]) for one in (first, moved)}) == 1


def test_an_office_that_was_invited_under_another_entry_keeps_it(invitation: Invitation) -> None:
    invitation.calendar_uid = "old@debat.example.org"
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    assert calendar_event(invitation)["UID"] == "old@debat.example.org"
    assert invitation.registration_id
    booked = booked_with(db.session.connection(), invitation.registration_id)
    assert booked is not None
    assert booked.calendar_uid == "old@debat.example.org"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("month", "hours"), [(1, 1), (7, 2)], ids=["winter", "summer"])
def test_a_debate_in_winter_and_in_summer_begins_at_the_same_time_on_the_wall(db: Any, month: int, hours: int) -> None:
    starts_at = clock.wall(
        STARTS_AT.date().replace(year=STARTS_AT.year + 1, month=month), STARTS_AT.astimezone(clock.COPENHAGEN).time()
    )
    start = calendar_event(make_invitation(make_event(starts_at=starts_at), sent=False))["DTSTART"].dt
    assert (start.hour, start.utcoffset()) == (17, timedelta(hours=hours))


# --- the mails ---------------------------------------------------------------------------------------------------


def test_the_link_in_the_mail_is_that_of_the_invitation_and_is_gone_once_it_is_sent(invitation: Invitation) -> None:
    (mail,) = mails("letter")
    assert mail.secrets is not None
    token = actions.link_token(invitation.id)
    assert mail.secrets == {"link": f"http://localhost/i/{token}"}
    assert token not in str(mail.context)
    assert invitation.link_hash not in str(mail.secrets)


def test_every_letter_and_every_confirmation_carries_the_same_link(invitation: Invitation) -> None:
    send(invitation, REPLIED_AT)
    actions.reply(invitation, YES, now=REPLIED_AT)
    db.session.commit()
    assert len({str(mail.secrets) for mail in (*mails("letter"), *mails("noted"))}) == 1


def test_two_invitations_have_two_links(invitation: Invitation) -> None:
    other = make_invitation(invitation.event, "kulturministeren")
    assert actions.link_token(other.id) != actions.link_token(invitation.id)
    assert len({str(mail.secrets) for mail in mails("letter")}) == 2


def test_the_mail_has_the_letter_and_nothing_else_attached(invitation: Invitation) -> None:
    (mail,) = mails("letter")
    assert mail.attachments == [
        {"name": "invitation.pdf", "media_type": "application/pdf", "sha256": invitation.letters[0].sha256}
    ]
    assert mail.dedupe is None  # a letter that is sent again is a second mail
    assert mail.limit_key is None  # nobody but staff can have it sent


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("given", "said"),
    [(YES, "I deltager."), (NO, "I deltager ikke."), (stand_in("Bo Bæk"), "I sender en stedfortræder: Bo Bæk.")],
    ids=["yes", "no", "stand-in"],
)
def test_what_was_noted_is_said_back_with_the_moment_and_a_way_to_correct_it(
    app: Flask, invitation: Invitation, given: Any, said: str
) -> None:
    actions.reply(invitation, given, now=REPLIED_AT)
    db.session.commit()
    Worker(app).run_once()
    body = " ".join((mails("noted")[0].body or "").split())
    assert said in body
    assert "onsdag den 24. april 2024 kl. 17.00" in body
    assert "[…]" in body  # the link, which is kept nowhere


@pytest.mark.engines("sqlite")
def test_the_mail_of_the_letter_names_the_contacts_of_the_case(invitation: Invitation, contact: CaseContact) -> None:
    send(invitation, REPLIED_AT)
    assert unpack(mails("letter")[-1].context)["contacts"] == [
        {"function": contact.function, "email": contact.email, "phone": contact.phone}
    ]
