"""Forms of sign-in, of one's own account and of the accounts of others."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from eventapp.accounts import rules
from eventapp.accounts.messages import ROLE_NAMES
from eventapp.config import settings
from eventapp.languages import LANGUAGES, OFFICIAL
from eventapp.web.forms import Form, deliverable
from eventapp.web.permissions import Grant, Role
from eventapp.web.registry import registry

FILL_IN = _l("Fill in this field.")
ADDRESS = _l("Write an e-mail address like name@example.org.")


class SignInForm(Form):
    email = EmailField(_l("E-mail"), [InputRequired(FILL_IN), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired(FILL_IN)])


class CodeForm(Form):
    """A code of the authenticator app, or a recovery code."""

    code = StringField(_l("Code"), [InputRequired(FILL_IN), Length(max=40)])


class ConfirmForm(Form):
    """The password once more, before what could lock its owner out."""

    password = PasswordField(_l("Your password"), [InputRequired(FILL_IN)])


class NewPhoneForm(CodeForm, ConfirmForm):
    """Bind another authenticator app in the place of the one that is bound."""


class NewPasswordForm(Form):
    """A password, typed once: it can be shown, and a mistyped one is mended with a new link."""

    new_password = PasswordField(_l("New password"), [InputRequired(FILL_IN)])

    def __init__(self, *args: Any, personal: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.personal = (*personal, settings().site_name)

    def validate_new_password(self, field: Any) -> None:
        if len(field.data) < rules.SHORTEST_PASSWORD:
            raise ValidationError(_l("Use at least 12 characters. A sentence is easy to remember."))
        if len(field.data) > rules.LONGEST_PASSWORD:
            raise ValidationError(_l("Use at most 1,000 characters."))
        if rules.is_too_common(field.data, self.personal):
            raise ValidationError(
                _l("Many people use a password like this one. Choose words that do not belong together.")
            )


class ChangePasswordForm(NewPasswordForm):
    password = PasswordField(_l("Your password now"), [InputRequired(FILL_IN)])


class RolesForm(Form):
    roles = SelectMultipleField(_l("Roles"), [InputRequired(_l("Choose at least one role."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = [SelectChoice(role.value, name) for role, name in ROLE_NAMES.items()]


class WholeRolesForm(RolesForm):
    """The roles for the whole authority. Whoever has a role for a case or an event may have none of them."""

    def __init__(self, *args: Any, has_limited: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_limited:
            self.roles.validators = [Optional()]


class GrantForm(Form):
    """One role for one case or one event."""

    role = SelectField(_l("Role"), [InputRequired()])
    scope = SelectField(_l("For"), [InputRequired(_l("Choose a case or an event."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [SelectChoice(role.value, name) for role, name in ROLE_NAMES.items() if role != Role.ADMIN]
        self.scope.choices = [SelectChoice("", _l("Choose")), *_scopes()]

    @property
    def grant(self) -> Grant:
        return Grant.at(Role(self.role.data), self.scope.data)


class AccountForm(RolesForm):
    """A new member of staff."""

    scope = SelectField(_l("For"), default="")

    name = StringField(_l("Name"), [InputRequired(FILL_IN), Length(max=200)])
    email = EmailField(_l("E-mail"), [InputRequired(FILL_IN), Length(max=254), deliverable])
    lang = RadioField(
        _l("Language"),
        choices=lambda: [SelectChoice(one.code, one.name) for one in LANGUAGES.values()],
        default=OFFICIAL,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope.choices = [SelectChoice("", _l("The whole authority")), *_scopes()]

    def validate_scope(self, field: Any) -> None:
        if field.data and Role.ADMIN in (self.roles.data or []):
            raise ValidationError(_l("A system administrator works for the whole authority."))


def _scopes() -> list[SelectChoice]:
    """The cases and events, as the slices that own them name them."""
    return [SelectChoice(one.key, one.label) for choices in registry().scope_choices for one in choices()]
