"""What was put right, for the page of the thing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from eventapp.corrections.models import Correction
from eventapp.db import db


def of(subject_id: str) -> Sequence[Correction]:
    """All corrections of one thing, the latest first."""
    wanted = select(Correction).where(Correction.subject_id == subject_id)
    return db.session.scalars(wanted.order_by(Correction.at.desc(), Correction.id)).all()
