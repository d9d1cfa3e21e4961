"""docs/operate.md as somebody follows it who has never run the product: its first block, line by line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```\n(make setup\n.*?)^```", re.MULTILINE | re.DOTALL)
INHERITED = {"PATH", "HOME", "LANG", "TMPDIR"}  # nothing of the caller's settings


def test_the_first_time_goes_as_it_is_written(tmp_path: Path) -> None:
    (block,) = BLOCK.findall((ROOT / "docs" / "operate.md").read_text("utf-8"))
    setup, export, *commands = [line.split(" # ")[0].strip() for line in block.splitlines()]
    assert setup == "make setup"  # which has made what the tests run in
    assert export == "export EVENTAPP_INSTANCE=/var/lib/eventapp"
    kept = {name: value for name, value in os.environ.items() if name in INHERITED}
    environment = {**kept, "EVENTAPP_INSTANCE": str(tmp_path / "instance")}
    said = ""
    for line in commands:
        run = subprocess.run(shlex.split(line), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{line}: {run.stdout}{run.stderr}"
        said = run.stdout
    assert re.search(r"^http://127\.0\.0\.1:8000/staff/links/\S+$", said, re.MULTILINE)
