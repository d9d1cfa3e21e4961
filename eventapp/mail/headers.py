"""What may stand in the header of a mail: nothing that, once decoded, begins a new line (reliability S40).

Python's own check sees a line break as it is typed. ``=?utf-8?Q?a=0D=0ABcc:...?=`` passes it, is decoded when the
header is folded, and becomes a Bcc line of its own in Python 3.11.7 and others. So the text is decoded here as far as
it goes, and the finished mail is looked over once more.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.parser import BytesHeaderParser

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
FIELDS = {
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "subject",
    "to",
    "x-auto-response-suppress",
}
UNWANTED = {"Cc", "Cs", "Zl", "Zp"}  # control signs, halves of signs, line and paragraph separators
DEEPEST = 5  # encoded words inside encoded words


class UnsafeHeaderError(ValueError):
    """A text that would have become more than the header it was meant for."""


def check_text(text: str, where: str) -> None:
    """
    :param where: what the text is for, named in the refusal; the text itself never is.
    :raises UnsafeHeaderError: when the text, or what it decodes to, holds control signs.
    """
    seen = {text}
    for _ in range(DEEPEST):
        if any(unicodedata.category(sign) in UNWANTED for form in seen for sign in form):
            raise UnsafeHeaderError(f"control characters in the {where}")
        decoded = {other for form in seen for other in _decoded(form)}
        if decoded <= seen:
            return
        seen |= decoded
    raise UnsafeHeaderError(f"text encoded more than {DEEPEST} times over in the {where}")


def check_address(address: str, where: str) -> None:
    """
    :raises UnsafeHeaderError: for anything but one plain ASCII address.
    """
    check_text(address, where)
    if not ADDRESS.fullmatch(address):
        raise UnsafeHeaderError(f"not one plain address in the {where}")


def check_finished(raw: bytes) -> None:
    """
    :raises UnsafeHeaderError: when the mail has a header field that we did not write, or one of ours twice.
    """
    fields = Counter(name.lower() for name in BytesHeaderParser(policy=policy.compat32).parsebytes(raw))
    if strange := sorted(name for name, times in fields.items() if times > 1 or name not in FIELDS):
        raise UnsafeHeaderError(f"unexpected header fields {', '.join(strange)}")


def _decoded(text: str) -> set[str]:
    """What the mail package, strictly and leniently, makes of encoded words in the text."""
    if "=?" not in text:
        return set()
    return {_by_rfc2047(text), str(policy.SMTP.header_factory("Subject", " ".join(text.splitlines())))}


def _by_rfc2047(text: str) -> str:
    try:
        parts = decode_header(text)
        return "".join(one if isinstance(one, str) else one.decode(name or "latin-1", "replace") for one, name in parts)
    except (HeaderParseError, LookupError):  # LookupError: a character set that nobody knows
        return text
