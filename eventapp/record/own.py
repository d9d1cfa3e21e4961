"""The record's own kinds of entries: that something was erased from it, and that the signing key changed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventapp.record.kinds import Kind
from eventapp.record.models import RecordTold
from eventapp.record.told import Keeping

_told = Keeping(RecordTold)

ERASE = Kind(
    "erase",
    lazy_pgettext("record", "Erasure of a text"),
    {"names": _l("what was erased"), "reason": _l("the reason")},
    _told.content,
    _told.keep,
)
KEY = Kind(
    "key",
    lazy_pgettext("record", "Change of the signing key"),
    {
        "old_key": _l("the old key"),
        "new_key": _l("the new key"),
        "new_signed_by_old": _l("the new key, signed with the old one"),
        "old_signed_by_new": _l("the old key, signed with the new one"),
    },
    _told.content,
    _told.keep,
)
