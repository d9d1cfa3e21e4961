"""The organiser's form of an invitation, and the reply of a minister's office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from eventapp.cases.forms import words
from eventapp.corrections.forms import ReasonForm
from eventapp.events.models import Event
from eventapp.invitations.actions import Draft, Given
from eventapp.invitations.models import Invitation, ReplyChannel, ReplyState, StandInRole, WishedRole
from eventapp.languages import Wording
from eventapp.registration import fields as guest_fields
from eventapp.web.fields import Asked, Field, office_fields, typed
from eventapp.web.forms import Form, WallTimeField, deliverable

STAND_IN_ROLES = [
    SelectChoice(StandInRole.POLITICAL, _l("Speaks politically")),
    SelectChoice(StandInRole.FACTUAL, _l("Gives facts only")),
    SelectChoice(StandInRole.LISTENER, _l("Listens")),
]


class InvitationForm(Form):
    """An invitation to an office-holder. The programme items are set by the view."""

    office = words(_l("Office, as it stands in the letter"), 120)
    name = StringField(_l("Name"), [Length(max=120)])
    ministry = StringField(_l("Ministry or organisation"), [Length(max=120)])
    email = EmailField(_l("E-mail of the office"), [DataRequired(), deliverable, Length(max=254)])
    wished_role = RadioField(
        _l("We ask the guest to"),
        [DataRequired()],
        choices=[
            SelectChoice(WishedRole.SPEECH, _l("give a speech")),
            SelectChoice(WishedRole.PANEL, _l("take part in the panel")),
            SelectChoice(WishedRole.GREETING, _l("give a greeting")),
            SelectChoice(WishedRole.ATTEND, _l("attend")),
        ],
    )
    minutes = IntegerField(_l("Minutes"), [Optional(), NumberRange(0, 240)])
    purpose = TextAreaField(_l("Why this guest, and why now"), [DataRequired(), Length(max=5000)])
    reply_by = WallTimeField(_l("Reply by"), [DataRequired()])
    programme_item = SelectField(_l("Point of the programme"))
    is_public = BooleanField(_l("Show the public that the office is invited"))

    @classmethod
    def of(cls, invitation: Invitation) -> InvitationForm:
        """The form as the invitation stands, or as it was sent."""
        plain = ("office", "name", "ministry", "email", "wished_role", "minutes", "is_public")
        return cls(
            obj=None,  # a row all the same: its columns are not called as the fields are
            purpose=invitation.purpose.official,
            reply_by=invitation.reply_by_at,
            programme_item=invitation.programme_item_id or "",
            **{name: getattr(invitation, name) for name in plain},
        )

    def offer(self, event: Event) -> None:
        """The points of the programme to choose from."""
        items = [SelectChoice(one.id, one.title) for one in event.programme]
        self.programme_item.choices = [SelectChoice("", _("None")), *items]

    def fits(self, event: Event, now: datetime) -> bool:
        if self.reply_by.moment >= event.starts_at:
            self.reply_by.errors = [_("The reply must come before the event begins.")]
        elif self.reply_by.moment <= now:
            self.reply_by.errors = [_("This moment has passed.")]
        return not self.errors

    def draft(self) -> Draft:
        return Draft(
            office=self.office.data,
            name=self.name.data.strip(),
            ministry=self.ministry.data.strip(),
            email=self.email.data.strip(),
            purpose=Wording(self.purpose.data.replace("\r\n", "\n").strip()),
            wished_role=WishedRole(self.wished_role.data),
            minutes=self.minutes.data or 0,
            reply_by_at=self.reply_by.moment,
            programme_item_id=self.programme_item.data or None,
            is_public=self.is_public.data,
        )


class CorrectionForm(ReasonForm):
    """Where letters of an invitation go that was sent, and why it is corrected."""

    ministry = StringField(_l("Ministry or organisation"), [Length(max=120)])
    email = EmailField(_l("E-mail of the office"), [DataRequired(), deliverable, Length(max=254)])


class ReplyForm(Form):
    """Three equal choices, and what belongs to them."""

    state = RadioField(
        _l("Reply to the invitation"),
        [DataRequired()],
        choices=[
            SelectChoice(ReplyState.ACCEPTED, _l("Takes part")),
            SelectChoice(ReplyState.DECLINED, _l("Does not take part")),
            SelectChoice(ReplyState.DELEGATED, _l("Sends a stand-in")),
        ],
    )
    reason = TextAreaField(_l("Reason"), [Length(max=2000)])
    will_write = BooleanField(_l("Sends a written contribution instead"))
    stand_in_name = StringField(_l("Name of the stand-in"), [Length(max=120)])
    stand_in_title = StringField(_l("Title of the stand-in"), [Length(max=120)])
    stand_in_role = RadioField(_l("The stand-in"), [Optional()], choices=STAND_IN_ROLES)
    contact_name = StringField(_l("Contact person"), [Length(max=120)])
    contact_phone = StringField(_l("Phone of the contact person"), [Length(max=30)])
    asks: Sequence[Field] = ()  # what is asked of whoever comes, beside the reply

    @property
    def asked(self) -> list[Any]:
        """The fields of that, as they are drawn."""
        return [self[one.key] for one in self.asks]

    def fits(self) -> bool:
        """Whether a stand-in has name and role; what is missing is said beside the field."""
        if self.state.data == ReplyState.DELEGATED:
            if not self.stand_in_name.data.strip():
                self.stand_in_name.errors = [_("Write who comes instead.")]
            if not self.stand_in_role.data:
                self.stand_in_role.errors = [_("Choose what the stand-in may do.")]
        return not self.errors

    def given(self, channel: ReplyChannel) -> Given:
        is_delegated = self.state.data == ReplyState.DELEGATED
        return Given(
            state=ReplyState(self.state.data),
            channel=channel,
            reason=self.reason.data.strip(),
            will_write=self.will_write.data and self.state.data == ReplyState.DECLINED,
            stand_in_name=self.stand_in_name.data.strip() if is_delegated else "",
            stand_in_title=self.stand_in_title.data.strip() if is_delegated else "",
            stand_in_role=StandInRole(self.stand_in_role.data) if is_delegated else None,
            contact_name=self.contact_name.data.strip(),
            contact_phone=self.contact_phone.data.strip(),
            answers=guest_fields.answers(typed(self, self.asks)),
        )


class StaffReplyForm(ReplyForm):
    """A reply that came by telephone, letter or mail, entered by staff."""

    channel = RadioField(
        _l("How it came"),
        [DataRequired()],
        choices=[
            SelectChoice(ReplyChannel.PHONE, _l("By phone")),
            SelectChoice(ReplyChannel.LETTER, _l("By letter")),
            SelectChoice(ReplyChannel.EMAIL, _l("By e-mail")),
        ],
    )


AnyReplyForm = TypeVar("AnyReplyForm", bound=ReplyForm)


def reply_form(kind: type[AnyReplyForm], own: Sequence[Field], **given: Any) -> AnyReplyForm:
    """A form of this kind with what is asked of the guests of one event. ``given``: as the form takes it."""
    asks = guest_fields.declared().asked(Asked.INVITED, own)
    return type(kind.__name__, (kind,), {**office_fields(asks, Asked.INVITED), "asks": asks})(**given)
