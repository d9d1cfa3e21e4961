"""The two ministers are invited, by office. Their replies are not known and never invented."""

from __future__ import annotations

from datetime import date, time

from eventapp import blobs, clock
from eventapp.db import db
from eventapp.demo import facts
from eventapp.demo.facts import both
from eventapp.demo.parts import DemoCase
from eventapp.events.models import Event
from eventapp.invitations import actions, letter_files
from eventapp.invitations.actions import Draft
from eventapp.invitations.models import Invitation, WishedRole
from eventapp.languages import Wording

SENT_AT = clock.wall(date(2023, 8, 22), time(9, 30))
REPLY_BY_AT = clock.wall(date(2023, 9, 14), time(12))


def load_letters(demo: DemoCase) -> None:
    """Write and send both invitations; commits."""
    event = db.session.get_one(Event, demo.event_id)
    drafts = [_draft(event, *office) for office in facts.OFFICES]
    written = [actions.invite(event, draft, by=demo.by, now=SENT_AT).id for draft in drafts]
    db.session.commit()
    for invitation_id in written:
        _send(invitation_id, demo)


def _send(invitation_id: str, demo: DemoCase) -> None:
    letter = blobs.put(letter_files.pdf_of(db.session.get_one(Invitation, invitation_id), SENT_AT))
    actions.send(db.session.get_one(Invitation, invitation_id), letter, by=demo.by, now=SENT_AT)
    db.session.commit()


def _draft(event: Event, office: str, english: str, ministry: str, short: str) -> Draft:
    return Draft(
        office=both(office, english),
        ministry=ministry,
        email=f"ministersekretariat-{short}@example.org",
        purpose=Wording(facts.PURPOSE.format(office=office)),
        wished_role=WishedRole.SPEECH,
        minutes=10,
        reply_by_at=REPLY_BY_AT,
        programme_item_id=event.programme[2].id,
        is_public=True,
    )
