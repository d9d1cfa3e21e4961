"""Receipts and openings as programs hand them on: saved, mailed and copied, they keep their signs, not their bytes."""

from __future__ import annotations

import codecs
import re

from eventapp.record.checkpoint import BadProofError

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
ENDS = re.compile("\r\n|\r|\n")


def read_text(data: bytes, code: str = "format") -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or Windows-1252, its lines ended by ``\\n``.

    Line ends of another kind are taken when all of them are; what is mixed was changed by somebody. Blank lines at the
    end do not count, nor does that the last line has no end: copying from a mail does both.

    :raises BadProofError: with ``code``, when it is no text.
    """
    text = _decoded(data, code)
    if len(set(ENDS.findall(text))) == 1:
        text = ENDS.sub("\n", text)
    return text.rstrip("\n") + "\n"


def _decoded(data: bytes, code: str) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, code)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(data, "cp1252", code)


def _strictly(data: bytes, encoding: str, code: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise BadProofError(code, "No text.") from fault
