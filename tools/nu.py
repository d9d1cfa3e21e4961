"""The Nu HTML checker: what the HTML standard says of pages (docs/dependencies.md).

It is a Java program; npm has it under the name ``vnu-jar``, pinned by content in ``tools/nu/package-lock.json``, apart
from the product's own packages, for nobody who only runs the product needs it.

    python -m tools.nu FILE …      check pages that lie in files; one line a fault
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import vendor

FOLDER = Path(__file__).resolve().parent / "nu"
JAR = FOLDER / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
STACK = "-Xss2m"  # its parser of regular expressions recurses; the default stack is too small for a long page


def main(arguments: list[str]) -> int:
    found = faults([Path(one) for one in arguments])
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def faults(files: Sequence[Path]) -> list[str]:
    """Faults and warnings in pages, ``name of the file:line: what``; whatever cannot be read is one too.

    :raises RuntimeError: when the checker itself did not run to its end.
    """
    vendor.install_tool(FOLDER)
    command = ["java", STACK, "-jar", str(JAR), "--stdout", "--exit-zero-always", "--format", "json", "--skip-non-html"]
    run = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    if run.returncode or not run.stdout:
        raise RuntimeError(f"The Nu HTML checker failed: {run.stderr[-2000:]}")
    return [_line(one) for one in json.loads(run.stdout)["messages"]]


def _line(message: dict[str, str]) -> str:
    name = Path(message.get("url", "")).name
    extract = " ".join(message.get("extract", "").split())
    return f"{name}:{message.get('lastLine', '')}: {message['message']} [{extract}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
