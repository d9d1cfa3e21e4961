"""Set-up does again only what has changed, and says what a machine lacks."""

from pathlib import Path

import pytest

from tools import debian, setup


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    lock = tmp_path / "requirements.txt"
    lock.write_text("flask==3.1.3\n")
    return lock


def test_step_is_done_once_for_the_same_inputs(lock: Path) -> None:
    done: list[str] = []
    for _ in range(2):
        setup.step("Installing", [lock], lock.with_suffix(".stamp"), lambda: done.append("once"))
    assert done == ["once"]


def test_step_is_done_again_when_an_input_changed(lock: Path) -> None:
    done: list[str] = []
    for text in ("flask==3.1.3\n", "flask==3.1.4\n"):
        lock.write_text(text)
        setup.step("Installing", [lock], lock.with_suffix(".stamp"), lambda: done.append("again"))
    assert done == ["again", "again"]


def test_step_that_failed_is_done_again(lock: Path) -> None:
    stamp = lock.with_suffix(".stamp")
    with pytest.raises(ZeroDivisionError):
        setup.step("Installing", [lock], stamp, lambda: print(1 / 0))
    assert not stamp.exists()


def test_old_python_is_told_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(setup, "OLDEST", (99, 0))
    assert setup.main([]) == 1
    assert "PYTHON=" in capsys.readouterr().out


def test_missing_debian_package_is_seen() -> None:
    assert debian.not_installed(["base-files", "no-such-package"]) == ["no-such-package"]


def test_ordinary_user_is_told_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    packages = tmp_path / "packages.txt"
    packages.write_text("# comment\nno-such-package  # why\n\n")
    monkeypatch.setattr(debian, "LIST", packages)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert debian.main() == 1
    assert "sudo apt-get install no-such-package" in capsys.readouterr().out
