"""The settings of one installation: read once, checked once, never changed while it runs.

A value comes from the environment, else from ``instance/eventapp.toml``, else from the default here.
Every setting is described in ``docs/settings.md``; a test holds the two lists against each other.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

WEAK_SECRETS = {"secret", "changeme", "change-me", "dev", "password", "eventapp", "default"}
SHORTEST_SECRET = 32  # characters: 128 bits written as hexadecimal


class SettingsError(Exception):
    """The server must not start with these settings; the text says what to do."""


@dataclass(frozen=True)
class Settings:
    """All settings, with their defaults. Names are those of the environment, in lower case."""

    instance_path: Path
    secret_key: str = field(default="", repr=False)
    ticket_key: str = field(default="", repr=False)
    database_url: str = ""
    blob_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    site_name: str = "Københavns Kommune"
    authority_id: str = "kobenhavn"
    contact_email: str = "debat@example.org"
    contact_phone: str = ""
    dpo_contact: str = "dpo@example.org"
    sensitive_data_ground: str = ""
    accessibility_statement_url: str = ""
    mail_server: str = ""
    mail_port: int = 587
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_use_tls: bool = True
    mail_use_ssl: bool = False
    mail_ca_file: str = ""
    mail_timeout_seconds: int = 20
    mail_default_sender: str = "debat@example.org"
    trusted_proxies: int = 0
    debug: bool = False

    @property
    def is_https(self) -> bool:
        """Whether the public reaches us over https: decides cookie names and HSTS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def host(self) -> str:
        """Host and port of the public address, the only ones that links are made with."""
        return urlsplit(self.public_url).netloc

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.public_url).hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def sqlalchemy_url(self) -> str:
        """The database: SQLite in the instance folder unless DATABASE_URL names another."""
        return self.database_url or f"sqlite:///{self.instance_path / 'eventapp.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.sqlalchemy_url.startswith("sqlite")

    @property
    def blob_path(self) -> Path:
        """Folder of stored files; BLOB_URL takes a ``file://`` address or a path."""
        return Path(self.blob_url.removeprefix("file://")) if self.blob_url else self.instance_path / "blobs"

    @property
    def record_key_path(self) -> Path:
        return self.instance_path / "record-key"

    @property
    def mail_folder(self) -> Path:
        """Where mails are written as ``.eml`` files when no SMTP server is configured."""
        return self.instance_path / "mail"


def load(environ: Mapping[str, str], instance_path: Path) -> Settings:
    """Read the settings of this installation.

    :raises SettingsError: when a value cannot be read.
    """
    file = instance_path / "eventapp.toml"
    try:
        stored: dict[str, Any] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}. See docs/settings.md.") from error
    known = {one.name: one for one in fields(Settings) if one.name != "instance_path"}
    unknown = sorted(set(stored) - set(known))
    if unknown:
        raise SettingsError(f"{file} holds settings that do not exist: {', '.join(unknown)}. Remove or correct them.")
    values = {name: _value(name, one.default, environ, stored) for name, one in known.items()}
    return Settings(instance_path=instance_path, **values)


def _value(name: str, default: Any, environ: Mapping[str, str], stored: Mapping[str, Any]) -> Any:
    raw = environ.get(name.upper(), stored.get(name, default))
    try:
        if isinstance(default, bool):
            return raw if isinstance(raw, bool) else {"1": True, "true": True, "0": False, "false": False}[raw.lower()]
        return int(raw) if isinstance(default, int) else str(raw)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{name.upper()} has a value that cannot be read. See docs/settings.md.") from error


def check(settings: Settings) -> None:
    """Refuse to start an installation that would be unsafe.

    :raises SettingsError: with one sentence a fault, each saying what to do.
    """
    faults = [*_secret_faults(settings), *_exposure_faults(settings)]
    if faults:
        raise SettingsError("\n".join(faults))


def _secret_faults(settings: Settings) -> list[str]:
    faults = []
    for name in ("secret_key", "ticket_key"):
        value = getattr(settings, name)
        if len(value) < SHORTEST_SECRET or value.lower() in WEAK_SECRETS or len(set(value)) < 8:
            faults.append(
                f"{name.upper()} is missing or weak. Run `flask --app wsgi secrets make`, "
                f"or set at least {SHORTEST_SECRET} random characters."
            )
    if settings.secret_key and settings.secret_key == settings.ticket_key:
        faults.append("SECRET_KEY and TICKET_KEY are the same. Make a random one for each.")
    for path in (settings.instance_path / "eventapp.toml", settings.record_key_path):
        if path.exists():
            faults += _file_faults(path, path.stat())
    return faults


def _file_faults(path: Path, found: os.stat_result) -> list[str]:
    faults = []
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        faults.append(f"{path} can be read by other users of this machine. Run `chmod 600 {path}`.")
    if found.st_uid != os.geteuid():
        faults.append(f"{path} belongs to another user. Run `chown {os.geteuid()} {path}`.")
    return faults


def _exposure_faults(settings: Settings) -> list[str]:
    faults = []
    if urlsplit(settings.public_url).scheme not in {"http", "https"} or not settings.host:
        faults.append("PUBLIC_URL is no web address. Set it to one like https://debat.example.org.")
    if settings.debug:
        faults.append("DEBUG is on: anybody could run code here. Remove the setting DEBUG.")
    if not settings.is_https and not settings.is_loopback:
        faults.append(
            "PUBLIC_URL is plain http on an address that others can reach. Put a proxy with TLS in front "
            "and set PUBLIC_URL to its https address."
        )
    if not settings.is_sqlite and not settings.sqlalchemy_url.startswith("postgresql"):
        faults.append("DATABASE_URL must name a SQLite file or a PostgreSQL database.")
    if settings.is_sqlite and is_in_memory(settings.sqlalchemy_url):
        faults.append("DATABASE_URL names a database in memory: everything would be lost at the end. Name a file.")
    return faults


def warnings(settings: Settings) -> list[str]:
    """What is not unsafe but surely not meant, each with what to do."""
    if settings.is_https and not settings.trusted_proxies:
        return [
            "PUBLIC_URL is https, so a proxy stands in front, and none is declared: everybody seems to come from its "
            "address. Set TRUSTED_PROXIES to how many there are."
        ]
    return []


def is_in_memory(url: str) -> bool:
    """Whether a SQLite address names no file."""
    return urlsplit(url).path in {"", "/", "/:memory:"} or "mode=memory" in url


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.extensions["settings"]
    return found
