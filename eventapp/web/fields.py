"""What is asked of people, declared once: forms, lists, exports, deletion and the data map all walk the declarations.

A declaration is a :class:`Field`. Those of the product stand in the code of the slice that asks; what an organiser asks
for one event is a row of the same shape. Whoever adds one writes nothing else: the forms draw it, the typed parser and
the office forms read it, and its value is stored, listed, exported and forgotten as the declaration says (ADR 0021).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms import Field as OfficeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from eventapp.languages import Text
from eventapp.web.forms import deliverable
from eventapp.web.permissions import Permission
from eventapp.web.posted import LONGEST_LINE, Posted

YES = "yes"  # the value of a box that was ticked


class FieldKind(enum.StrEnum):
    """What an answer is."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    CHOICE = "choice"
    FLAG = "flag"


class Asked(enum.StrEnum):
    """Whom a field is asked of, and so on which form it stands."""

    GUEST = "guest"  # the public form
    OFFICE = "office"  # staff, for somebody who called or wrote
    INVITED = "invited"  # the reply to an invitation


def text_of(text: object) -> Text:
    """A declared text for the page: one of the product is a lazy one, one of an organiser knows its language."""
    return text if isinstance(text, Text) else str(text)


@dataclass(frozen=True)
class Section:
    """Fields that are shown together, folded away until they are needed."""

    label: Any
    hint: Any = ""


@dataclass(frozen=True)
class Field:
    """One thing that is asked. Texts are anything whose ``str()`` is the text in the language of the page.

    ``title`` is the short name in lists, files and office forms, ``label`` the question to the person. ``required`` of
    those of ``asked_of`` who must answer. ``ends``: how long after the event the value is forgotten; None with the
    booking. ``choices``: (value, text); those of some standard fields are filled in where the form is made.
    """

    key: str
    label: Any
    kind: FieldKind
    asked_of: frozenset[Asked]
    purpose: Any
    seen_by: Permission
    title: Any = ""
    required: frozenset[Asked] = frozenset()
    ends: timedelta | None = None
    is_listed: bool = True
    is_exported: bool = True
    hint: Any = ""
    office_hint: Any = ""
    section: Section | None = None
    longest: int = LONGEST_LINE
    choices: tuple[tuple[str, Any], ...] = ()
    autocomplete: str | None = None

    @property
    def name(self) -> Text:
        """The short name for the page."""
        return text_of(self.title or self.label)

    @property
    def is_free_text(self) -> bool:
        """Whether somebody could write what is not asked for, such as a CPR number."""
        return self.kind in (FieldKind.LINE, FieldKind.TEXT)

    def is_required(self, of: Asked) -> bool:
        return of in self.required

    def shown(self, value: Text) -> Text:
        """A stored value as it is read by people."""
        if self.kind is FieldKind.FLAG:
            return _("Yes") if value else _("No")
        if self.kind is FieldKind.CHOICE:
            return text_of(next((text for key, text in self.choices if key == value), value))
        return value

    def end_text(self) -> str:
        """When the value is forgotten, in words."""
        if self.ends is None:
            return _("with the registration")
        return ngettext("%(num)s day after the event", "%(num)s days after the event", self.ends.days)


class Fields:
    """The declarations of one application, in the order in which they are asked."""

    def __init__(self, declared: Iterable[Field] = ()) -> None:
        self._by_key: dict[str, Field] = {}
        for one in declared:
            self.declare(one)

    def declare(self, field: Field) -> None:
        """Ask for something more.

        :raises ValueError: when something of this key is asked already.
        """
        if field.key in self._by_key:
            raise ValueError(f"{field.key} is declared already.")
        self._by_key[field.key] = field

    def __getitem__(self, key: str) -> Field:
        return self._by_key[key]

    def all(self, own: Sequence[Field] = ()) -> list[Field]:
        """Everything that is asked, with what one event asks beside it."""
        return [*self._by_key.values(), *own]

    def asked(self, of: Asked, own: Sequence[Field] = ()) -> list[Field]:
        """What stands on a form."""
        return [one for one in self.all(own) if of in one.asked_of]


def with_choices(fields: Iterable[Field], choices: Mapping[str, tuple[tuple[str, Any], ...]]) -> list[Field]:
    """The fields with the choices that hang on the event filled in, by key."""
    return [replace(one, choices=choices[one.key]) if one.key in choices else one for one in fields]


def in_sections(fields: Iterable[Field]) -> list[tuple[Section | None, list[Field]]]:
    """The fields as they are drawn: those of one section together."""
    return [(section, list(members)) for section, members in groupby(fields, key=lambda one: one.section)]


# --- read from a post that may come in a rush ------------------------------------------------------------------

Reader = Callable[[Posted, Field, bool], str]
READERS: Mapping[FieldKind, Reader] = {
    FieldKind.LINE: lambda post, one, must: post.line(one.key, required=must, longest=one.longest),
    FieldKind.TEXT: lambda post, one, must: post.text(one.key, required=must, longest=one.longest),
    FieldKind.EMAIL: lambda post, one, must: post.email(one.key, required=must).lower(),
    FieldKind.CHOICE: lambda post, one, must: post.choice(one.key, dict(one.choices), required=must),
    FieldKind.FLAG: lambda post, one, must: YES if post.flag(one.key, required=must) else "",
}


def read(post: Posted, fields: Iterable[Field], of: Asked) -> dict[str, str]:
    """The posted values by key, "" for what was left empty; what is wrong gathers in ``post.errors``."""
    return {one.key: READERS[one.kind](post, one, one.is_required(of)) for one in fields}


# --- read from a form of the office ----------------------------------------------------------------------------


def office_fields(fields: Iterable[Field], of: Asked) -> dict[str, Any]:
    """Fields of a WTForms form, by key: to be made attributes of a subclass."""
    return {one.key: _office_field(one, must=one.is_required(of)) for one in fields}


def typed(form: Mapping[str, OfficeField], fields: Iterable[Field]) -> dict[str, str]:
    """The values of a valid office form by key, as :func:`read` gives those of a posted one."""
    return {one.key: _typed(one, form[one.key].data) for one in fields}


def _office_field(one: Field, *, must: bool) -> OfficeField:
    text = [DataRequired() if must else Optional(), Length(max=one.longest)]
    common = {"description": one.office_hint}
    if one.kind is FieldKind.FLAG:
        return BooleanField(one.title or one.label, [InputRequired()] if must else [], **common)
    if one.kind is FieldKind.CHOICE:
        offered = one.choices if must else (("", _l("Not stated")), *one.choices)
        choices = [SelectChoice(value, text) for value, text in offered]
        return SelectField(one.title or one.label, [InputRequired()] if must else [], choices=choices, **common)
    if one.kind is FieldKind.TEXT:
        return TextAreaField(one.title or one.label, text, **common)
    return StringField(one.title or one.label, [*text, _address] if one.kind is FieldKind.EMAIL else text, **common)


def _address(form: Any, field: OfficeField) -> None:
    deliverable(form, field)
    field.data = field.data.lower()


def _typed(one: Field, data: Any) -> str:
    if one.kind is FieldKind.FLAG:
        return YES if data else ""
    return str(data or "")
