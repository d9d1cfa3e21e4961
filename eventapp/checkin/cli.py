"""``flask --app wsgi checkin …``: what an operator does with the door's figures."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from eventapp.checkin import presence_actions
from eventapp.checkin.models import Occupancy
from eventapp.db import kept, reading, transaction

group = AppGroup("checkin", help="Who came, and who is in the room.")


@group.command("recount")
def recount() -> None:
    """Make presence and all kept counts anew from guests and scans; says how many rows were otherwise.

    An event at a time: the doors of one event wait while it is counted, and no door for another event.
    """
    with reading() as conn:
        events = conn.scalars(select(Occupancy.event_id).order_by(Occupancy.event_id)).all()
    otherwise = sum(_recount(one) for one in events)
    with transaction() as session:
        otherwise += kept.recount(session.connection())
    click.echo(f"{len(events)} events counted, {otherwise} rows were otherwise.")


def _recount(event_id: str) -> int:
    with transaction() as session:
        return presence_actions.recount(session.connection(), event_id)
