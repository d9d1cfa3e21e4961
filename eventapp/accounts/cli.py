"""``flask --app wsgi accounts …``: the way in for the first administrator, and back in for the last."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from eventapp import clock
from eventapp.accounts import admin_actions
from eventapp.accounts.models import Staff
from eventapp.db import transaction
from eventapp.errors import DomainError
from eventapp.languages import LANGUAGES, OFFICIAL
from eventapp.web.permissions import Grant, Role

group = AppGroup("accounts", help="Accounts of staff.")
STAFF_ROLES = sorted(role.value for role in Role if role is not Role.DOOR)


@group.command("create")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(STAFF_ROLES), help="May be repeated.")
@click.option("--lang", type=click.Choice(list(LANGUAGES)), default=OFFICIAL, show_default=True)
def create(email: str, name: str, roles: tuple[str, ...], lang: str) -> None:
    """Make an account and print the link with which its owner chooses a password."""
    now = clock.system_now()
    try:
        with transaction() as session:
            grants = [Grant(Role(role)) for role in roles]
            staff = admin_actions.create(session, email=email, name=name, grants=grants, by=None, now=now, lang=lang)
            link = admin_actions.make_link(session, staff, by=None, now=now)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(link)


@group.command("link")
@click.argument("email")
@click.option("--without-second-factor", is_flag=True, help="Also forget the authenticator app and recovery codes.")
def link(email: str, without_second_factor: bool) -> None:
    """Print a link with which somebody chooses a new password, for one who has lost the old one."""
    now = clock.system_now()
    with transaction() as session:
        staff = session.scalar(select(Staff).where(Staff.email == admin_actions.normal_email(email)))
        if staff is None or staff.disabled_at or staff.link_only:
            raise click.ClickException("There is no account in use with this e-mail.")
        if without_second_factor:
            admin_actions.remove_second_factor(session, staff, by=None, now=now)
        address = admin_actions.make_link(session, staff, by=None, now=now)
    click.echo(address)
