"""What must be there before an event is published, each with its reason and the place to put it right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from eventapp.events import rules
from eventapp.events.errors import HallTooSmallError
from eventapp.events.models import Event
from eventapp.web.permissions import url_if_allowed


@dataclass(frozen=True)
class Condition:
    """A condition of publication: what it is, why, whether it is met, and where to meet it."""

    text: str
    why: str
    is_met: bool
    endpoint: str
    event_id: str

    @property
    def url(self) -> str:
        return url_if_allowed(self.endpoint, event_id=self.event_id)


def conditions(event: Event) -> list[Condition]:
    """All conditions, met or not, in the order in which people usually meet them."""
    return [*_hall(event), *_texts(event), *_lists(event), *_frame(event)]


def _hall(event: Event) -> Iterator[Condition]:
    yield _condition(
        event,
        "hall",
        bool(event.layout.plan_reference),
        _("The approved plan of the hall is named"),
        _("Nobody may be let in without knowing how many the hall is approved for."),
    )
    yield _condition(
        event,
        "hall",
        any(one.seats for one in event.quotas) and _fits(event),
        _("Seats are shared out, and the hall holds them all"),
        _("The limit counts everybody in the room."),
    )


def _texts(event: Event) -> Iterator[Condition]:
    yield _condition(
        event,
        "settings",
        bool(event.influence),
        _("It says what people can influence"),
        _("People want to know what happens with what they say."),
    )
    yield _condition(
        event,
        "settings",
        bool(event.layout.venue.access and event.layout.venue.address),
        _("It says how to get in"),
        _("Address, stairs, lift and hearing loop decide whether somebody can come."),
    )
    yield _condition(
        event,
        "settings",
        bool(event.photo_notice),
        _("It says whether pictures are taken"),
        _("People must know before they come."),
    )


def _lists(event: Event) -> Iterator[Condition]:
    yield _condition(
        event,
        "programme",
        bool(event.programme),
        _("There is a programme"),
        _("At least when it begins and who bids welcome."),
    )
    yield _condition(
        event,
        "programme",
        bool(event.categories),
        _("There is something to come as"),
        _("The sign-up form asks for it."),
    )


def _frame(event: Event) -> Iterator[Condition]:
    yield _condition(
        event,
        "settings",
        event.registration_closes_at <= event.starts_at,
        _("Registration closes before the event begins"),
        _("The door works from a list that is finished."),
    )
    yield _condition(
        event,
        "case",
        event.case.published_at is not None,
        _("The case is published"),
        _("The page of the event leads to the whole case."),
    )


def _condition(event: Event, page: str, is_met: bool, text: str, why: str) -> Condition:
    return Condition(text, why, is_met, f"events_staff.{page}", event.id)


def _fits(event: Event) -> bool:
    try:
        rules.check_hall(event.layout.max_persons, event.reserve_seats, (one.seats for one in event.quotas))
    except HallTooSmallError:
        return False
    return True
