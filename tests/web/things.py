"""Two cases with something of every kind that an address of staff can name: one's own, and another."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.cases.models import Administration, Document
from eventapp.checkin.models import Door, DoorSession, DoorShift, Scan
from eventapp.db import db, end_reading
from eventapp.events.models import Category
from eventapp.hearing import queries as hearings
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.models import SenderKind
from eventapp.languages import Wording
from eventapp.mail import outbox
from eventapp.registration.asking_actions import Question, ask
from eventapp.registration.models import EventField, Registration
from eventapp.web.fields import FieldKind
from eventapp.web.permissions import Grant, Role
from tests.checkin.support import ORGANISER, make_guest, open_phone, scanned
from tests.hearing.conftest import DEADLINE_AT, make_hearing
from tests.invitations.conftest import make_invitation
from tests.support.factories import make_case, make_event, make_layout
from tests.support.staff import make_staff

# Whose mails they are; other roles are asked about those of a registration.
MAILS = {Role.OFFICER: "hearing/receipt", Role.ADMIN: "accounts/access_changed"}
OF_AN_EVENT = {
    "event_id",
    "registration_id",
    "invitation_id",
    "door_id",
    "shift_id",
    "device_id",
    "scan_id",
    "field_id",
    "row_id",
}


@dataclass(frozen=True)
class Things:
    """What addresses name. ``word`` stands in every name that a person could read."""

    word: str
    ids: Mapping[str, str]  # argument of an address -> id
    rows: Mapping[str, str]  # blueprint -> id of a line of its list
    mails: Mapping[str, str]  # message -> id

    def values(self, blueprint: str, role: Role | None) -> dict[str, str]:
        """Values for the arguments of the addresses of a blueprint."""
        mail = self.mails[MAILS.get(role, "registration/confirmed") if role else "registration/confirmed"]
        return {**self.ids, "mail_id": mail, "row_id": self.rows.get(blueprint, "")}


def make_things(word: str) -> Things:
    """A case, its event and hearing, and what hangs on them; committed.

    :param word: in all names, in capitals, so that a page that shows any of it can be told.
    """
    case = make_case(title=Wording(f"Sag {word}"), slug=word.lower())
    # A draft: of what is published everybody may read.
    event = make_event(
        case, layout=make_layout(), title=Wording({"da": f"Debat {word}", "en": f"Debate {word}"}), published=False
    )
    case.administrations.append(Administration(position=1, name=Wording(f"Forvaltning {word}")))
    hearing = make_hearing(case, slug=f"hoering-{word.lower()}")
    hearing.title = Wording(f"Høring {word}")
    ask(event, Question(Wording(f"Madønske {word}"), Wording("Til køkkenet"), FieldKind.LINE), by=ORGANISER)
    invitation = make_invitation(event, f"minister {word}")
    db.session.commit()
    event_id, hearing_id, invitation_id = event.id, hearing.id, invitation.id
    phone = open_phone(event, f"Dør {word}")
    guest = make_guest(db, event_id, f"Gæst {word}")
    scan = scanned(guest.ticket, phone)
    end_reading()
    answer_id = hearings.answer_with_receipt(answering.receive(_answer(hearing_id, word))).id
    booking_id = _one(Registration.booking_id, Registration.id == guest.id)
    subjects = {"registration/confirmed": booking_id, "hearing/receipt": answer_id, "accounts/access_changed": None}
    conn = db.session.connection()
    mails = {
        message: str(outbox.queue(conn, message=message, to=f"{word}@example.org", context={}, subject_id=subject))
        for message, subject in subjects.items()
    }
    document = db.session.scalars(select(Document).where(Document.case_id == case.id)).one()
    staff = make_staff(grants=[Grant(Role.CHAIR, case_id=case.id)])
    ids = {
        "case_id": case.id,
        "event_id": event_id,
        "hearing_id": hearing_id,
        "party_id": hearings.parties(hearing_id)[0].id,
        "annex": "1",
        "answer_id": answer_id,
        "invitation_id": invitation_id,
        "registration_id": guest.id,
        "document_id": document.id,
        "version_id": document.versions[0].id,
        "door_id": _one(Door.id, Door.event_id == event_id),
        "shift_id": _one(DoorShift.id, DoorShift.event_id == event_id),
        "device_id": _one(DoorSession.id, DoorSession.id == phone.id),
        "field_id": _one(EventField.id, EventField.event_id == event_id),
        "scan_id": _one(Scan.id, Scan.id == scan.id),
        "staff_id": staff.id,
        "grant_id": staff.grants[0].id,
        "number": "1",
        "position": "0",
    }
    rows = {
        "cases_lists": _one(Administration.id, Administration.case_id == case.id),
        "events_lists": _one(Category.id, Category.event_id == event_id),
    }
    db.session.commit()
    return Things(word, ids, rows, mails)


def _answer(hearing_id: str, word: str) -> SentAnswer:
    attachment = NamedFile(blobs.put(word.encode()), "bilag.pdf", "application/pdf")
    key, name = secrets.token_hex(16), f"Borger {word}"
    return SentAnswer(hearing_id, key, name, "", "Bevar.", SenderKind.CITIZEN, DEADLINE_AT, uploads=[attachment])


def _one(column: InstrumentedAttribute[str], condition: ColumnElement[bool]) -> str:
    return db.session.scalars(select(column).where(condition)).one()
