"""Unit tests of the scripts, run by Node's own runner: a test here fails with what Node says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "js"


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.test.js")), ids=lambda path: path.name)
def test_scripts_keep_what_they_promise(script: Path) -> None:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert node, "tools/vendor.py installs Node where there is none."
    done = subprocess.run([node, "--test", script], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
