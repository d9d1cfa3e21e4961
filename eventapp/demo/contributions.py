"""A few invented contributions after the debate."""

from __future__ import annotations

from datetime import timedelta

from eventapp.contributions import actions
from eventapp.contributions.models import Quoting
from eventapp.db import db, new_id
from eventapp.demo import facts
from eventapp.demo.parts import DemoCase
from eventapp.events.models import Event


def load(demo: DemoCase) -> None:
    """Send them in the days after the debate; commits."""
    event = db.session.get_one(Event, demo.event_id)
    for day, (theme, text, name, quoting, was_present) in enumerate(facts.CONTRIBUTIONS, 1):
        sent = actions.SentContribution(new_id(), event.themes[theme - 1].id, text, Quoting(quoting), name, was_present)
        actions.contribute(event, sent, now=event.ends_at + timedelta(days=day))
    db.session.commit()
