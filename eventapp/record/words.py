"""What the public pages call a part of an entry, and why a receipt is none."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.record.commitments import ATTACHMENT
from eventapp.record.kinds import is_attachment, part_words

REASONS: dict[str, object] = {
    "missing": _l("Choose the receipt file first. Its name ends in .tlog-proof."),
    "format": _l("The file is not a receipt, or it was changed. Download it again and try once more."),
    "key": _l("The receipt was not signed by this authority."),
    "signature": _l("The signature does not fit: the receipt was changed after it was signed."),
    "entry": _l("The entry is not in the record that was signed: the receipt was changed."),
    "opening": _l("The receipt is good, but the text or the file with the keys does not belong to it."),
    "file": _l("The receipt is good, but not every file that you chose came with it."),
    "tree": _l(
        "The receipt is good, but the record that is kept here today does not hold what it states. Keep the receipt: it"
        " proves that the record was changed."
    ),
    "browser": _l("Your browser is too old to check signatures. Use a newer one."),
}


def part_word(name: str) -> str:
    """A part of an entry as people call it; a name that no slice declares any more stays as it is."""
    if is_attachment(name):
        return str(_l("attachment %(number)s", number=int(name.removeprefix(ATTACHMENT)) + 1))
    return str(part_words().get(name, name))
