"""The sentence that an organiser would say to the mayor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from eventapp.events.models import Event
from eventapp.languages import Text, with_words
from eventapp.statistics.definition_words import Key
from eventapp.statistics.disclosure_rules import WITHHELD, Shown
from eventapp.statistics.summary_rules import ShownGroup


def of(event: Event, groups: Sequence[ShownGroup], contributed: int, now: datetime) -> str:
    """How many registered, how many came, most of them as what, and how many wrote afterwards.

    :param groups: the figures as the reader may see them; what is hidden there is hidden here.
    """
    whole = groups[-1]
    if now < event.doors_open_at and not whole.numbers[Key.CAME]:
        return _sentence(_registered(whole))
    said = clauses(whole)
    if most := _most(groups[:-1]):
        said.append(with_words(_("most of them: %(group)s"), group=most))
    if not contributed:
        return _sentence(said)
    written = ngettext("%(num)s has written afterwards", "%(num)s have written afterwards", contributed)
    return _sentence(said, written)


def clauses(whole: ShownGroup) -> list[str]:
    """How many signed up and how many came; what is withheld is left out, for a dot is no word."""
    came = whole.numbers[Key.CAME]
    return [*_registered(whole), *([_("%(people)s came", people=came)] if is_told(came) else [])]


def is_told(number: Shown) -> bool:
    """Whether there is anybody to tell of, and it may be told."""
    return bool(number) and number != WITHHELD


def _sentence(said: Sequence[str], more: str = "") -> str:
    """``a, b; more.``; "" when there is nothing to say."""
    text = Markup("; ").join(part for part in (Markup(", ").join(said), more) if part)
    return text + "." if text else ""


def _registered(whole: ShownGroup) -> list[str]:
    """How many, and how many of them have no seat, so that nobody takes the one for the other."""
    number: Shown = whole.numbers[Key.REGISTERED]
    if number == WITHHELD:
        return []
    count = number if isinstance(number, int) else 2
    return [ngettext("%(people)s registered", "%(people)s registered", count, people=number), *_in_line(whole)]


def _in_line(whole: ShownGroup) -> list[str]:
    waiting = whole.numbers[Key.WAITING]
    if waiting == WITHHELD:
        return [_("those on the waiting list counted in")]
    return [_("%(waiting)s of them on the waiting list", waiting=waiting)] if waiting else []


def _most(groups: Sequence[ShownGroup]) -> Text:
    """The group of which most came; "" when nobody did, when two are as large, or when all are hidden."""
    numbers = [(one.numbers[Key.CAME], one.name) for one in groups]
    came = [(number, name) for number, name in numbers if isinstance(number, int)]
    largest = max((number for number, _name in came), default=0)
    names = [name for number, name in came if number == largest]
    return names[0] if largest and len(names) == 1 else ""
