"""Whom a change reaches, and what has changed, as people read it."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventapp.telling.models import Fact
from eventapp.web.registry import Reached

FACTS = {
    Fact.TITLE: _l("the title"),
    Fact.TIME: _l("the time"),
    Fact.PLACE: _l("the place"),
    Fact.STATE: _l("whether it is held"),
    Fact.DEADLINE: _l("the deadline"),
    Fact.MATERIAL: _l("the material"),
}


def reached(found: Iterable[Reached]) -> str:
    """How many would be told, as the one who is about to change something reads it."""
    groups = list(found)
    mailed = [one.words for one in groups if one.by_mail]
    phoned = sum(one.by_phone for one in groups)
    told = _("%(who)s get a mail.", who=listed(mailed)) if mailed else _("Nobody gets a mail.")
    if not phoned:
        return told
    calls = ngettext(
        "%(num)s without e-mail is to be told by telephone.",
        "%(num)s without e-mail are to be told by telephone.",
        phoned,
    )
    return f"{told} {calls}"


def facts(changed: Iterable[str]) -> str:
    """What has changed, in a row: the time and the place."""
    return listed([str(FACTS[Fact(one)]) for one in changed])


def listed(words: list[str]) -> str:
    *before, last = words
    return _("%(those)s and %(last)s", those=", ".join(before), last=last) if before else last
