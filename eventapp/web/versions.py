"""Two who change the same row never undo each other's work without seeing it (ADR 0065).

A form that shows what is stored carries, for each field, a fingerprint of what it showed. When it comes in, the row is
held (:func:`eventapp.db.hold`) and each field is looked at in three versions: as it was drawn, as it is stored now, and
as it was sent. Was something changed by somebody else meanwhile, nothing is saved: the page shows both and asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField
from wtforms.fields import Field
from wtforms.fields.choices import SelectFieldBase

from eventapp.errors import DomainError

VERSION = "row_version"  # the hidden field
BETWEEN, LENGTH = ":", 12


@dataclass(frozen=True)
class Difference:
    """A field that somebody else changed: its label, what is stored now, and what was sent, as people read them.

    ``drawn_again`` is what the form shows when it comes back, as it is posted: what is stored where the sender changed
    nothing in this field, and None where what was sent stays.
    """

    name: str
    label: Any
    stored: Any
    sent: Any
    drawn_again: list[str] | None


class ChangedMeanwhileError(DomainError):
    """Somebody else saved a change while the form was open. ``differences`` says of what."""

    code, status = "changed_meanwhile", HTTPStatus.CONFLICT
    message = _l("Somebody else changed this while you had it open. Nothing that you sent is saved yet.")

    def __init__(self, differences: list[Difference]) -> None:
        super().__init__()
        self.differences = differences


def of_fields(fields: Iterable[Field]) -> str:
    """The version of a form: name and fingerprint of what is stored, of each field."""
    return " ".join(f"{one.name}{BETWEEN}{_print(_stored(one))}" for one in _inputs(fields))


def check(fields: Iterable[Field], drawn: str) -> None:
    """
    :param drawn: the version with which the form came; a field that it does not name was drawn nobody knows when.
    :raises ChangedMeanwhileError: when saving what was sent could undo what somebody else saved.
    """
    known = dict(part.rsplit(BETWEEN, 1) for part in drawn.split() if BETWEEN in part)
    found = [one for field in _inputs(fields) if (one := _difference(field, known))]
    if found:
        raise ChangedMeanwhileError(found)


def _difference(field: Field, known: Mapping[str, str]) -> Difference | None:
    """What somebody else changed in a field, where what was sent is something else."""
    stored, drawn = _stored(field), known.get(field.name)
    if _print(stored) == drawn or _text(stored.data) == _text(field.data):
        return None
    is_untouched = _print(field) == drawn
    again = _posted(stored) if is_untouched else None
    return Difference(field.name, field.label.text, _shown(stored), None if is_untouched else _shown(field), again)


def _inputs(fields: Iterable[Field]) -> Iterator[Field]:
    """What can be typed or chosen; a text in several languages is one input for each."""
    for one in fields:
        if hasattr(one, "inputs"):
            yield from one.inputs.values()
        elif not isinstance(one, HiddenField | PasswordField):
            yield one


def _stored(field: Field) -> Field:
    """The same field as it is drawn for what is stored now."""
    found: Field = object.__new__(type(field))  # WTForms makes no copies: its fields are bound when they are made
    found.__dict__.update(field.__dict__)
    found.process(None, field.object_data)
    return found


def _print(field: Field) -> str:
    return hashlib.sha256(_text(field.data).encode()).hexdigest()[:LENGTH]


def _text(value: Any) -> str:
    """A value so that what is the same to people is the same text."""
    if isinstance(value, list | tuple | set):
        return "\n".join(sorted(map(_text, value)))
    return "" if value is None or value is False else str(value)


def _posted(field: Field) -> list[str]:
    """A field as a browser posts it."""
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    if isinstance(field, SelectFieldBase):
        return [str(one) for one in (field.data if isinstance(field.data, list) else [field.data]) if one is not None]
    return [field._value()]


def _shown(field: Field) -> Any:
    """A field's value as people read it; what was not readable as it was typed."""
    if isinstance(field, BooleanField):
        return _("Yes") if field.data else _("No")
    if isinstance(field, SelectFieldBase):
        chosen = set(_posted(field))
        return ", ".join(str(one.label) for one in field.iter_choices() if str(one.value) in chosen)
    return str(field._value()).replace("T", " ") if hasattr(field, "format") else field._value()
