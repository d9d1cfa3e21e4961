"""Paper forms of the event."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from eventapp import clock
from eventapp.cases.forms import line, long_words, paragraph, words
from eventapp.events import rules
from eventapp.events.actions import EventFacts, Hall, Place, Plan
from eventapp.events.models import Event, EventKind, QuotaKind
from eventapp.web.forms import Form, WallTimeField

MOST_PERSONS = 100_000


def wall_time(label: Any) -> Any:
    """A date and a time of day as the clock in Copenhagen shows them."""
    return WallTimeField(label, [InputRequired()])


def count(label: Any, least: int = 0, *, required: bool = True) -> Any:
    """A number of people or chairs."""
    wrong = _l("Write a whole number from %(least)s to %(most)s.", least=least, most=MOST_PERSONS)
    return IntegerField(label, [InputRequired() if required else Optional(), NumberRange(least, MOST_PERSONS, wrong)])


def _other_limit() -> list[str]:
    return [_("Another place or hall has another limit. Write how many persons it may hold.")]


def _other_plan() -> list[str]:
    return [_("Another place or hall has another plan. Write which.")]


class TimesForm(Form):
    """When an event is, and when people can sign up."""

    title = words(_l("Title"))
    starts_at = wall_time(_l("Begins"))
    ends_at = wall_time(_l("Ends"))
    doors_open_at = wall_time(_l("Doors open"))
    registration_opens_at = wall_time(_l("Registration opens"))
    registration_closes_at = wall_time(_l("Registration closes"))
    venue_name = line(_l("Place"), 120)
    venue_address = line(_l("Address of the place"), required=False)

    def fits(self) -> bool:
        """Whether the times follow one another; call it after ``validate_on_submit``."""
        self._follows(self.starts_at, self.ends_at, _("The event must end after it begins."))
        self._follows(self.registration_opens_at, self.registration_closes_at, _("It must close after it opens."))
        if self.doors_open_at.moment > self.starts_at.moment:
            self.doors_open_at.errors = [_("The doors must open before the event begins.")]
        return not self.errors

    def facts(self) -> EventFacts:
        """What was typed; call it after :meth:`fits`."""
        return EventFacts(**{name: _read(self[name]) for name in EventFacts.__dataclass_fields__ if name in self})

    def place(self) -> Place:
        given = {name: self[f"venue_{name}"].data for name in Place.__dataclass_fields__ if f"venue_{name}" in self}
        return Place(**given)

    def _follows(self, first: WallTimeField, then: WallTimeField, message: str) -> None:
        if first.moment >= then.moment:
            then.errors = [message]


class NewEventForm(TimesForm):
    """The least that an event needs to begin."""

    max_persons = count(_l("Maximum number of persons in the hall"), least=1)


class SettingsForm(TimesForm):
    """Everything that people are told of an event; at another place also the limit and the plan of the hall there."""

    max_persons = count(_l("Maximum number of persons in the hall"), least=1, required=False)
    plan_reference = line(_l("Reference to the approved plan"), required=False)
    kind = SelectField(_l("Character of the meeting"), [InputRequired()], choices=[])
    influence = long_words(_l("What people can influence, and what happens with what they say"), required=False)
    venue_access = long_words(_l("How people get in"), required=False)
    photo_notice = long_words(_l("Pictures, sound and film"), required=False)
    reason = paragraph(_l("Why title, time or place becomes another"), required=False)

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        self.kind.choices = kinds()

    @classmethod
    def of(cls, event: Event) -> SettingsForm:
        """The form as the event stands, or as it was sent."""
        venue = {f"venue_{name}": getattr(event.layout.venue, name) for name in Place.__dataclass_fields__}
        return cls(obj=event, **venue)

    def moves(self, event: Event) -> bool:
        """Whether the place that was typed is another than the one that limit and plan stand for."""
        venue, name, address = event.layout.venue, self.venue_name.data, self.venue_address.data
        return rules.is_elsewhere((venue.name, venue.address), (name or "", address or ""))

    def lacks_plan(self, event: Event) -> bool:
        """Whether something is still to be typed; call it after :meth:`fits`."""
        if not self.moves(event):
            return False
        if self.max_persons.data is None:
            self.max_persons.errors = _other_limit()
        if event.published_at and not self.plan_reference.data:
            self.plan_reference.errors = _other_plan()
        return bool(self.errors)

    def plan(self, event: Event) -> Plan | None:
        """That of the hall at another place; call it after :meth:`lacks_plan`."""
        return Plan(self.max_persons.data, self.plan_reference.data) if self.moves(event) else None


class HallForm(Form):
    """The limit of the hall, where it comes from, and how the seats are shared out.

    Limit and plan belong to the hall as it is furnished: for another way they are asked anew, with nothing of the old
    ones filled in. ``plan_for`` says for which they were asked, so that whoever types the same once more means it.
    """

    plan_for = HiddenField()
    layout_name = line(_l("How the hall is furnished"), 120)
    max_persons = count(_l("Maximum number of persons in the hall"), least=1)
    plan_reference = line(_l("Reference to the approved plan"), required=False)
    reserve_seats = count(_l("Organiser's reserve"))
    public = count(_l("Seats for everybody"))
    invited = count(_l("Seats for invited guests"))
    press = count(_l("Seats for the press"))
    crew = count(_l("Seats for speakers, helpers and technicians"))

    @classmethod
    def of(cls, event: Event) -> HallForm:
        """The form as the event stands, or as it was sent."""
        layout = event.layout
        seats = {kind.value: 0 for kind in QuotaKind} | {one.kind.value: one.seats for one in event.quotas}
        return cls(
            obj=event,
            layout_name=layout.name,
            max_persons=layout.max_persons,
            plan_reference=layout.plan_reference,
            **seats,
        )

    def lacks_plan(self, event: Event) -> bool:
        """Whether limit and plan are still those of the hall as it was furnished; call it after ``validate``."""
        old = event.layout
        keeps_plan = bool(old.plan_reference) and self.plan_reference.data == old.plan_reference
        if not keeps_plan or self.layout_name.data in (old.name, self.plan_for.data):
            return False
        self.plan_for.data, self.plan_reference.data = self.layout_name.data, ""
        self.max_persons.data = self.max_persons.raw_data = None
        self.max_persons.errors, self.plan_reference.errors = _other_limit(), _other_plan()
        return True

    def hall(self) -> Hall:
        """What was typed; call it after ``validate_on_submit``."""
        return Hall(
            name=self.layout_name.data,
            max_persons=self.max_persons.data,
            plan_reference=self.plan_reference.data,
            reserve_seats=self.reserve_seats.data,
            seats={kind: self[kind.value].data for kind in QuotaKind},
        )


class CancelForm(Form):
    """Words for those who wanted to come."""

    text = paragraph(_l("Why, and what happens instead"))


class ProgrammeForm(Form):
    """A point of the programme, with its times of day."""

    starts = TimeField(_l("From"), [InputRequired()])
    ends = TimeField(_l("To"), [InputRequired()])
    title = words(_l("Title"))
    speaker = line(_l("Who speaks"), required=False)

    @classmethod
    def of(cls, row: Any) -> ProgrammeForm:
        """The form as the point stands, or as it was sent."""
        return cls(obj=row, starts=_wall_time(row.starts_at), ends=_wall_time(row.ends_at))

    def values(self, event: Event) -> dict[str, Any]:
        """The columns of the row. A time of day before the doors open belongs to the day after."""
        day = event.starts_at.astimezone(clock.COPENHAGEN).date()
        starts_at = _on_or_after(day, self.starts.data, event.doors_open_at)
        ends_at = _on_or_after(day, self.ends.data, starts_at)
        texts = {name: self[name].data for name in ("title", "speaker")}
        return {"starts_at": starts_at, "ends_at": ends_at, **texts}

    def validate_ends(self, field: TimeField) -> None:
        """A point takes some time."""
        if field.data == self.starts.data:
            raise ValidationError(_("It must end after it begins."))


class ThemeForm(Form):
    """What questions and input sort under."""

    title = words(_l("Theme"), 120)


class CategoryForm(Form):
    """An answer to "I come as"."""

    label = words(_l("I come as"), 80)
    quota_kind = SelectField(_l("Takes a seat among those"), [InputRequired()], choices=[])

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        self.quota_kind.choices = quota_kinds()


def kinds() -> list[tuple[str, str]]:
    """Characters of a meeting, as people are told."""
    return [
        (EventKind.DEBATE, _("Debate: views are exchanged, nothing is decided")),
        (EventKind.INFORMATION, _("Information: plans are presented, and you can ask")),
        (EventKind.WORKSHOP, _("Workshop: you help to make the proposals")),
    ]


def quota_kinds() -> list[tuple[str, str]]:
    """Whom seats are set aside for."""
    return [
        (QuotaKind.PUBLIC, _("for everybody")),
        (QuotaKind.INVITED, _("for invited guests")),
        (QuotaKind.PRESS, _("for the press")),
        (QuotaKind.CREW, _("for speakers, helpers and technicians")),
    ]


def _read(field: Any) -> Any:
    return field.moment if isinstance(field, WallTimeField) else field.data


def _wall_time(moment: datetime) -> time:
    return moment.astimezone(clock.COPENHAGEN).time()


def _on_or_after(day: date, at: time, earliest: datetime) -> datetime:
    moments = (datetime.combine(one, at, clock.COPENHAGEN).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return next((moment for moment in moments if moment >= earliest), earliest)
