"""What somebody who takes a file out says about it."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from eventapp.statistics.export_files import ARRIVALS, ATTENDEES, FIGURES, INTERNAL, SHARED, Column
from eventapp.web.forms import Form

FORMATS = [SelectChoice("xlsx", _l("Excel (XLSX)")), SelectChoice("csv", _l("CSV, for any spreadsheet"))]
REACHES = [
    SelectChoice(SHARED, _l("Others too: groups of fewer than 5 are written as <5")),
    SelectChoice(INTERNAL, _l("Only those who work with the event: all figures as they are")),
]


class ExportForm(Form):
    """Nothing is taken out without a purpose (LAW-11)."""

    content = RadioField(_l("What"), default=FIGURES, validators=[InputRequired()])
    reach = RadioField(
        _l("Who will see the figures?"),
        choices=REACHES,
        default=SHARED,
        validators=[InputRequired()],
    )
    format = RadioField(_l("File"), choices=FORMATS, default="xlsx", validators=[InputRequired()])
    leave_out = SelectMultipleField(
        _l("Columns to leave out of the list of guests"),
        description=_l("Take out no more than it is for."),
    )
    purpose = TextAreaField(
        _l("What is it for?"),
        description=_l("Is noted in the log together with your name."),
        validators=[DataRequired(), Length(max=300)],
    )

    def validate_reach(self, field: RadioField) -> None:
        """A list with names leaves the team under no heading (LAW-11)."""
        if self.content.data == ATTENDEES and field.data != INTERNAL:
            raise ValidationError(_("A list with names is only for those who work with the event."))

    def offer(self, *, attendees: int | None, columns: Sequence[Column] = ()) -> ExportForm:
        """Fill the lists of contents and columns; ``attendees`` is None for those who may not see names."""
        self.leave_out.choices = [SelectChoice(one.key, one.title) for one in columns]
        self.content.choices = [
            SelectChoice(FIGURES, _l("Figures by group")),
            SelectChoice(ARRIVALS, _l("Arrivals over time")),
        ]
        if attendees is not None:
            self.content.choices.append(SelectChoice(ATTENDEES, _l("List of guests, %(rows)s rows", rows=attendees)))
        return self
