"""What the form's post needs to know of its event, kept for a second in each process.

At the moment when registration opens, hundreds send the form of one event. Its title, times and categories are the
same for all of them, and reading them again for each costs more round trips than half the sign-up. Who gets the last
seat is not decided from here but in the database (``seats``); a change by the organiser is seen a second later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from eventapp import db
from eventapp.errors import NotFoundError
from eventapp.registration import fields, queries
from eventapp.registration.queries import Choice, EventBrief
from eventapp.web.fields import Asked, Field

SECONDS = 1.0
MOST_EVENTS = 100


class Found(NamedTuple):
    """A published event, what one may come as, and what its public form asks."""

    brief: EventBrief
    offered: list[Choice]
    asks: list[Field]


@dataclass
class KeptBriefs:
    """Events by the last part of their address. ``seconds``: 0 where every look must be fresh."""

    seconds: float = SECONDS
    _found: dict[str, tuple[float, Found]] = field(default_factory=dict)

    def get(self, slug: str) -> Found:
        """A published event and what one may come as, at most a second old.

        :raises NotFoundError: when there is none; that is not kept.
        """
        until, found = self._found.get(slug, (0.0, None))
        if found is not None and time.monotonic() < until:
            return found
        found = look_up(slug)
        if len(self._found) >= MOST_EVENTS:
            self._found = {}
        self._found[slug] = (time.monotonic() + self.seconds, found)
        return found


def look_up(slug: str) -> Found:
    """The same, read now.

    :raises NotFoundError: when there is no published event of this name.
    """
    with db.reading() as conn:
        brief = queries.brief_by_slug(conn, slug)
        if brief is None:
            raise NotFoundError
        offered, own = queries.choices(conn, brief.id), fields.of_event(conn, brief.id)
        return Found(brief, offered, fields.asked(Asked.GUEST, offered, own))
