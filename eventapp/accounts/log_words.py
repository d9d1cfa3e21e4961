"""What the details of the log are called: keys, and the codes that stand in them, of all slices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_pgettext

ID = re.compile(r"[0-9a-f]{32}")
SHOWN_OF_ID = 8  # signs, as for what something was done to

NAMES = {
    "answers": lazy_pgettext("log", "answers"),
    "channel": lazy_pgettext("log", "how it came"),
    "content": lazy_pgettext("log", "what"),
    "entries": lazy_pgettext("log", "entries"),
    "entry": lazy_pgettext("log", "entry of the record"),
    "event_id": lazy_pgettext("log", "event"),
    "fields": lazy_pgettext("log", "fields"),
    "files": lazy_pgettext("log", "files"),
    "form": lazy_pgettext("log", "file format"),
    "format": lazy_pgettext("log", "file format"),
    "heads": lazy_pgettext("log", "persons"),
    "kind": lazy_pgettext("log", "kind"),
    "late": lazy_pgettext("log", "after the deadline"),
    "left_out": lazy_pgettext("log", "left out"),
    "list": lazy_pgettext("log", "list"),
    "method": lazy_pgettext("log", "kind of request"),
    "number": lazy_pgettext("log", "number"),
    "party": lazy_pgettext("log", "party"),
    "page": lazy_pgettext("log", "page"),
    "parts": lazy_pgettext("log", "parts"),
    "people": lazy_pgettext("log", "persons"),
    "public": lazy_pgettext("log", "public"),
    "purpose": lazy_pgettext("log", "purpose"),
    "reason": lazy_pgettext("log", "reason"),
    "role": lazy_pgettext("log", "role"),
    "roles": lazy_pgettext("log", "roles"),
    "route": lazy_pgettext("log", "page"),
    "rows": lazy_pgettext("log", "rows"),
    "scope": lazy_pgettext("log", "for"),
    "seats": lazy_pgettext("log", "seats"),
    "size": lazy_pgettext("log", "bytes"),
    "small_groups_hidden": lazy_pgettext("log", "small groups hidden"),
    "stage": lazy_pgettext("log", "stage of the demo"),
    "stages": lazy_pgettext("log", "planned parts"),
    "state": lazy_pgettext("log", "state"),
    "step": lazy_pgettext("log", "places moved"),
    "subject": lazy_pgettext("log", "about"),
    "told": lazy_pgettext("log", "told"),
    "tries": lazy_pgettext("log", "tries"),
    "version": lazy_pgettext("log", "version"),
    "was": lazy_pgettext("log", "was before"),
    "was_public": lazy_pgettext("log", "was public before"),
}
CODES = {
    "accepted": lazy_pgettext("log", "accepted"),
    "arrivals": lazy_pgettext("log", "arrivals"),
    "attendees": lazy_pgettext("log", "list of attendees"),
    "came": lazy_pgettext("log", "came"),
    "cancelled": lazy_pgettext("log", "cancelled"),
    "code": lazy_pgettext("log", "wrong code"),
    "confirmed": lazy_pgettext("log", "has a seat"),
    "crew": lazy_pgettext("log", "helpers"),
    "declined": lazy_pgettext("log", "declined"),
    "delegated": lazy_pgettext("log", "sends a stand-in"),
    "email": lazy_pgettext("log", "by e-mail"),
    "figures": lazy_pgettext("log", "figures"),
    "first_in_line": lazy_pgettext("log", "was first in line"),
    "given_up": lazy_pgettext("log", "given up"),
    "guest_cancelled": lazy_pgettext("log", "the guest cancelled"),
    "held": lazy_pgettext("log", "held back"),
    "declined_invitation": lazy_pgettext("log", "declined the invitation after all"),
    "in_person": lazy_pgettext("log", "in person"),
    "invited": lazy_pgettext("log", "invited guests"),
    "letter": lazy_pgettext("log", "by letter"),
    "link": lazy_pgettext("log", "by the link"),
    "memo": lazy_pgettext("log", "memo"),
    "motion": lazy_pgettext("log", "motion"),
    "note": lazy_pgettext("log", "hearing note"),
    "other": lazy_pgettext("log", "another"),
    "password": lazy_pgettext("log", "wrong password"),
    "phone": lazy_pgettext("log", "in the telephone"),
    "portal": lazy_pgettext("log", "by the form"),
    "press": lazy_pgettext("log", "the press"),
    "public": lazy_pgettext("log", "for everybody"),
    "refused": lazy_pgettext("log", "refused"),
    "reply": lazy_pgettext("log", "reply"),
    "sending": lazy_pgettext("log", "being sent"),
    "sent": lazy_pgettext("log", "sent"),
    "signed_up_twice": lazy_pgettext("log", "registered twice"),
    "spoke": lazy_pgettext("log", "spoke"),
    "superseded": lazy_pgettext("log", "overtaken by a later one"),
    "to_government": lazy_pgettext("log", "to the government"),
    "told_staff": lazy_pgettext("log", "the guest told staff"),
    "waiting": lazy_pgettext("log", "waits"),
}
NO_OTHERS: Mapping[str, Any] = {}


def details(facts: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]] = NO_OTHERS) -> list[tuple[str, str]]:
    """The details of a line of the log as people read them: (name, value).

    :param others: keys whose values are of another list of codes, and those.
    """
    return [(str(NAMES.get(key, key)), _value(value, others.get(key, CODES))) for key, value in facts.items()]


def _value(value: Any, codes: Mapping[str, Any] = CODES) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{_value(key, codes)} {_value(one, codes)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(one, codes) for one in value)
    text = "–" if value is None else str(value)
    return text[:SHOWN_OF_ID] if ID.fullmatch(text) else str(codes.get(text, text))
