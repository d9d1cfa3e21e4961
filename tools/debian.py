"""Debian packages of the tests: as root install what is missing, otherwise say what to type.

python tools/debian.py
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "tests" / "debian-packages.txt"


def main() -> int:
    if not shutil.which("dpkg-query"):
        print(f"This is not Debian: the tests need what {LIST.name} names, by whatever name it has here.")
        return 0
    missing = not_installed(wanted(LIST))
    if not missing:
        return 0
    if os.geteuid() != 0:
        print(f"The tests need more Debian packages. Type:\n\n    sudo apt-get install {' '.join(missing)}\n")
        return 1
    print(f"Installing {', '.join(missing)} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "--quiet"], install):
        if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
            print(f"`{' '.join(command)}` failed.")
            return 1
    return 0


def wanted(file: Path) -> list[str]:
    """Names in the list, without comments."""
    lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def not_installed(packages: Iterable[str]) -> list[str]:
    return [package for package in packages if not _is_installed(package)]


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


if __name__ == "__main__":
    sys.exit(main())
