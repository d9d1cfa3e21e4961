"""What the receipt of an answer says: values for the templates under ``templates/mail/hearing/``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventapp.languages import Wording

if TYPE_CHECKING:
    from eventapp.hearing.answering.actions import SentAnswer


def receipt(hearing: Any, sent: SentAnswer, number: str, is_late: bool) -> dict[str, Any]:
    """For ``hearing/receipt``: number, time and names of files; never a word of the answer (LAW-09).

    :param hearing: row with ``title``, as it is stored, and ``case_number``.
    """
    return {
        "number": number,
        "title": Wording.load(hearing.title),
        "case_number": hearing.case_number,
        "received_at": sent.received_at,
        "is_late": is_late,
        "files": [{"name": one.file_name, "size": one.stored.size} for one in sent.uploads],
    }
