"""Before anything starts: secrets of this installation are made once, an unsafe one is refused with a sentence."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copyfile

import click
from flask import Flask
from flask.cli import AppGroup

from eventapp import audit, blobs
from eventapp.config import SettingsError
from eventapp.db import reading, sqlite_faults, write
from eventapp.db.personal import files_in, rows_about

SECRETS = ("secret_key", "ticket_key")
SECRET_BYTES = 32
CANNOT_LOAD = 4  # gunicorn ends when a process of it ends with this, instead of starting another

privacy = AppGroup("privacy", help="Information about one person.")
group = AppGroup("secrets", help="Secrets of this installation.")


def instance_folder() -> Path:
    """Where this installation keeps what is its own."""
    return Path(os.environ.get("EVENTAPP_INSTANCE", Path(__file__).parent.parent / "instance"))


def load(make: Callable[[], Flask]) -> Flask:
    """The application for a web server or a command; one that may not start ends the process with what to do.

    ``flask --app wsgi secrets make`` must run before there are secrets, so it gets an application without them.
    """
    try:
        return make()
    except SettingsError as refusal:
        if sys.argv[-2:] == ["secrets", "make"]:
            bare = Flask(__name__)
            register(bare)
            return bare
        print(refusal, file=sys.stderr)
        sys.exit(CANNOT_LOAD)


def register(app: Flask) -> None:
    app.cli.add_command(group)
    app.cli.add_command(privacy)


@privacy.command("person")
@click.argument("wish", metavar="NAME_OR_EMAIL")
@click.option("--files", "folder", type=click.Path(path_type=Path), help="New folder that the person's files go to.")
def person(wish: str, folder: Path | None) -> None:
    """Print what the database holds about somebody, as JSON: found by e-mail or by the whole name.

    That it was asked is noted in the log, without the name.
    """
    if not wish.strip():  # it would answer to everybody who has left name or e-mail empty
        raise click.BadParameter("Write a name or an e-mail.")
    if folder and folder.exists():
        raise click.BadParameter(f"{folder} is there already.")
    with reading() as conn:
        found = rows_about(conn, wish)
    handed = _hand_out(files_in(found), folder) if folder else 0
    told = {table: list(rows.values()) for table, rows in found.items()}
    numbers = {table: len(rows) for table, rows in told.items()}
    write(lambda conn: audit.insert(conn, None, "privacy.person_shown", rows=numbers, files=handed))
    click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))


def _hand_out(files: Mapping[str, str], folder: Path) -> int:
    """Copy stored files to a new folder, each under its hash and the name that its sender gave it; how many."""
    folder.mkdir(mode=0o700, parents=True)
    for sha256, name in files.items():
        copyfile(blobs.path(sha256), folder / "-".join(filter(None, (sha256[:12], Path(name).name))))
    return len(files)


@group.command("make", with_appcontext=False)
def make() -> None:
    """Write random secrets into eventapp.toml of the instance folder, those that it lacks."""
    folder = instance_folder()
    done = "Written to" if make_secrets(folder) else "Nothing to do: all secrets stand in"
    click.echo(f"{done} {folder / 'eventapp.toml'}")


def make_secrets(instance_path: Path) -> bool:
    """Write the random secrets that this installation lacks, readable by its user alone; False when it lacks none."""
    file = instance_path / "eventapp.toml"
    instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text("# Settings of this installation; see docs/settings.md\n", "utf-8")
    written = file.read_text("utf-8")
    missing = [name for name in SECRETS if name not in tomllib.loads(written)]
    lines = [f'{name} = "{secrets.token_hex(SECRET_BYTES)}"\n' for name in missing]
    if lines:
        ended = "\n" if written and not written.endswith("\n") else ""
        file.write_text(written + ended + "".join(lines), "utf-8")
    return bool(lines)


def refuse_unsafe_database() -> None:
    """
    :raises SettingsError: when SQLite would not keep what was acknowledged.
    """
    with reading() as conn:
        faults = sqlite_faults(conn)
    if faults:
        raise SettingsError("\n".join(faults))
