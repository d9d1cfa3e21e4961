"""What somebody typed, as it is stored, shown, fingerprinted and compared: one door for every form (ADR 0063).

Two texts that look the same become the same. Nothing is refused for signs that nobody can see: those that break a line
in some program become line breaks, the others go.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # of word processors, presentations and PDFs
# Controls, halves of signs, marks of byte order, fillers that are blank, and what turns the direction of what follows.
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e001f]"
)
JOINERS = re.compile("(?<![^\x00-\u02ff\\s])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u02ff\\s])")
BLANK = "\u2800"  # a Braille sign without a dot: blank to the eye


def text(typed: str) -> str:
    """A text of any number of lines that end in ``\\n``, in normal form C, without signs that cannot be seen.

    Joiners stay between the letters of scripts that need them and between emoji. A text that is blank to the eye is "".
    """
    lines = BREAKS.sub("\n", typed.replace("\r\n", "\n"))
    kept = UNSEEN.sub("", lines)
    if any(joiner in kept for joiner in "\u200c\u200d"):  # looking around every sign takes longer than all the rest
        kept = JOINERS.sub("", kept)
    kept = unicodedata.normalize("NFC", kept).strip()
    return kept if any(_is_seen(sign) for sign in kept) else ""


def line(typed: str) -> str:
    """A text on one line, its white space folded."""
    return " ".join(text(typed).split())


def key(typed: str) -> str:
    """What two lines have in common that a person takes for the same: for comparing, never for showing."""
    return unicodedata.normalize("NFKC", line(typed)).casefold()


def mail_address(typed: str) -> str:
    """An address as the sender of our mails takes it, in ASCII; "" when mail could not be delivered to it.

    A domain with other letters is written as it stands in the DNS. What stands before the ``@`` must be ASCII.
    """
    try:
        return validate_email(line(typed), check_deliverability=False).ascii_email or ""
    except EmailNotValidError:
        return ""


def _is_seen(sign: str) -> bool:
    return (sign != BLANK and unicodedata.category(sign)[0] not in "CMZ") or unicodedata.category(sign) == "Co"
