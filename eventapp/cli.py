"""Before anything starts: secrets of this installation are made once, an unsafe database is refused."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from eventapp.config import SettingsError
from eventapp.db import reading, sqlite_faults

SECRET_BYTES = 32


def make_secrets(instance_path: Path) -> bool:
    """Write random secrets of this installation, readable by its user alone; False when they were there already."""
    file = instance_path / "eventapp.toml"
    instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists():
        return False
    file.touch(mode=0o600)
    lines = [f'{name} = "{secrets.token_hex(SECRET_BYTES)}"' for name in ("secret_key", "ticket_key")]
    file.write_text("# Settings of this installation; see docs/settings.md\n" + "\n".join(lines) + "\n", "utf-8")
    return True


def refuse_unsafe_database() -> None:
    """
    :raises SettingsError: when SQLite would not keep what was acknowledged.
    """
    with reading() as conn:
        faults = sqlite_faults(conn)
    if faults:
        raise SettingsError("\n".join(faults))


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]))
