"""``flask demo load | links | reset``."""

from __future__ import annotations

import os

import click
from flask.cli import AppGroup
from sqlalchemy import select

from eventapp import clock
from eventapp.accounts.actions import demo_link
from eventapp.accounts.models import Staff
from eventapp.db import db
from eventapp.demo import checkin, stages
from eventapp.demo import load as loading
from eventapp.demo.models import Stage
from eventapp.errors import DomainError

demo = AppGroup("demo", help="The demo case.")


@demo.command()
@click.option("--stage", type=click.Choice([one.value for one in Stage]), help="Where to begin.")
@click.option("--if-empty", is_flag=True, help="Do nothing when the database holds a case.")
def load(stage: str | None, if_empty: bool) -> None:
    """Load the demo case into an empty database."""
    wanted = stage or os.environ.get("DEMO_STAGE") or Stage.REGISTRATION
    if wanted not in list(Stage):
        raise click.ClickException(f"DEMO_STAGE={wanted} is none of {', '.join(Stage)}.")
    try:
        loading.load(Stage(wanted))
    except loading.NotEmptyError as refusal:
        if not if_empty:
            raise click.ClickException(str(refusal)) from refusal


@demo.command()
def links() -> None:
    """Print a single-use sign-in link for each demo role, and the link that opens a door while one is staffed."""
    people = db.session.scalars(select(Staff).where(Staff.link_only).order_by(Staff.created_at, Staff.id)).all()
    if not (people and stages.is_loaded()):
        return
    now = clock.system_now()
    for one in people:
        roles = " ".join(grant.role.value for grant in one.grants)
        try:
            link = demo_link(db.session.connection(), one, now=now)
        except DomainError:
            return  # not on loopback: staff sign in as everywhere
        click.echo(f"  {roles:<15}{one.name:<24}{link}")
    if door := checkin.door_link():
        click.echo(f"  {'door':<15}{'':<24}{door}")
    db.session.commit()


@demo.command()
def reset() -> None:
    """Go back to the beginning: empty the database and load the demo anew."""
    try:
        loading.reset()
    except DomainError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    loading.load(Stage(os.environ.get("DEMO_STAGE") or Stage.REGISTRATION))
