"""What the letters to the parties say: values for the templates under ``templates/mail/hearing/``."""

from __future__ import annotations

from typing import Any

from eventapp.hearing.models import Hearing, Party
from eventapp.web.urls import external_url


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
