"""The locks can be installed as they stand, today and when everything in them has had newer releases."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tools import lock_check
from tools.lock_check import Package, closedness_faults, exactness_faults, in_this_environment
from tools.setup import PIP_OPTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
HASH = f"--hash=sha256:{'0' * 64}"


@pytest.mark.parametrize("name", LOCKS)
def test_our_locks_are_exact_and_closed(name: str) -> None:
    lock, wishes = (ROOT / name).read_text("utf-8"), (ROOT / name).with_suffix(".in").read_text("utf-8")
    assert list(exactness_faults(lock)) == []
    assert list(closedness_faults(wishes, lock, in_this_environment)) == []


@pytest.mark.parametrize(
    "line",
    [f"flask>=3 {HASH}", f"flask {HASH}", f"flask==3.* {HASH}", f"flask==3.1,<4 {HASH}", "flask==3.1.3", f"f l {HASH}"],
)
def test_a_line_that_leaves_a_choice_is_a_fault(line: str) -> None:
    assert list(exactness_faults(f"# comment\nclick==8.1 \\\n    {HASH}\n{line}\n"))


def faults(wishes: str, lock: Sequence[str], asks_for: Mapping[str, Sequence[str]]) -> list[str]:
    """Faults of a lock whose packages are all installed; ``asks_for`` says what some of them need."""
    versions = dict(line.split(";")[0].strip().split("==") for line in lock)
    text = "".join(f"{line} {HASH}\n" for line in lock)
    return list(
        closedness_faults(
            wishes,
            text,
            lambda name: Package(versions[name], asks_for.get(name, ())) if name in versions else None,
        )
    )


def test_what_an_extra_needs_must_be_locked() -> None:
    needs = {"pytest-cov": ["coverage[toml]>=7.10.6"], "coverage": ['tomli; extra == "toml"']}
    lock = ["pytest-cov==7.1.0", "coverage==7.17.3"]
    assert faults("pytest-cov", lock, needs) == [
        'coverage asks for tomli; extra == "toml", and the lock holds nothing of that name.'
    ]
    assert faults("pytest-cov", [*lock, "tomli==2.0"], needs) == []
    assert faults("coverage", ["coverage==7.17.3"], needs) == [], "an extra that nobody asks for needs nothing"


def test_what_is_locked_must_be_what_is_asked_for() -> None:
    needs = {"pytest-cov": ["coverage[toml]>=7.10.6"]}
    assert "coverage==7.2" in faults("pytest-cov", ["pytest-cov==7.1.0", "coverage==7.2"], needs)[0]


def test_a_wish_that_was_added_since_is_missing() -> None:
    assert faults("-c requirements.txt\nflask\nextra-wish\n", ["flask==3.1.3"], {})


def test_markers_are_read_for_this_python() -> None:
    needs = {"flask": ['importlib-metadata>=3.6; python_version < "3.10"', 'werkzeug; python_version >= "3.10"']}
    assert faults("flask", ["flask==3.1.3", "werkzeug==3.1"], needs) == []
    assert faults("flask", ["flask==3.1.3", 'werkzeug==3.1 ; python_version < "3.10"'], needs)


def test_what_is_installed_must_be_what_is_locked() -> None:
    assert list(closedness_faults("flask", f"flask==3.1.3 {HASH}", lambda _name: None))
    assert list(closedness_faults("flask", f"flask==3.1.3 {HASH}", lambda _name: Package("3.1.4", ())))


@pytest.mark.parametrize(
    ("what", "lock"), [("exact", f"flask>=3 {HASH}"), ("closed", f"no-such-package==1.0 {HASH}"), ("closed", "")]
)
def test_set_up_is_told_what_is_wrong_and_what_to_do(
    what: str, lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock_check, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text(f"{lock}\n")
    (tmp_path / "requirements.in").write_text("flask\n")
    assert lock_check.main(what, "requirements.txt") == 1
    assert "`make lock`" in capsys.readouterr().out


def test_the_pip_that_comes_with_this_python_installs_a_lock_after_newer_releases(tmp_path: Path) -> None:
    """The oldest pip that a clone meets is that of ``ensurepip``. An extra is asked for, and a newer release is out."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    asking = make_wheel(wheels, "asking", "1.0", ["given[extra]>=1.0"])
    given = make_wheel(wheels, "given", "1.0", ['absent; extra == "extra" and python_version < "3"'])
    make_wheel(wheels, "given", "2.0", [])
    lock = tmp_path / "lock.txt"
    lock.write_text(f"asking==1.0 --hash=sha256:{digest(asking)}\ngiven==1.0 --hash=sha256:{digest(given)}\n")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    offline = ("--no-index", "--find-links", str(wheels))
    command = [str(python), "-m", "pip", "install", *PIP_OPTIONS, *offline, "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    version = subprocess.run(
        [python, "-c", "from importlib.metadata import version as v; print(v('asking'), v('given'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout.split() == ["1.0", "1.0"]
    resolving = [one for one in command if one != "--no-deps"]
    refused = subprocess.run([*resolving, "--ignore-installed"], capture_output=True, text=True, check=False)
    assert "given[extra]" in refused.stderr, "the case that this is about"


def make_wheel(folder: Path, name: str, version: str, requires: Sequence[str]) -> Path:
    """A package of one empty module."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: extra\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={record_hash(text)},{len(text)}\n" for path, text in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
    return path


def record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
