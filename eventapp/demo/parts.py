"""What the demo is made of, in the order in which it happened; each part is loaded when its stage is reached.

A part gets the :class:`DemoCase`, acts through the actions of its slice with the moments of the past, and commits
for itself (``db.session.commit()``), so that parts may also use ``db.write``. Mails of the past are not sent: see
``load.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eventapp.demo.models import Stage
from eventapp.web.permissions import Person


@dataclass(frozen=True)
class DemoCase:
    """What parts need to know of each other: ids of the rows, and the member of staff who acts."""

    case_id: str
    event_id: str
    by: Person


@dataclass(frozen=True)
class Part:
    """Something that had happened by the time of ``stage``."""

    stage: Stage
    name: str
    load: Callable[[DemoCase], None]
