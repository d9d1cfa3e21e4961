"""What the form's post needs to know of its event: title, times and categories are the same for all who send it.

Who gets the last seat is not decided from here but in the database (``seat_actions``).
"""

from __future__ import annotations

from typing import NamedTuple

from eventapp import db
from eventapp.errors import NotFoundError
from eventapp.registration import fields, queries
from eventapp.registration.queries import Choice, EventBrief
from eventapp.web.fields import Asked, Field


class Found(NamedTuple):
    """A published event, what one may come as, and what its public form asks."""

    brief: EventBrief
    offered: list[Choice]
    asks: list[Field]


def look_up(slug: str) -> Found:
    """A published event and what one may come as; in a rush it is kept (:class:`eventapp.web.lookups.Kept`).

    :raises NotFoundError: when there is no published event of this name.
    """
    with db.reading() as conn:
        brief = queries.brief_by_slug(conn, slug)
        if brief is None:
            raise NotFoundError
        offered, own = queries.choices(conn, brief.id), fields.of_event(conn, brief.id)
        return Found(brief, offered, fields.asked(Asked.GUEST, offered, own))
