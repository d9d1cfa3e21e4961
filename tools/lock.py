"""Write the locks anew: every package with its version and the hashes of its files, for all systems, no address.

Then they are installed, which looks over whether each is closed (``lock_check.py``).

python -m tools.lock                 keep what is locked unless requirements*.in ask for something else
python -m tools.lock --upgrade       take the newest of everything
"""

import subprocess
import sys
from pathlib import Path

from tools import setup

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
)

if __name__ == "__main__":
    for name in ("requirements", "requirements-dev"):  # the second is held to what the first chose
        command: list[str | Path] = [UV, "pip", "compile", *OPTIONS, *sys.argv[1:], f"{name}.in", "-o", f"{name}.txt"]
        subprocess.run(command, cwd=ROOT, check=True)
    sys.exit(setup.main(["--dev"]))
