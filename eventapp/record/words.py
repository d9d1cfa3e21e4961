"""What the public pages call the kinds of entries and their parts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventapp.record.commitments import ATTACHMENT
from eventapp.record.models import Kind

KINDS: dict[str, object] = {
    Kind.CASE: lazy_pgettext("record", "The case"),
    Kind.DOCUMENT: lazy_pgettext("record", "Document"),
    Kind.EVENT: lazy_pgettext("record", "Event"),
    Kind.INVITE: lazy_pgettext("record", "Invitation"),
    Kind.REPLY: lazy_pgettext("record", "Reply to an invitation"),
    Kind.ATTENDANCE: lazy_pgettext("record", "Attendance"),
    Kind.CONTRIBUTION: lazy_pgettext("record", "Contribution"),
    Kind.NOTICE: lazy_pgettext("record", "Hearing letter"),
    Kind.DEADLINE: lazy_pgettext("record", "Deadline"),
    Kind.ANSWER: lazy_pgettext("record", "Hearing answer"),
    Kind.AMEND: lazy_pgettext("record", "Correction"),
    Kind.WITHDRAW: lazy_pgettext("record", "Withdrawal"),
    Kind.REDACT: lazy_pgettext("record", "Text hidden in the public copy"),
    Kind.PUBLISH: lazy_pgettext("record", "Publication"),
    Kind.MODERATE: lazy_pgettext("record", "Moderation"),
    Kind.EXTEND: lazy_pgettext("record", "Extension of the deadline"),
    Kind.CLOSE: lazy_pgettext("record", "Closing"),
    Kind.ERASE: lazy_pgettext("record", "Erasure of a text"),
    Kind.DECISION: lazy_pgettext("record", "Decision"),
    Kind.KEY: lazy_pgettext("record", "Change of the signing key"),
}
PARTS: dict[str, object] = {
    "text": _l("the text"),
    "name": _l("the name"),
    "email": _l("the e-mail address"),
    "on_behalf_of": _l("on whose behalf"),
}
REASONS: dict[str, object] = {
    "missing": _l("Choose the receipt file first. Its name ends in .tlog-proof."),
    "format": _l("The file is not a receipt, or it was changed. Download it again and try once more."),
    "key": _l("The receipt was not signed by this authority."),
    "signature": _l("The signature does not fit: the receipt was changed after it was signed."),
    "entry": _l("The entry is not in the record that was signed: the receipt was changed."),
    "opening": _l("The receipt is good, but the text or the file with the keys does not belong to it."),
    "browser": _l("Your browser is too old to check signatures. Use a newer one."),
}


def part_word(name: str) -> str:
    """A part of an entry as people call it; a name that only its slice knows stays as it is."""
    if name.startswith(ATTACHMENT):
        return str(_l("attachment %(number)s", number=int(name.removeprefix(ATTACHMENT)) + 1))
    return str(PARTS.get(name, name))
