"""The letter of an invitation: its text, the PDF, the calendar request, the reply link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Connection

from eventapp import pdf
from eventapp.config import settings
from eventapp.events import calendar_files
from eventapp.formats.display import danish_date, deadline, period
from eventapp.invitations.models import Invitation
from eventapp.invitations.words import wished_role
from eventapp.languages import OFFICIAL
from eventapp.mail import calendar
from eventapp.registration.queries import calendar_entry
from eventapp.web.urls import external_url


def reply_link(token: str) -> str:
    """Where the invitee's office replies. :param token: of ``actions.link_token``."""
    return external_url("invitations.reply_page", token=token)


def attached(sha256: str) -> dict[str, str]:
    """A letter as a file of a mail, by its content."""
    return {"name": "invitation.pdf", "media_type": "application/pdf", "sha256": sha256}


def told(invitation: Invitation) -> dict[str, Any]:
    """What the mails of an invitation say: values for the templates under ``templates/mail/invitations/``."""
    event = invitation.event
    return {
        "office": invitation.office,
        "name": invitation.name,
        "title": event.title,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "place": event.place,
        "purpose": invitation.purpose,
        "minutes": invitation.minutes,
        "reply_by_at": invitation.reply_by_at,
        "contacts": [{"function": one.function, "email": one.email, "phone": one.phone} for one in event.case.contacts],
    }


def pdf_of(invitation: Invitation, now: datetime) -> bytes:
    """The letter in Danish as a tagged PDF. Takes a tenth of a second: call it outside a write transaction."""
    with force_locale(OFFICIAL):
        return pdf.make("letter.typ", _letter(invitation, now), now)


def calendar_request(conn: Connection, invitation: Invitation, now: datetime) -> str:
    """The request that a calendar program answers, or what takes the entry out of the calendar again.

    It is the entry that the guest's ticket speaks of too, who has the same address.
    """
    event = invitation.event
    steps = calendar_entry(conn, event.id, invitation.email, invitation.calendar_uid).steps
    with force_locale(OFFICIAL):
        meeting = calendar_files.meeting(event, changed_at=now, uid=invitation.calendar_uid, steps=steps)
    write = calendar.cancel if event.cancelled_at or invitation.withdrawn_at else calendar.request
    return write(meeting, calendar.Attendee(invitation.office.official, invitation.email))


def _letter(invitation: Invitation, now: datetime) -> dict[str, Any]:
    event = invitation.event
    lead = next((one.name.official for one in event.case.administrations if one.is_lead), "")
    who = f"{invitation.office.official} {invitation.name}".strip()
    contact = event.case.contacts[0] if event.case.contacts else None
    return {
        "title": _("Invitation: %(title)s", title=event.title),
        "sender": ", ".join(filter(None, (settings().site_name, lead))),
        "lang": OFFICIAL,
        "page_word": _("Page"),
        "of_word": _("of"),
        "date": danish_date(now),
        "references": [_("Case no. %(number)s", number=event.case.number)],
        "addressee": list(filter(None, (_("To %(who)s", who=who), invitation.ministry))),
        "paragraphs": [_("Dear %(who)s", who=who), *invitation.purpose.official.split("\n\n")],
        "facts": [
            [_("Time"), period(event.starts_at, event.ends_at)],
            [_("Place"), event.place],
            [_("We ask you to"), _role(invitation)],
            [_("Reply by"), deadline(invitation.reply_by_at)],
        ],
        "closing": _closing(contact.email if contact else settings().contact_email),
        "signature": [_("Yours sincerely"), ", ".join(filter(None, (settings().site_name, lead)))],
    }


def _role(invitation: Invitation) -> str:
    words = wished_role(invitation.wished_role)
    return f"{words} ({_('%(minutes)s minutes', minutes=invitation.minutes)})" if invitation.minutes else words


def _closing(email: str) -> list[str]:
    return [
        _("You can reply with the link in the e-mail that this letter came with."),
        _("Questions? Write to %(email)s.", email=email),
    ]
