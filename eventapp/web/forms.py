"""Base of the forms on staff pages and of the quiet public ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import get_translations, gettext, lazy_gettext, lazy_ngettext
from flask_wtf import FlaskForm
from wtforms import ValidationError
from wtforms.fields import (
    BooleanField,
    DateTimeLocalField,
    Field,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm
from wtforms.utils import unset_value

from eventapp import clock
from eventapp.formats import typed
from eventapp.languages import LANGUAGES, NO_WORDS, OFFICIAL, Wording
from eventapp.web import versions
from eventapp.web.languages import language_name


class _Translations:
    """WTForms has no Danish; its messages are in our own catalogue (see MESSAGES)."""

    def gettext(self, string: str) -> str:
        return gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The text as it is: WTForms itself puts the figures in."""
        return str(get_translations().ungettext(singular, plural, n))


class Form(FlaskForm):
    """A form whose messages follow the language of the page and whose texts can be stored.

    One that is made with ``obj`` changes that row: it is drawn with ``form_tag(…, changes=form)``, and what somebody
    else changed meanwhile is asked about before it is saved (:mod:`eventapp.web.versions`).
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.changes_a_row = "obj" in options
        self._drawn: str | None = None
        super().__init__(*arguments, **options)

    class Meta(FlaskForm.Meta):
        def bind_field(self, form: BaseForm | None, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
            """Every text comes in through one door; a field that was left out is an empty one."""
            wanted = unbound_field.field_class
            if issubclass(wanted, StringField) and not issubclass(wanted, HiddenField | PasswordField):
                clean = _clean_text if issubclass(wanted, TextAreaField) else _clean_line
                options = {**options, "filters": [clean, *unbound_field.kwargs.get("filters", ())]}
            return unbound_field.bind(form=form, **options)

        def get_translations(self, form: BaseForm) -> _Translations:
            return _Translations()

    def process(self, formdata: Any = None, *arguments: Any, **options: Any) -> None:
        sent = self.meta.wrap_formdata(self, formdata)
        super().process(sent, *arguments, **options)
        for field in self:
            _settle(field)
        if sent is not None:
            self._drawn = sent.get(versions.VERSION, "")

    def validate(self, extra_validators: Any = None) -> bool:
        """
        :raises ChangedMeanwhileError: for a row that somebody else changed since the form was drawn.
        """
        if self.changes_a_row:
            versions.check(self, self._drawn or "")
        is_valid: bool = super().validate(extra_validators)
        for field in self:
            _say_what_is_missing(field)
        return is_valid

    @property
    def row_version(self) -> str:
        """Of what the form shows: what it was drawn with when it comes back for a mistake in it."""
        return versions.of_fields(self) if self._drawn is None else self._drawn


def _say_what_is_missing(field: Field) -> None:
    """In the words of the field: a choice is made and a box ticked, not filled in."""
    missing = gettext("This field is required.")
    if missing in field.errors and isinstance(field, SelectField | SelectMultipleField | BooleanField):
        said = gettext("Tick the box.") if isinstance(field, BooleanField) else gettext("Choose one of the answers.")
        field.errors = [said if one == missing else one for one in field.errors]


def _settle(field: Field) -> None:
    """What is required is asked of what came through the door, not of what was sent: a blank to the eye is nothing."""
    if isinstance(field, StringField) and not isinstance(field, HiddenField | PasswordField) and field.raw_data:
        field.raw_data = [field.data]


def _clean_text(value: str | None) -> str:
    return typed.text(value or "")


def _clean_line(value: str | None) -> str:
    return typed.line(value or "")


def deliverable(_form: BaseForm, field: Any) -> None:
    """An e-mail address that the sender of our mails takes, kept as it is sent: in ASCII."""
    if field.data:
        address = typed.mail_address(field.data)
        if not address:
            raise ValidationError(lazy_gettext("Write an e-mail address like name@example.org."))
        field.data = address


class WordingField(Field):
    """A text in each language: one input a language, of which only the official one can be required.

    The official input bears the name of the field, the others that name with their language behind it: ``title``,
    ``title_en``. :attr:`data` is a :class:`Wording`.
    """

    def __init__(self, label: Any, make: Callable[[Any, bool], UnboundField], **options: Any) -> None:
        """
        :param make: a text field from a label and whether it stands for the official language.
        """
        super().__init__(label, default=NO_WORDS, **options)
        self._make = make
        self._prefix = self.name.removesuffix(self.short_name)
        self.inputs: dict[str, Field] = {}

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.object_data = self.default if data is unset_value or data is None else data
        self.inputs = {code: self._input(code) for code in LANGUAGES}
        for code, one in self.inputs.items():
            one.process(formdata, self.object_data.own(code))
            _settle(one)

    def _input(self, code: str) -> Field:
        is_official = code == OFFICIAL
        label = self.label.text
        if not is_official:
            label = lazy_gettext("%(label)s, in %(language)s", label=label, language=language_name(code))
        options = {
            "name": self.short_name if is_official else f"{self.short_name}_{code}",
            "prefix": self._prefix,
            "_meta": self.meta,
            "translations": self._translations,
        }
        return self.meta.bind_field(None, self._make(label, is_official), options)

    def validate(self, form: BaseForm, extra_validators: Any = ()) -> bool:
        found = [one.validate(form) for one in self.inputs.values()]  # each, so that each shows what is wrong
        return all(found)

    @property
    def errors(self) -> list[str]:
        return [error for one in self.inputs.values() for error in one.errors]

    @property
    def data(self) -> Wording:
        return Wording({code: one.data or "" for code, one in self.inputs.items()})

    @property
    def official(self) -> Field:
        return self.inputs[OFFICIAL]


WALL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]  # shown, and read


class WallTimeField(DateTimeLocalField):
    """A date and time of day as the clock on the wall in Copenhagen shows it; :attr:`moment` is the moment meant."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"format": WALL_FORMATS, **options})

    def process_data(self, value: datetime | None) -> None:
        """Show a stored moment in wall time."""
        self.data = value.astimezone(clock.COPENHAGEN).replace(tzinfo=None) if value and value.tzinfo else value

    def pre_validate(self, form: BaseForm) -> None:
        if self.data is not None and not _is_on_the_clock(self.data):
            raise ValidationError(lazy_gettext("The clock is put forward then: choose another time."))

    @property
    def moment(self) -> datetime:
        """The moment as aware UTC; call it after the form was found valid."""
        assert self.data is not None
        return clock.wall(self.data.date(), self.data.time())


