"""What a process loads before anybody asks for it: each of these takes some megabytes in web server and worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from eventapp.cli import make_secrets

ROOT = Path(__file__).resolve().parent.parent.parent
LATE = ("alembic", "icalendar", "typst", "xlsxwriter")


def python(folder: Path, *arguments: str) -> str:
    """What the interpreter prints, started on a fresh instance folder."""
    make_secrets(folder)
    environment = {"EVENTAPP_INSTANCE": str(folder), "PATH": "/usr/bin:/bin"}
    line = [sys.executable, *arguments]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, check=True).stdout.decode()


def test_what_only_some_requests_need_is_loaded_by_those(tmp_path: Path) -> None:
    loaded = python(tmp_path, "-c", "import wsgi, sys; print(*sys.modules)").split()
    assert not set(LATE) & set(loaded)
    assert "sqlalchemy" in loaded


def test_the_commands_of_flask_db_are_there_all_the_same(tmp_path: Path) -> None:
    assert "--sql" in python(tmp_path, "-m", "flask", "--app", "wsgi", "db", "upgrade", "--help")
