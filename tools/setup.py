"""Install what the product needs, and only what has changed since the last time.

Runs on a bare Python with no package installed. Each step has inputs; the hash of their contents is kept beside
what the step made, so a second run does nothing.

    python3 tools/setup.py          what the product needs to run
    python3 tools/setup.py --dev    and what its tests and checks need
"""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
PIP_OPTIONS = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        print(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, and this is {sys.version.split()[0]}. "
            "Name another with PYTHON=, for example: make run PYTHON=python3.11"
        )
        return 1
    try:
        make_venv()
        install_lock("requirements.txt")
        if "--dev" in arguments:
            install_lock("requirements-dev.txt")
        install_front_end()
        compile_catalogues()
    except subprocess.CalledProcessError as error:
        print(f"Set-up stopped: `{' '.join(map(str, error.cmd))}` failed. Mend the cause and run it again.")
        return 1
    return 0


def make_venv() -> None:
    if PYTHON.exists():
        return
    print("Making .venv …", flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        sys.exit("This Python has no ensurepip. On Debian and Ubuntu: apt-get install python3-venv")


def install_lock(name: str) -> None:
    """Install what a lock names and nothing else: pip resolves nothing, so what came out since cannot matter.

    A lock with a hole in it would leave one in ``.venv`` too, so it is looked over before and afterwards.
    """
    lock, wishes = ROOT / name, (ROOT / name).with_suffix(".in")

    def install() -> None:
        run(PYTHON, ROOT / "tools" / "lock_check.py", "exact", name)
        run(PYTHON, "-m", "pip", "install", *PIP_OPTIONS, "-r", lock)
        run(PYTHON, ROOT / "tools" / "lock_check.py", "closed", name)

    step(f"Installing {name} …", [lock, wishes], VENV / f"{name}.stamp", install)


def install_front_end() -> None:
    """Front-end packages and style sheet; looks for itself what has changed."""
    run(PYTHON, ROOT / "tools" / "vendor.py")


def compile_catalogues() -> None:
    folder = ROOT / "eventapp" / "translations"
    tool = ROOT / "tools" / "catalogues.py"
    inputs = [*folder.glob("*/*.po"), tool]
    step("Compiling catalogues …", inputs, folder / ".stamp", lambda: run(PYTHON, tool, "compile"))


def step(announcement: str, inputs: Iterable[Path], stamp: Path, action: Callable[[], None]) -> None:
    """Do ``action`` unless it was done before with the same inputs; ``stamp`` remembers their hash."""
    wanted = fingerprint(inputs)
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    print(announcement, flush=True)
    action()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted, "utf-8")


def fingerprint(inputs: Iterable[Path]) -> str:
    """One hash over names and contents."""
    digest = hashlib.sha256()
    for path in sorted(inputs):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
