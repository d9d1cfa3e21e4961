"""The form after the debate."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Regexp

from eventapp.contributions.actions import SentContribution
from eventapp.contributions.models import Quoting
from eventapp.events.models import Theme
from eventapp.formats import cpr
from eventapp.web.forms import Form
from eventapp.web.posted import KEY

LONGEST = 20_000


class ContributionForm(Form):
    """What somebody wants to say afterwards. The themes are set by the view."""

    submission_key = HiddenField(validators=[Regexp(KEY)])
    theme = RadioField(_l("What is it about?"), [DataRequired()])
    text = TextAreaField(_l("Your input"), [DataRequired(), Length(max=LONGEST)])
    name = StringField(_l("Your name"), [Length(max=200)])
    quoting = RadioField(
        _l("May we quote you?"),
        [DataRequired()],
        choices=[
            SelectChoice(Quoting.NAMED, _l("Yes, with my name")),
            SelectChoice(Quoting.UNNAMED, _l("Yes, without my name")),
            SelectChoice(Quoting.NO, _l("No")),
        ],
    )
    keep_number = BooleanField(_l("It is not a CPR number, or it has to be there"))

    def offer(self, themes: list[Theme]) -> None:
        """The themes to choose from, in the order of the event."""
        self.theme.choices = [SelectChoice(one.id, one.title) for one in themes]

    def fits(self) -> bool:
        """Whether the fields agree with each other; what does not is said beside the field."""
        if self.quoting.data == Quoting.NAMED and not self.name.data.strip():
            self.name.errors = [_("Write your name, or choose to be quoted without it.")]
        if self.looks_like_cpr and not self.keep_number.data:
            self.text.errors = [_("It looks like a CPR number. Remove it before you send.")]
        return not self.errors

    @property
    def looks_like_cpr(self) -> bool:
        return cpr.looks_like_cpr(f"{self.text.data or ''}\n{self.name.data or ''}")

    def sent(self, was_present: bool) -> SentContribution:
        return SentContribution(
            submission_key=self.submission_key.data,
            theme_id=self.theme.data,
            text=re.sub(r"\r\n?", "\n", self.text.data).strip(),
            quoting=Quoting(self.quoting.data),
            name=" ".join(self.name.data.split()),
            was_present=was_present,
        )
