"""The reason that every correction asks for."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from eventapp.web.forms import Form


class ReasonForm(Form):
    """Why something is put right."""

    reason = TextAreaField(_l("Why it is corrected"), [DataRequired(), Length(max=1000)])
