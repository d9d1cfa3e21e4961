"""Forms of the organiser's pages."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from eventapp.db import new_id
from eventapp.registration import words
from eventapp.registration.actions import Head, Sending, SignUp
from eventapp.registration.queries import Choice
from eventapp.web.forms import Form, storable
from eventapp.web.posted import KEY


class StaffSignUpForm(Form):
    """Somebody who called, wrote or stands at the desk."""

    key = HiddenField(default=new_id, validators=[Regexp(KEY)])
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=200), storable])
    email = StringField(
        _l("E-mail"),
        description=_l(
            "Without an address nothing can be sent: give the ticket on paper, or note the name at the door."
        ),
        validators=[Optional(), Length(max=254), storable],
    )
    category = SelectField(_l("Comes as"))
    organisation = StringField(_l("Organisation"), validators=[Optional(), Length(max=200), storable])
    needs = TextAreaField(_l("What the guest needs to take part"), validators=[Optional(), Length(max=1000), storable])
    show_needs_at_door = BooleanField(_l("The staff at the door may see it"))

    def offer(self, choices: list[Choice], lang: str) -> StaffSignUpForm:
        """Fill the list of what one may come as."""
        self.category.choices = [("", _l("Not stated")), *((one.id, one.text(lang)) for one in choices)]
        return self

    def validate_email(self, field: StringField) -> None:
        try:
            field.data = (validate_email(field.data, check_deliverability=False).ascii_email or "").lower()
        except EmailNotValidError:
            field.data = field.data.strip()
            raise ValidationError(_l("Write an e-mail address like name@example.org.")) from None

    def sign_up(self) -> SignUp:
        head = Head(
            name=" ".join(self.name.data.split()),
            category_id=self.category.data or None,
            organisation=" ".join((self.organisation.data or "").split()),
            needs=(self.needs.data or "").strip(),
            show_needs_at_door=self.show_needs_at_door.data,
        )
        return SignUp(self.email.data or "", (head,))

    def sending(self, lang: str) -> Sending:
        return Sending(key=self.key.data, lang=lang)


class CancelForm(Form):
    """Why staff cancel a registration."""

    reason = SelectField(_l("Reason"), validators=[InputRequired()])
    whole = BooleanField(_l("Cancel for everybody who was signed up together"))

    def offer(self) -> CancelForm:
        self.reason.choices = words.cancel_reasons()
        return self
