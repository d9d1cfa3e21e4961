"""Forms of whoever calls a hearing: the hearing itself, its parties, its material, its deadline."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from eventapp.cases.forms import long_words, words
from eventapp.cases.rules import slug_of
from eventapp.corrections.forms import ReasonForm
from eventapp.formats import typed
from eventapp.hearing.calling.actions import Plan
from eventapp.hearing.errors import InThePastError, NotLaterError
from eventapp.hearing.models import Hearing
from eventapp.hearing.queries import free_slug
from eventapp.web.forms import Form, WallTimeField, deliverable


class HearingForm(Form):
    """A hearing that nobody was told of yet."""

    title = words(_l("Title"))
    question = long_words(_l("What we ask"))
    starts = WallTimeField(_l("The hearing begins"), [DataRequired()])
    deadline = WallTimeField(_l("Deadline"), [DataRequired()])

    @classmethod
    def of(cls, hearing: Hearing) -> HearingForm:
        """The form as a draft stands, or as it was sent."""
        return cls(obj=hearing, starts=hearing.starts_at, deadline=hearing.deadline_at)

    def fits(self, now: datetime) -> bool:
        """Whether the fields agree with each other and with what there is; what does not is said beside the field."""
        if self.starts.moment >= self.deadline.moment:
            self.deadline.errors = [_("The deadline must be after the beginning.")]
        elif self.deadline.moment <= now:
            self.deadline.errors = [str(InThePastError.message)]
        return not self.errors

    def plan(self) -> Plan:
        """
        Call it after :meth:`fits`.
        """
        return Plan(
            slug=free_slug(slug_of(self.title.data.official)),
            title=self.title.data,
            question=self.question.data,
            starts_at=self.starts.moment,
            deadline_at=self.deadline.moment,
        )


class PartyForm(Form):
    """Somebody to be heard."""

    name = StringField(_l("Name of the party"), [DataRequired(), Length(max=200)])
    email = EmailField(_l("E-mail"), [DataRequired(), deliverable, Length(max=254)])

    def is_new_to(self, hearing: Hearing, own_id: str = "") -> bool:
        """Whether nobody else on the list has this name."""
        others = [one for one in hearing.parties if one.id != own_id]
        if any(typed.key(one.name) == typed.key(self.name.data) for one in others):
            self.name.errors = [_("This party is on the list already.")]
        return not self.errors


class CorrectPartyForm(PartyForm, ReasonForm):
    """A party as it should stand, and why."""


class MergeForm(ReasonForm):
    """Which other row of the list is the same party; the choices are set by the view."""

    other = SelectField(_l("The same party as"), [DataRequired()])


class TextsForm(ReasonForm):
    """Title and question of a hearing that was sent, and why they are corrected."""

    title = words(_l("Title"))
    question = long_words(_l("What we ask"))


class MaterialForm(Form):
    """A document to send along; the choices are set by the view."""

    version = SelectField(_l("Document"), [DataRequired()])
    may_publish = BooleanField(_l("A document for staff only may become public with the hearing"))


class ExtensionForm(Form):
    """A later deadline, and why."""

    deadline = WallTimeField(_l("New deadline"), [DataRequired()])
    reason = TextAreaField(_l("Reason"), [DataRequired(), Length(max=1000)])

    @property
    def moment(self) -> datetime:
        """The new deadline as aware UTC."""
        return self.deadline.moment

    def fits(self, deadline_at: datetime, now: datetime) -> bool:
        """Whether the moment is later than the deadline in force, and lies ahead."""
        if self.moment <= deadline_at:
            self.deadline.errors = [str(NotLaterError.message)]
        elif self.moment <= now:
            self.deadline.errors = [str(InThePastError.message)]
        return not self.errors
