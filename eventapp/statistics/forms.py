"""What somebody who takes a file out says about it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from eventapp.statistics.exports import ARRIVALS, ATTENDEES, FIGURES, INTERNAL, SHARED
from eventapp.web.forms import Form, storable

FORMATS = [("xlsx", _l("Excel (XLSX)")), ("csv", _l("CSV, for any spreadsheet"))]


class ExportForm(Form):
    """Nothing is taken out without a purpose (LAW-11)."""

    content = RadioField(_l("What"), default=FIGURES, validators=[InputRequired()])
    reach = RadioField(
        _l("Who will see the figures?"),
        choices=[
            (SHARED, _l("Others too: groups of fewer than 5 are written as <5")),
            (INTERNAL, _l("Only those who work with the event: all figures as they are")),
        ],
        default=SHARED,
        validators=[InputRequired()],
    )
    format = RadioField(_l("File"), choices=FORMATS, default="xlsx", validators=[InputRequired()])
    purpose = TextAreaField(
        _l("What is it for?"),
        description=_l("Is noted in the log together with your name."),
        validators=[InputRequired(), Length(max=300), storable],
    )

    def offer(self, *, attendees: int | None) -> ExportForm:
        """Fill the list of contents; ``attendees`` is None for those who may not see names."""
        self.content.choices = [(FIGURES, _l("Figures by group")), (ARRIVALS, _l("Arrivals over time"))]
        if attendees is not None:
            self.content.choices.append((ATTENDEES, _l("List of guests, %(rows)s rows", rows=attendees)))
        return self
