"""Break the scripts of door and answer one at a time, and see whether their unit tests notice (docs/testing.md).

python -m tools.mutants_js                 all of them
python -m tools.mutants_js --only answer   scripts whose path holds this word

StrykerJS does the breaking. It is installed from tools/stryker/package-lock.json when it is asked for, and works on a
copy; each change is tried by running the tests of its group with Node, without a browser.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import vendor

ROOT = Path(__file__).resolve().parent.parent
STRYKER = ROOT / "tools" / "stryker"
PROGRAM = STRYKER / "node_modules" / "@stryker-mutator" / "core" / "bin" / "stryker.js"
SMALL = ("code", "recent", "repeats", "result", "room", "said", "search", "shift-code")
# Scripts, and the tests that know them: Node runs these one after the other until one fails.
GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("answer.js", "written.js"), ("answer", "written")),
    (("follow-job.js",), ("follow-job",)),
    (("main.js",), ("main",)),
    (("door/queue.js", "door/sender.js"), ("sender",)),
    (("door/presence.js",), ("presence",)),
    (tuple(f"door/{name}.js" for name in SMALL), ("door",)),
)
# What is camera, sound and page is seen by tests in a browser (tests/checkin/test_browser.py), not by these.
IN_A_BROWSER = ("camera", "main", "sheets", "sound", "worker")
PATIENCE_MS = 10_000  # beside what the tests take by themselves


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="break only scripts whose path holds this")
    given = parser.parse_args(arguments)
    _, environment = vendor.find_npm()
    vendor.install_tool(STRYKER)
    tried = [(found, tests) for scripts, tests in GROUPS if (found := [one for one in scripts if given.only in one])]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = copied(Path(folder))
        for scripts, tests in tried:
            write_settings(copy, scripts, tests)
            subprocess.run(["node", PROGRAM, "run"], cwd=copy, env=environment, check=True)
    return 0 if tried else 2


def copied(folder: Path) -> Path:
    """The scripts with their tests, and nothing else: what is here is copied again for each runner."""
    for name in ("static/js", "tests/js", "tests/vectors"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.gz"))
    return folder


def write_settings(copy: Path, scripts: list[str], tests: tuple[str, ...]) -> None:
    """Stryker reads its settings from the folder it stands in."""
    settings = {
        "testRunner": "command",
        "commandRunner": {"command": " && ".join(f"node tests/js/{name}.test.js" for name in tests)},
        "mutate": [f"static/js/{name}" for name in scripts],
        "reporters": ["clear-text"],
        "clearTextReporter": {"allowColor": False, "allowEmojis": False, "logTests": False, "reportTests": False},
        "allowConsoleColors": False,
        "plugins": [],
        "concurrency": 2,
        "timeoutMS": PATIENCE_MS,
    }
    (copy / "stryker.config.json").write_text(json.dumps(settings), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
