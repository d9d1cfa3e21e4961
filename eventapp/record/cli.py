"""``flask --app wsgi record …``: what an operator does with the record."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from eventapp import clock
from eventapp.db import reading
from eventapp.record import export, rotation, signing, store, verification
from eventapp.record.checkpoint import BadProofError
from eventapp.record.errors import SigningRefusedError
from eventapp.record.receipts import held_against_tree, verify_receipt
from eventapp.record.texts import read_text

group = AppGroup("record", help="The tamper-evident record of each case.")


@group.command("verify")
@click.option("--case", "slug", help="Slug of one case; all cases when left out.")
@click.option(
    "--receipt",
    "receipts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A receipt that somebody got, held against the record; may be repeated.",
)
def verify(slug: str | None, receipts: tuple[Path, ...]) -> None:
    """Compute everything again and say yes or no, with every fault. Exit code 0 or 1."""
    with reading() as conn:
        chosen = [store.log_of_slug(conn, slug)] if slug else store.logs(conn)
    reports = [verification.verify_log(one.id) for one in chosen]
    for report in reports:
        _tell(report)
    held = [_holds(one) for one in receipts]
    if not all(report.is_intact for report in reports) or not all(held):
        raise SystemExit(1)


def _holds(receipt: Path) -> bool:
    """Say whether the record holds what a receipt states."""
    try:
        found = verify_receipt(read_text(receipt.read_bytes()))
    except BadProofError as refusal:
        click.echo(f"{receipt}: NO, it proves nothing: {refusal}")
        return False
    is_held = held_against_tree(found)
    click.echo(f"{receipt}: {'yes, the record holds it' if is_held else 'NO, the record does not hold what it states'}")
    return bool(is_held)


@group.command("sign")
@click.option("--first", "slug", help="Slug of a case whose every signature is gone; compare with witnesses before.")
def sign(slug: str | None) -> None:
    """Sign the logs that have entries no checkpoint covers; the worker does the same."""
    if slug is None:
        click.echo(f"{signing.sign_pending()} signed")
        return
    with reading() as conn:
        log_id = store.log_of_slug(conn, slug).id
    try:
        click.echo(f"{signing.sign_first(log_id).size} entries signed for the first time")
    except SigningRefusedError as refusal:
        raise click.ClickException(str(refusal)) from refusal


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
    if report.log.size and not report.signed:
        click.echo("  no signature covers any of it: sign it now if it is new, else compare with the witnesses")


def register(app: Flask) -> None:
    app.cli.add_command(group)
