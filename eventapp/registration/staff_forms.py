"""Forms of the organiser's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import InputRequired, Regexp

from eventapp.db import new_id
from eventapp.registration import fields, words
from eventapp.registration.actions import Sending, SignUp
from eventapp.registration.queries import Choice
from eventapp.web.fields import Asked, Field, office_fields, typed
from eventapp.web.forms import Form
from eventapp.web.posted import KEY


class StaffSignUpForm(Form):
    """Somebody who called, wrote or stands at the desk; what is asked is declared (:func:`staff_sign_up_form`)."""

    key = HiddenField(default=new_id, validators=[Regexp(KEY)])
    asks: Sequence[Field] = ()

    @property
    def asked(self) -> list[Any]:
        """The fields as they are drawn."""
        return [self[one.key] for one in self.asks]

    def sign_up(self) -> SignUp:
        return fields.sign_up(typed(self, self.asks))

    def sending(self, lang: str) -> Sending:
        return Sending(key=self.key.data, lang=lang)


def staff_sign_up_form(offered: Sequence[Choice], own: Sequence[Field]) -> StaffSignUpForm:
    """The form for one event. ``own``: what the organiser asks beside the standard fields."""
    asks = fields.asked(Asked.OFFICE, offered, own)
    made = type("StaffSignUpForm", (StaffSignUpForm,), {**office_fields(asks, Asked.OFFICE), "asks": asks})
    form: StaffSignUpForm = made()
    return form


class CancelForm(Form):
    """Why staff cancel a registration."""

    reason = SelectField(_l("Reason"), validators=[InputRequired()])
    whole = BooleanField(_l("Cancel for everybody who was signed up together"))

    def offer(self) -> CancelForm:
        self.reason.choices = words.cancel_reasons()
        return self
