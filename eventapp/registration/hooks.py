"""What other pages show of registration: the thread and the organiser's desk (design decision 18)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Connection

from eventapp import clock
from eventapp.events.models import Event, QuotaKind
from eventapp.events.queries import event_by_id, events_of_case
from eventapp.registration import actions, fields, jobs, queries, staff_queries
from eventapp.registration.models import RegistrationState
from eventapp.registration.staff_queries import DOUBLES, Tally
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Permission, url_if_allowed
from eventapp.web.registry import (
    DeskFigure,
    DeskItem,
    Holders,
    MailOwner,
    Reached,
    Registry,
    StepState,
    Tab,
    ThreadStep,
)

TABS = (
    Tab(30, _l("Registrations"), "registration_staff.index"),
    Tab(35, _l("What guests need"), "registration_staff.access_needs"),  # for those who may read that and no list
)


HELD_FACTS = frozenset({Fact.TITLE, Fact.TIME, Fact.PLACE, Fact.STATE})


def guests_reached(conn: Connection, event_id: str, until: datetime) -> Reached:
    """Guests who want to come. Who was invited is told with the invitation."""
    found = queries.reachable_number(conn, event_id, until=until)
    words = ngettext("%(num)s person", "%(num)s people", found.people)
    return Reached(words, found.people, found.bookings, found.without_mail)


HOLDERS = Holders(Subject.EVENT, HELD_FACTS, guests_reached, actions.tell_of_change)


def thread_steps(case_id: str) -> list[ThreadStep]:
    """What registration adds to the debates of a case: how many signed up."""
    return [_step(one) for one in events_of_case(case_id) if one.published_at and not one.cancelled_at]


def _step(event: Event) -> ThreadStep:
    figure = _registered(staff_queries.standing(event.id)) if clock.now() >= event.registration_opens_at else ""
    return ThreadStep(f"debate:{event.id}", "", None, StepState.PLANNED, order=30, figure=figure)


def _registered(tally: Tally) -> str:
    """How many signed up, and how many of them have no seat: "154 registered, 12 of them on the waiting list"."""
    if not tally.registered:
        return ""
    registered = ngettext("%(num)s registered", "%(num)s registered", tally.registered)
    return ", ".join(part for part in (registered, _in_line(tally)) if part)


def _in_line(tally: Tally) -> str:
    if not tally.waiting:
        return ""
    return ngettext("%(num)s of them on the waiting list", "%(num)s of them on the waiting list", tally.waiting)


def desk_figures(event_id: str) -> list[DeskFigure]:
    """Two stages of the funnel."""
    tally = staff_queries.standing(event_id)
    confirmed = _page(event_id, state=RegistrationState.CONFIRMED)
    return [
        DeskFigure(30, _("registered"), tally.registered or None, _page(event_id), _in_line(tally)),
        DeskFigure(40, _("confirmed"), tally.confirmed or None, confirmed),
    ]


def desk_items(event_id: str) -> list[DeskItem]:
    """What needs a person now: seats that nobody sits on, invited guests without one, doubles."""
    return [*_quota_items(event_id), *_double_items(event_id), *_mail_items(event_id)]


def _page(event_id: str, **wish: str) -> str:
    return url_if_allowed("registration_staff.index", event_id=event_id, **wish)


def _quota_items(event_id: str) -> list[DeskItem]:
    items = []
    for quota in staff_queries.quotas(event_id):
        free = quota.seats - quota.taken
        if quota.waiting and free > 0:
            text = _("%(free)s seats are free while %(waiting)s people wait", free=free, waiting=quota.waiting)
            items.append(DeskItem(text, _page(event_id), _("Give them out")))
        elif quota.waiting and quota.kind is QuotaKind.INVITED:
            number = quota.waiting
            text = ngettext(
                "%(num)s invited guest said yes and has no seat",
                "%(num)s invited guests said yes and have no seat",
                number,
            )
            items.append(DeskItem(text, _page(event_id, state=RegistrationState.WAITING), _("See who")))
    return items


def _mail_items(event_id: str) -> list[DeskItem]:
    found = staff_queries.not_delivered(event_id)
    if found is None or clock.now() >= event_by_id(event_id).ends_at:
        return []
    text = ngettext("%(num)s guest was not reached by mail", "%(num)s guests were not reached by mail", found.number)
    url = url_if_allowed("registration_staff.show", event_id=event_id, registration_id=found.registration_id)
    return [DeskItem(text, url, _("See why"), found.since)]


def _double_items(event_id: str) -> list[DeskItem]:
    since = staff_queries.oldest_double(event_id)
    if since is None or clock.now() >= event_by_id(event_id).starts_at:
        return []
    return [DeskItem(_("Somebody may have signed up twice"), _page(event_id, state=DOUBLES), _("Look"), since)]


def register(registry: Registry) -> None:
    registry.thread_steps.append(thread_steps)
    registry.desk_figures.append(desk_figures)
    registry.desk_items.append(desk_items)
    registry.desk_tabs += TABS
    registry.asked_facts.append(fields.data_map)
    registry.quotas_changed.append(jobs.seats_were_changed)
    registry.holders.append(HOLDERS)
    registry.scopes["registration_id"] = staff_queries.scope
    registry.scopes["field_id"] = staff_queries.field_scope
    registry.mail_owners["registration"] = MailOwner(
        Permission.READ_REGISTRATIONS, staff_queries.booking_scope, staff_queries.bookings_within
    )
