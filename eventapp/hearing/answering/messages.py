"""What the receipt of an answer says: values for the templates under ``templates/mail/hearing/``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eventapp.blobs import NamedFile
from eventapp.hearing.models import Answer
from eventapp.languages import Wording


def receipt(
    hearing: Any, number: str, *, received_at: datetime, is_late: bool, files: Sequence[NamedFile]
) -> dict[str, Any]:
    """For ``hearing/receipt``: number, time, names and fingerprints of files; never a word of the answer (LAW-09).

    :param hearing: row with ``title``, as it is stored, and ``case_number``.
    """
    return {
        "number": number,
        "title": Wording.load(hearing.title),
        "case_number": hearing.case_number,
        "received_at": received_at,
        "is_late": is_late,
        "files": [{"name": one.file_name, "size": one.stored.size, "sha256": one.stored.sha256} for one in files],
    }


def receipt_of(answer: Answer) -> dict[str, Any]:
    """The same of an answer that was taken in before."""
    return {
        "number": answer.receipt_number,
        "title": answer.hearing.title,
        "case_number": answer.hearing.case.number,
        "received_at": answer.received_at,
        "is_late": answer.is_late,
        "files": [{"name": one.file_name, "size": one.size, "sha256": one.sha256} for one in answer.attachments],
    }
