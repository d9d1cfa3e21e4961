"""What there is to sign up for: an event of one's own beside the demo's, in the database of a running server."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from eventapp import clock, config, create_app
from eventapp.cases.models import Case
from eventapp.db import db
from tests.support.databases import close
from tests.support.factories import make_event
from tests.support.live import LiveServer


def open_event(server: LiveServer, *, seats: int) -> str:
    """An event of the demo's case that one can sign up for just now; returns the address of its form."""
    app = create_app(config.load({**server.environment, "PUBLIC_URL": server.address}, server.instance))
    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        event = make_event(case, seats=seats, starts_at=clock.now() + timedelta(days=7), slug="stormmoede")
        path = f"/events/{event.slug}/register"
        db.session.commit()
    close(app)
    return path
