"""The form of a question that an organiser asks."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from eventapp.registration.asking_actions import Question
from eventapp.web.fields import FieldKind
from eventapp.web.forms import Form, WordingField
from eventapp.web.permissions import Permission


def _words(label: Any, description: Any = "") -> WordingField:
    def line(own: Any, is_official: bool) -> Field:
        must = DataRequired() if is_official else Optional()
        return StringField(own, [must, Length(max=200)], description=description)

    return WordingField(label, line)


class QuestionForm(Form):
    """What is asked, what for, and what becomes of the answers."""

    KINDS = (
        (FieldKind.LINE, _l("A line")),
        (FieldKind.TEXT, _l("A text of several lines")),
        (FieldKind.CHOICE, _l("One of several answers")),
        (FieldKind.FLAG, _l("A box to tick")),
    )

    label = _words(_l("Question"))
    purpose = _words(_l("What the answers are for"), _l("The guest reads it under the question."))
    kind = RadioField(_l("The answer is"), [DataRequired()], choices=[SelectChoice(*one) for one in KINDS])
    choices = TextAreaField(_l("Answers to choose from, one a line"), [Length(max=2000)])
    is_required = BooleanField(_l("Must be answered"))
    is_sensitive = BooleanField(_l("Can say something about health: only those who see to access read it"))
    kept_days = IntegerField(_l("Days after the event that answers are kept"), [Optional(), NumberRange(0, 365)])

    def fits(self) -> bool:
        """Whether there are answers to choose from where one is to be chosen."""
        if self.kind.data == FieldKind.CHOICE and len(self._choices()) < 2:
            self.choices.errors = [_("Write two answers or more.")]
        return not self.errors

    def question(self) -> Question:
        sensitive = self.is_sensitive.data
        return Question(
            label=self.label.data,
            purpose=self.purpose.data,
            kind=FieldKind(self.kind.data),
            choices=self._choices() if self.kind.data == FieldKind.CHOICE else (),
            is_required=self.is_required.data,
            seen_by=Permission.READ_ACCESS_NEEDS if sensitive else Permission.READ_REGISTRATIONS,
            kept_days=self.kept_days.data,
            is_exported=not sensitive,
        )

    def _choices(self) -> tuple[str, ...]:
        """Each answer once, in their order."""
        return tuple(dict.fromkeys(filter(None, (" ".join(one.split()) for one in self.choices.data.splitlines()))))
