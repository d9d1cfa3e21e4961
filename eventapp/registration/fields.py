"""What is asked of a guest: the declarations of the product, those of one event, and what their answers become.

Forms, lists, files, deletion and the data map walk these. A field that is asked beside the standard ones is kept as an
answer of its head (``field_value``); the standard ones have columns, for the hot path and for searching.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection
from sqlalchemy.orm import InstrumentedAttribute

from eventapp.db import Sql
from eventapp.db.personal import kept_for
from eventapp.languages import Text, Wording
from eventapp.registration import words
from eventapp.registration.entry_actions import Head, SignUp
from eventapp.registration.models import AccessNeed, Booking, Registration
from eventapp.registration.queries import Choice
from eventapp.web.fields import YES, Asked, Field, FieldKind, Fields, Section, with_choices
from eventapp.web.permissions import Permission
from eventapp.web.registry import AskedFact

NEEDS_ARE_KEPT = kept_for(AccessNeed.text)  # as the form promises (LAW-06)
NOT_SAID = "none"  # "I would rather not say" is an answer
GUEST, OFFICE = frozenset({Asked.GUEST}), frozenset({Asked.OFFICE})
NEEDS = Section(
    _l("Do you need anything special?"),
    _l("Only those who arrange the evening see this. It is deleted a week after the event."),
)
STANDARD = (
    Field(
        "name",
        _l("Name"),
        FieldKind.LINE,
        GUEST | OFFICE,
        purpose=_l("To make out the ticket, and to find you at the door without it."),
        seen_by=Permission.READ_REGISTRATIONS,
        required=GUEST | OFFICE,
        autocomplete="name",
    ),
    Field(
        "email",
        _l("E-mail"),
        FieldKind.EMAIL,
        GUEST | OFFICE,
        purpose=_l("To send the ticket, and to tell you when something changes."),
        seen_by=Permission.READ_REGISTRATIONS,
        required=GUEST,
        hint=_l("We send your ticket here."),
        office_hint=_l(
            "Without an address nothing can be sent: give the ticket on paper, or note the name at the door."
        ),
        longest=254,
        autocomplete="email",
    ),
    Field(
        "category",
        _l("I come as"),
        FieldKind.CHOICE,
        GUEST | OFFICE,
        title=_l("Comes as"),
        purpose=_l("To see which groups came, and whose seats you take."),
        seen_by=Permission.READ_REGISTRATIONS,
        required=GUEST,
    ),
    Field(
        "organisation",
        _l("Organisation"),
        FieldKind.LINE,
        GUEST | OFFICE,
        purpose=_l("To know whom you speak for, if you speak for somebody."),
        seen_by=Permission.READ_REGISTRATIONS,
        is_listed=False,  # it stands with what the guest comes as
        autocomplete="organization",
    ),
    Field(
        "needs",
        _l("What you need to take part"),
        FieldKind.TEXT,
        GUEST | OFFICE,
        title=_l("What the guest needs to take part"),
        purpose=_l("To see to it. It can say something about your health."),
        seen_by=Permission.READ_ACCESS_NEEDS,
        ends=NEEDS_ARE_KEPT,
        is_listed=False,
        is_exported=False,
        hint=_l("For example step-free access, a hearing loop, an interpreter or room for a companion."),
        section=NEEDS,
        longest=1000,
    ),
    Field(
        "show_needs_at_door",
        _l("The staff at the door may see it, so that they can help me"),
        FieldKind.FLAG,
        GUEST | OFFICE,
        title=_l("The staff at the door may see it"),
        purpose=_l("To let you decide who sees what you need."),
        seen_by=Permission.READ_ACCESS_NEEDS,
        ends=NEEDS_ARE_KEPT,
        is_listed=False,
        is_exported=False,
        section=NEEDS,
    ),
    Field(
        "question",
        _l("A question for the panel"),
        FieldKind.TEXT,
        GUEST,
        title=_l("Question for the panel"),
        purpose=_l("To prepare the debate."),
        seen_by=Permission.READ_REGISTRATIONS,
        is_listed=False,
        is_exported=False,
        hint=_l("Do not write health information or other sensitive information about yourself or others."),
        longest=1000,
    ),
    Field(
        "follow_up",
        _l("Yes, you may write to me afterwards about the case"),
        FieldKind.FLAG,
        GUEST,
        title=_l("May we write afterwards?"),
        purpose=_l("To ask for your input after the debate, if you agree."),
        seen_by=Permission.READ_REGISTRATIONS,
        is_listed=False,
    ),
)
# Where the standard fields are stored; the column declares who sees it, as the field does.
COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "name": Registration.name,
    "email": Booking.email,
    "category": Registration.category_id,
    "organisation": Registration.organisation,
    "question": Registration.question,
    "follow_up": Booking.wants_follow_up,
    "needs": AccessNeed.text,
    "show_needs_at_door": AccessNeed.show_at_door,
}
KEPT_IN_COLUMNS = frozenset(one.key for one in STANDARD)

OF_EVENT = Sql("""
    SELECT id, label, kind, asked_of, is_required, purpose, seen_by, kept_days, is_listed, is_exported, choices
    FROM event_field WHERE event_id = :event_id ORDER BY position
