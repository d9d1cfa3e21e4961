"""``flask --app wsgi record …``: what an operator does with the record."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from eventapp import clock
from eventapp.db import reading
from eventapp.record import export, rotation, signing, store, verification
from eventapp.record.errors import SigningRefusedError

group = AppGroup("record", help="The tamper-evident record of each case.")


@group.command("verify")
@click.option("--case", "slug", help="Slug of one case; all cases when left out.")
def verify(slug: str | None) -> None:
    """Compute everything again and say yes or no, with every fault. Exit code 0 or 1."""
    with reading() as conn:
        chosen = [store.log_of_slug(conn, slug)] if slug else store.logs(conn)
    reports = [verification.verify_log(one.id) for one in chosen]
    for report in reports:
        _tell(report)
    if not all(report.is_intact for report in reports):
        raise SystemExit(1)


@group.command("sign")
def sign() -> None:
    """Sign the logs that have entries no checkpoint covers; the worker does the same."""
    click.echo(f"{signing.sign_pending()} signed")


@group.command("rotate-key")
def rotate_key() -> None:
    """Replace the signing key. Each log gets an entry signed by both; old receipts keep verifying."""
    try:
        count = rotation.rotate_key(clock.system_now())
    except SigningRefusedError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"New key in {count} logs. Publish it, and keep a copy of the file apart from the backups.")


@group.command("export")
@click.option("--case", "slug", required=True, help="Slug of the case.")
@click.argument("folder", type=click.Path(path_type=Path))
def export_record(slug: str, folder: Path) -> None:
    """Write everything the record of a case holds, texts and files too, to a new FOLDER."""
    with reading() as conn:
        count = export.write(conn, store.log_of_slug(conn, slug).id, folder)
    click.echo(f"{count} files. Check them with: python tools/verify_record.py --key KEY {folder}")


def _tell(report: verification.Report) -> None:
    verdict = "yes" if report.is_intact else "NO"
    click.echo(f"{report.log.origin}: {verdict}, {report.log.size} entries, {report.signed} of them signed")
    for fault in report.faults:
        click.echo(f"  {fault}")


def register(app: Flask) -> None:
    app.cli.add_command(group)
