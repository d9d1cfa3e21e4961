"""``flask --app wsgi record erase``: erasing where nobody of the case can, such as for an operator at night."""

from __future__ import annotations

import click
from flask_babel import force_locale

from eventapp import clock
from eventapp.db import reading
from eventapp.errors import DomainError
from eventapp.hearing.dossier import erasure_actions
from eventapp.languages import SOURCE
from eventapp.record import store
from eventapp.record.cli import group


@group.command("erase")
@click.option("--case", "slug", required=True, help="Slug of the case.")
@click.option("--entry", "seq", type=int, required=True, help="Number of the entry in the record of the case.")
@click.option("--part", "parts", multiple=True, help="What to erase; may be repeated. Left out: says what there is.")
@click.option("--reason", default="", help="Why, for whoever may see the whole record; names nobody.")
def erase(slug: str, seq: int, parts: tuple[str, ...], reason: str) -> None:
    """Erase for good what somebody wrote: text, files and mails. The record says so and still verifies."""
    try:
        with reading() as conn:
            case_id = store.log_of_slug(conn, slug).id
        with force_locale(SOURCE):
            found = erasure_actions.erasable(case_id, seq)
        if not parts:
            click.echo(f"Entry {seq}, {found.words}: {', '.join(found.parts) or 'nothing to erase'}")
            return
        _check(found, parts, reason)
        erasure_actions.erase(case_id, seq, parts, reason.strip(), by=None, now=clock.now())
    except DomainError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"Erased from entry {seq}: {', '.join(sorted(parts))}. The record says so.")


def _check(found: erasure_actions.Erasable, parts: tuple[str, ...], reason: str) -> None:
    """
    :raises ClickException: when a part is not there, or nobody says why.
    """
    if missing := sorted(set(parts) - set(found.parts)):
        there = ", ".join(found.parts) or "nothing"
        raise click.ClickException(f"There is no {', '.join(missing)} to erase. There is: {there}.")
    if not reason.strip():
        raise click.ClickException("Say why with --reason; the record keeps it. Name nobody.")