""")


def declared() -> Fields:
    """What this application asks guests at every event; more can be declared while it is put together."""
    found: Fields = current_app.extensions["guest_fields"]
    return found


def of_event(conn: Connection, event_id: str) -> list[Field]:
    """What the organiser asks for one event beside that; what is asked no longer is asked of nobody."""
    return [from_row(row) for row in OF_EVENT(conn, event_id=event_id)]


def asked(of: Asked, offered: Sequence[Choice], own: Sequence[Field]) -> list[Field]:
    """What a form of an event asks, for every language; ``offered``: what one may come as, ``own``: its own fields."""
    choices = [(one.id, one.label) for one in offered]
    not_said = [(NOT_SAID, _l("I would rather not say"))] if of is Asked.GUEST else []
    return with_choices(declared().asked(of, own), {"category": (*choices, *not_said)})


def from_row(row: Any) -> Field:
    """A declaration that is a row of ``event_field``."""
    asked = frozenset(map(Asked, json.loads(row.asked_of)))
    choices = [Wording(one) for one in json.loads(row.choices)]
    return Field(
        key=row.id,
        label=Wording.load(row.label),
        kind=FieldKind(row.kind),
        asked_of=asked,
        purpose=Wording.load(row.purpose),
        seen_by=Permission(row.seen_by),
        required=asked & GUEST if row.is_required else frozenset(),  # nobody is turned away on the telephone
        ends=None if row.kept_days is None else timedelta(days=row.kept_days),
        is_listed=bool(row.is_listed),
        is_exported=bool(row.is_exported),
        hint=Wording.load(row.purpose),
        longest=LONGEST[FieldKind(row.kind)],
        choices=tuple((one.official, one) for one in choices),
    )


LONGEST = {FieldKind.LINE: 200, FieldKind.TEXT: 1000, FieldKind.EMAIL: 254, FieldKind.CHOICE: 200, FieldKind.FLAG: 3}


# --- what answers become ---------------------------------------------------------------------------------------


def answers(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What is kept beside the columns: (key, value) of whatever was answered."""
    return tuple((key, value) for key, value in values.items() if value and key not in KEPT_IN_COLUMNS)


def sign_up(values: Mapping[str, str]) -> SignUp:
    """A booking of one from what was read, by key; what a form does not ask is left empty."""
    category = values.get("category", "")
    head = Head(
        name=values["name"],
        category_id=category if category not in ("", NOT_SAID) else None,
        organisation=values.get("organisation", ""),
        needs=values.get("needs", ""),
        show_needs_at_door=bool(values.get("show_needs_at_door")),
        question=values.get("question", ""),
        answers=answers(values),
    )
    return SignUp(values["email"], (head,), wants_follow_up=bool(values.get("follow_up")))


def stored(row: Any, kept: Mapping[str, str]) -> dict[str, Text]:
    """The values of one head by key.

    :param row: with name, email, organisation, question, wants_follow_up and label.
    :param kept: its answers beside the columns.
    """
    return {
        "name": row.name,
        "email": row.email,
        "category": words.category(row.label),
        "organisation": row.organisation,
        "question": row.question,
        "follow_up": YES if row.wants_follow_up else "",
        **kept,
    }


def seen_by(field: Field) -> str:
    """Who sees the answers, for those who give them."""
    return _("those who see to access") if field.seen_by is Permission.READ_ACCESS_NEEDS else _("those who arrange it")


def data_map() -> list[AskedFact]:
    """What is asked at every event: what for, who sees it and when it ends."""
    return [AskedFact(one.label, one.purpose, seen_by(one), one.end_text()) for one in declared().all()]
