"""When a job is tried again, and when to stop."""

from __future__ import annotations

from datetime import timedelta

from eventapp.db.personal import kept_for
from eventapp.work.models import Job

GAPS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MOST_DEATHS = 3  # workers that a row may take with it: then it is the row's fault
KEPT = kept_for(Job.owner_id)  # an ended job, for its owner to look at


def gap_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries; ``None`` when it is time to give up."""
    return GAPS[tries - 1] if tries <= len(GAPS) else None