def _is_on_the_clock(local: datetime) -> bool:
    try:
        clock.wall(local.date(), local.time())
    except clock.NotAWallTimeError:
        return False
    return True


# The messages of WTForms that our forms can show, here so that the catalogues know them.
MESSAGES = (
    lazy_gettext("This field is required."),
    lazy_gettext("Not a valid choice."),
    lazy_gettext("Not a valid integer value."),
    lazy_gettext("Not a valid datetime value."),
    lazy_gettext("Not a valid date value."),
    lazy_gettext("Not a valid time value."),
    lazy_gettext("Invalid URL."),
    lazy_gettext("Invalid input."),
    lazy_gettext("Not a valid decimal value."),
    lazy_gettext("Number must be at least %(min)s."),
    lazy_gettext("Number must be at most %(max)s."),
    lazy_gettext("Number must be between %(min)s and %(max)s."),
    lazy_gettext("Field must be between %(min)d and %(max)d characters long."),
    lazy_ngettext(
        "Field must be at least %(min)d character long.", "Field must be at least %(min)d characters long.", 2
    ),
    lazy_ngettext(
        "Field cannot be longer than %(max)d character.", "Field cannot be longer than %(max)d characters.", 2
    ),
    lazy_ngettext(
        "'%(value)s' is not a valid choice for this field.", "'%(value)s' are not valid choices for this field.", 1
    ),
)
