"""What the case shows on the front page and on the staff's start page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp.cases import queries
from eventapp.web.registry import FrontCard, StaffLink

STAFF_LINK = StaffLink(
    10,
    _l("Cases"),
    _l("Facts, documents, contacts and the way to the decision."),
    "cases_staff.index",
)


def cards() -> list[FrontCard]:
    """Published cases."""
    return [
        FrontCard(
            order=10,
            title=case.title,
            url=url_for("cases.show", slug=case.slug),
            text=next(iter(case.summary.pieces()), ""),
            meta=_("Case %(number)s", number=case.number),
            at=case.published_at,
        )
        for case in queries.published_cases()
    ]
