"""What the mails of the hearing say: values for the templates under ``templates/mail/hearing/``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventapp.hearing.models import Hearing, Party
from eventapp.web.urls import external_url

if TYPE_CHECKING:
    from eventapp.hearing.answering import Sent


def receipt(hearing: Any, sent: Sent, number: str, is_late: bool) -> dict[str, Any]:
    """For ``hearing/receipt``: number, time and names of files; never a word of the answer (LAW-09).

    :param hearing: row with ``title``, ``title_en`` and ``case_number``.
    """
    return {
        "number": number,
        "title": (sent.lang == "en" and hearing.title_en) or hearing.title,
        "case_number": hearing.case_number,
        "received_at": sent.received_at,
        "is_late": is_late,
        "files": [{"name": one.file_name, "size": one.stored.size} for one in sent.uploads],
    }


def notice(hearing: Hearing, party: Party) -> dict[str, Any]:
    """For ``hearing/notice`` and ``hearing/extension``."""
    return {
        "party": party.name,
        "title": hearing.title,
        "case_number": hearing.case.number,
        "question": hearing.question,
        "deadline_at": hearing.deadline_at,
        "reason": hearing.deadline_changes[-1].reason if hearing.deadline_changes else "",
        "material": [{"annex": one.annex, "title": one.version.document.title} for one in hearing.material],
        "contacts": [
            {"function": one.function, "email": one.email, "phone": one.phone} for one in hearing.case.contacts
        ],
        "page": external_url("hearing.show", slug=hearing.slug),
    }
