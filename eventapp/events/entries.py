"""What the event enters into the record: each promise that was made to those who want to come."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventapp import record
from eventapp.events.models import EventTold

_told = record.Keeping(EventTold)

EVENT = record.Kind(
    "event",
    lazy_pgettext("record", "Event"),
    {
        "act": _l("what was done"),
        "title": _l("the title"),
        "starts_at": _l("the beginning"),
        "ends_at": _l("the end"),
        "place": _l("the place"),
        "max_persons": _l("how many the hall may hold"),
        "plan_reference": _l("the approved plan of the hall"),
        "seats": _l("the seats"),
        "programme": _l("the programme"),
        "influence": _l("what the debate can change"),
        "cancel_text": _l("why it was called off"),
    },
    _told.content,
    _told.keep,
)
TOLD = record.told_table(EventTold, EVENT.name)
