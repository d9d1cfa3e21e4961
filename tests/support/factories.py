"""Things for tests, made with as little as they need and put into the database; everything can be chosen.

A fictitious municipality: Havneby Kommune, with people and organisations under example.org.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any

from eventapp import record
from eventapp.cases.models import Case
from eventapp.clock import wall
from eventapp.db import db
from eventapp.events.models import Category, Event, Layout, Quota, QuotaKind, Theme, Venue
from eventapp.languages import Wording

NUMBERS = itertools.count(1)
DAY = date(2024, 5, 14)
STARTS_AT = wall(DAY, time(17))  # 14 May 2024 17.00 in Copenhagen
SIGN_UP_AT = STARTS_AT - timedelta(days=7)  # a moment at which registration is open
AUTHORITY = "havneby"
HARBOUR_PARK = Wording({"da": "Ny havnepark", "en": "A new harbour park"})
DEBATE = Wording({"da": "Debat om havneparken", "en": "Debate about the harbour park"})


def make_case(*, slug: str = "", published: bool = True, opened_at: datetime | None = None, **facts: Any) -> Case:
    """A case with a record of its own."""
    number = next(NUMBERS)
    at = opened_at or STARTS_AT - timedelta(days=60)
    case = Case(
        slug=slug or f"sag-{number}",
        created_at=at,
        published_at=at if published else None,
        **{"number": f"2024-{number:07}", "title": HARBOUR_PARK, **facts},
    )
    db.session.add(case)
    db.session.flush()
    record.open_log(db.session.connection(), case.id, f"{AUTHORITY}/case/{case.slug}", at)
    return case


def make_layout(*, max_persons: int = 200, plan_reference: str = "Plan 12, godkendt 3. januar 2024") -> Layout:
    """A hall with an approved plan."""
    venue = Venue(name="Medborgerhuset, Havneby", address="Torvet 1, 9999 Havneby", access=Wording("Der er elevator."))
    layout = Layout(venue=venue, name="Stolerækker", max_persons=max_persons, plan_reference=plan_reference)
    db.session.add(layout)
    db.session.flush()
    return layout


def make_event(
    case: Case | None = None,
    *,
    seats: int = 50,
    quotas: dict[QuotaKind, int] | None = None,
    starts_at: datetime = STARTS_AT,
    published: bool = True,
    layout: Layout | None = None,
    **facts: Any,
) -> Event:
    """An event of two hours with public seats, one category and one theme.

    Registration is open from 30 days before until two hours before the start.

    :param quotas: seats of other kinds of guests, beside the public ones.
    """
    event = Event(
        case_id=(case or make_case()).id,
        layout_id=(layout or make_layout()).id,
        starts_at=starts_at,
        published_at=starts_at - timedelta(days=40) if published else None,
        **{
            "slug": f"debat-{next(NUMBERS)}",
            "title": DEBATE,
            "influence": Wording("Dine forslag indgår i sagen."),
            "doors_open_at": starts_at - timedelta(minutes=30),
            "ends_at": starts_at + timedelta(hours=2),
            "registration_opens_at": starts_at - timedelta(days=30),
            "registration_closes_at": starts_at - timedelta(hours=2),
            **facts,
        },
    )
    db.session.add(event)
    db.session.flush()
    for kind, number in {QuotaKind.PUBLIC: seats, **(quotas or {})}.items():
        db.session.add(Quota(event_id=event.id, kind=kind, seats=number))
    db.session.add(Category(event_id=event.id, position=1, label=Wording({"da": "Borger", "en": "Citizen"})))
    db.session.add(Theme(event_id=event.id, position=1, title=Wording({"da": "Grønne områder", "en": "Green areas"})))
    db.session.flush()
    return event
