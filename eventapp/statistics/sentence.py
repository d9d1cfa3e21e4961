"""The sentence that an organiser would say to the mayor."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from eventapp.events.models import Event
from eventapp.statistics.queries import Figures, Group
from eventapp.statistics.rules import SMALLEST_SHOWN
from eventapp.web.formats import local


def of(event: Event, figures: Figures, contributed: int, now: datetime, *, hides_small: bool) -> str:
    """How many registered, how many came, most of them as what, and how many wrote afterwards."""
    counts = figures.total
    said = [ngettext("%(num)s registered", "%(num)s registered", counts.registered)]
    if now < event.doors_open_at and not counts.came:
        if counts.waiting:
            said.append(_("%(waiting)s of them on the waiting list", waiting=counts.waiting))
        return f"{', '.join(said)}."
    said.append(ngettext("%(num)s came", "%(num)s came", counts.came))
    if most := _most(figures, hides_small=hides_small):
        said.append(_("most of them: %(group)s", group=local(most.category, "label")))
    if not contributed:
        return f"{', '.join(said)}."
    written = ngettext("%(num)s has written afterwards", "%(num)s have written afterwards", contributed)
    return f"{', '.join(said)}; {written}."


def _most(figures: Figures, *, hides_small: bool) -> Group | None:
    """The group of which most came; None when nobody did, when two are as large, or when it is too small to be told."""
    named = sorted((one for one in figures.groups if one.category), key=lambda one: one.counts.came, reverse=True)
    if not named or named[0].counts.came < (SMALLEST_SHOWN if hides_small else 1):
        return None
    return None if len(named) > 1 and named[1].counts.came == named[0].counts.came else named[0]
