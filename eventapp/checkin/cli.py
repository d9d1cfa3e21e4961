"""``flask --app wsgi checkin …``: what an operator does with the door's figures."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from eventapp.checkin import presence_actions
from eventapp.checkin.models import Occupancy
from eventapp.db import transaction

group = AppGroup("checkin", help="Who came, and who is in the room.")


@group.command("recount")
def recount() -> None:
    """Make presence and counts of all events anew from what was scanned; says how many rows were otherwise."""
    with transaction() as session:
        events = session.scalars(select(Occupancy.event_id).order_by(Occupancy.event_id)).all()
        otherwise = sum(presence_actions.recount(session.connection(), one) for one in events)
    click.echo(f"{len(events)} events counted, {otherwise} rows were otherwise.")
