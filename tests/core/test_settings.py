"""Settings: where they come from, what stops the start (reliability R38), and that each is described."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from eventapp import cli, config, create_app
from eventapp.config import Settings, SettingsError
from eventapp.db import sqlite_faults

ROOT = Path(__file__).parent.parent.parent
GOOD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER = "f0e1d2c3b4a5968778695a4b3c2d1e0f"


@pytest.fixture
def safe(tmp_path: Path) -> Settings:
    return Settings(instance_path=tmp_path, secret_key=GOOD, ticket_key=OTHER)


# --- reading -------------------------------------------------------------------------------------------------


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "eventapp.toml").write_text('site_name = "Havneby"\nmail_port = 2525\n', "utf-8")
    found = config.load({"SITE_NAME": "Ærø Kommune", "MAIL_USE_TLS": "0"}, tmp_path)
    assert (found.site_name, found.mail_port, found.mail_use_tls, found.mail_timeout_seconds) == (
        "Ærø Kommune",
        2525,
        False,
        20,
    )


@pytest.mark.parametrize("environ", [{"MAIL_PORT": "many"}, {"MAIL_USE_TLS": "perhaps"}, {"DEBUG": ""}])
def test_a_value_that_cannot_be_read_stops_the_start(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=f"{next(iter(environ))} has a value that cannot be read"):
        config.load(environ, tmp_path)


def test_a_misspelt_setting_in_the_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "eventapp.toml").write_text('sitename = "Havneby"\n', "utf-8")
    with pytest.raises(SettingsError, match="settings that do not exist: sitename"):
        config.load({}, tmp_path)


def test_a_broken_file_stops_the_start_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "eventapp.toml").write_text("site_name = Havneby\n", "utf-8")
    with pytest.raises(SettingsError, match=r"eventapp\.toml cannot be read"):
        config.load({}, tmp_path)


def test_secrets_are_not_shown_when_settings_are_printed(safe: Settings) -> None:
    shown = repr(replace(safe, mail_password="mailkode"))
    assert GOOD not in shown
    assert OTHER not in shown
    assert "mailkode" not in shown


# --- refusals ------------------------------------------------------------------------------------------------


def test_safe_settings_start(safe: Settings) -> None:
    config.check(safe)


@pytest.mark.parametrize("name", ["secret_key", "ticket_key"])
@pytest.mark.parametrize("value", ["", "secret", "changeme", "kort", "a" * 64, "abab" * 16, GOOD[:31]])
def test_a_weak_or_missing_secret_stops_the_start(safe: Settings, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name.upper()} is missing or weak. .*at least 32 random characters"):
        config.check(replace(safe, secret_key=value) if name == "secret_key" else replace(safe, ticket_key=value))


def test_one_secret_for_both_purposes_stops_the_start(safe: Settings) -> None:
    with pytest.raises(SettingsError, match="are the same"):
        config.check(replace(safe, ticket_key=GOOD))


@pytest.mark.parametrize("name", ["eventapp.toml", "record-key"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_secrets_that_others_can_read_stop_the_start(safe: Settings, name: str, mode: int) -> None:
    path = safe.instance_path / name
    path.touch()
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 .*{name}"):
        config.check(safe)
    path.chmod(0o600)
    config.check(safe)


def test_secrets_of_another_user_stop_the_start(safe: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (safe.instance_path / "eventapp.toml").touch(mode=0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(SettingsError, match=r"belongs to another user.* `chown 12345"):
        config.check(safe)


def test_what_the_product_writes_is_for_its_user_alone(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    cli.make_secrets(instance)
    command: list[str | Path] = [Path(sys.executable).parent / "flask", "--app", "wsgi", "db", "upgrade"]
    environment = {"PATH": os.environ["PATH"], "EVENTAPP_INSTANCE": str(instance)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, umask=0o022)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in instance.iterdir() if path.is_file()}
    assert "eventapp.db" in modes
    assert {name for name, mode in modes.items() if mode & 0o077} == set()


def test_debug_stops_the_start(safe: Settings) -> None:
    with pytest.raises(SettingsError, match="DEBUG is on"):
        config.check(replace(safe, debug=True))


def test_debug_of_the_framework_stops_the_start(safe: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        create_app(safe)


@pytest.mark.parametrize("url", ["http://debat.example.org", "http://192.168.1.20:8000", "http://0.0.0.0:8000"])
def test_plain_http_that_others_can_reach_stops_the_start(safe: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="plain http"):
        config.check(replace(safe, public_url=url))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "https://debat.example.org"]
)
def test_loopback_and_https_start(safe: Settings, url: str) -> None:
    config.check(replace(safe, public_url=url))


@pytest.mark.parametrize("url", ["debat.example.org", "ftp://debat.example.org", "https://"])
def test_an_address_that_is_none_stops_the_start(safe: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL"):
        config.check(replace(safe, public_url=url))


def test_a_database_of_another_make_stops_the_start(safe: Settings) -> None:
    with pytest.raises(SettingsError, match="SQLite file or a PostgreSQL database"):
        config.check(replace(safe, database_url="mysql://localhost/eventapp"))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_database_in_memory_stops_the_start(safe: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="Name a file"):
        create_app(replace(safe, database_url=url))


@pytest.mark.parametrize(
    ("weak", "says"),
    [
        ("journal_mode=DELETE", "journal_mode=delete instead of wal"),
        ("synchronous=NORMAL", "synchronous=1 instead of 2"),
        ("foreign_keys=OFF", "foreign_keys=0 instead of 1"),
    ],
)
def test_sqlite_that_could_lose_what_was_acknowledged_stops_the_start(
    safe: Settings, monkeypatch: pytest.MonkeyPatch, weak: str, says: str
) -> None:
    """As on a file system where SQLite cannot do better than this."""

    def faults(conn: Connection) -> list[str]:
        conn.rollback()
        conn.connection.execute(f"PRAGMA {weak}")
        return sqlite_faults(conn)

    monkeypatch.setattr(cli, "sqlite_faults", faults)
    with pytest.raises(SettingsError, match=f"{says}. .* or use PostgreSQL"):
        create_app(safe)


def test_all_faults_are_said_at_once(safe: Settings) -> None:
    with pytest.raises(SettingsError) as error:
        config.check(replace(safe, secret_key="", debug=True, public_url="http://debat.example.org"))
    assert len(str(error.value).splitlines()) == 3


# --- secrets of one's own ------------------------------------------------------------------------------------


def test_made_secrets_are_random_safe_and_made_once(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    assert cli.make_secrets(instance)
    file = instance / "eventapp.toml"
    first = file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    config.check(config.load({}, instance))
    assert not cli.make_secrets(instance)
    assert file.read_text("utf-8") == first


def test_only_the_secrets_that_are_missing_are_made(tmp_path: Path) -> None:
    file = tmp_path / "eventapp.toml"
    file.touch(mode=0o600)
    file.write_text(f'site_name = "Havneby"\nsecret_key = "{GOOD}"', "utf-8")
    assert cli.make_secrets(tmp_path)
    found = config.load({}, tmp_path)
    assert (found.site_name, found.secret_key) == ("Havneby", GOOD)
    config.check(found)


def product(instance: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product on an installation that has nothing yet."""
    program, *arguments = command
    environment = {"PATH": os.environ["PATH"], "EVENTAPP_INSTANCE": str(instance)}
    return subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("flask", "--app", "wsgi", "db", "upgrade"),
        ("flask", "--app", "wsgi", "worker"),
        ("flask", "--app", "wsgi", "record", "verify"),
        ("gunicorn", "--bind=127.0.0.1:0", "wsgi:app"),
    ],
    ids=lambda command: command[-1],
)
def test_without_secrets_a_sentence_says_what_to_do(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = product(tmp_path / "instance", *command)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "SECRET_KEY is missing or weak. Run `flask --app wsgi secrets make`" in done.stderr


def test_the_command_that_the_sentence_names_helps(tmp_path: Path) -> None:
    made = product(tmp_path / "instance", "flask", "--app", "wsgi", "secrets", "make")
    assert (made.returncode, made.stdout) == (0, f"Written to {tmp_path}/instance/eventapp.toml\n"), made.stderr
    assert product(tmp_path / "instance", "flask", "--app", "wsgi", "db", "upgrade").returncode == 0
    again = product(tmp_path / "instance", "flask", "--app", "wsgi", "secrets", "make")
    assert (again.returncode, again.stdout.partition(":")[0]) == (0, "Nothing to do"), again.stderr


# --- the document --------------------------------------------------------------------------------------------


def described() -> dict[str, str]:
    """Setting -> default, as docs/settings.md has them."""
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) ?\|", text, re.MULTILINE))


def test_every_setting_is_described_and_nothing_else() -> None:
    assert set(described()) == {one.name.upper() for one in fields(Settings) if one.name != "instance_path"}


def test_described_defaults_are_the_true_ones() -> None:
    elsewhere = {"DATABASE_URL", "BLOB_URL"}  # their defaults lie in the instance folder
    for one in fields(Settings):
        name = one.name.upper()
        if one.name == "instance_path" or name in elsewhere:
            continue
        shown = str(one.default).lower() if isinstance(one.default, bool) else str(one.default)
        assert described()[name] == (f"`{shown}`" if shown else ""), name


def test_a_proxy_that_is_not_declared_is_told(safe: Settings) -> None:
    behind = replace(safe, public_url="https://debat.example.org")
    assert [one for one in config.warnings(behind) if "TRUSTED_PROXIES" in one]
    assert config.warnings(replace(behind, trusted_proxies=1)) == []
    assert config.warnings(safe) == []
