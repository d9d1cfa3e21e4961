"""Other people's code is what was reviewed, and what pages ask for exists."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tools import assets, vendor

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One installed package with one file that we serve."""
    for name, place in (("PACKAGES", "node_modules"), ("VENDOR", "vendor"), ("HASHES", "vendor.sha256")):
        monkeypatch.setattr(vendor, name, tmp_path / place)
    monkeypatch.setattr(vendor, "COPIES", (("reader/dist/reader/index.js", "reader"),))
    monkeypatch.setattr(vendor, "install", lambda: None)
    monkeypatch.setattr(vendor, "make_assets", lambda: 0)
    source = tmp_path / "node_modules" / "reader" / "dist" / "reader" / "index.js"
    source.parent.mkdir(parents=True)
    source.write_text("read();")
    (tmp_path / "vendor.sha256").write_text(f"{vendor.sha256(source)}  reader/dist/reader/index.js\n")
    return tmp_path


def test_reviewed_file_is_copied(packages: Path) -> None:
    assert vendor.main([]) == 0
    assert (packages / "vendor" / "reader" / "reader.js").read_text() == "read();"


def test_file_that_differs_is_refused(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (packages / "node_modules" / "reader" / "dist" / "reader" / "index.js").write_text("steal();")
    assert vendor.main([]) == 1
    assert "not the code that was reviewed" in capsys.readouterr().err
    assert not (packages / "vendor").exists()


def test_copy_that_was_changed_is_put_right(packages: Path) -> None:
    vendor.main([])
    copy = packages / "vendor" / "reader" / "reader.js"
    copy.write_text("steal();")
    assert vendor.main([]) == 0
    assert copy.read_text() == "read();"


def test_nothing_is_installed_when_all_is_there(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.main([])
    monkeypatch.setattr(vendor, "install", lambda: pytest.fail("installed again"))
    assert vendor.main([]) == 0


def test_machine_without_node_gets_one_in_the_virtual_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "bin"
    scripts.mkdir()
    (scripts / "npm").touch()
    monkeypatch.setattr("sys.executable", str(scripts / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    npm, environment = vendor.find_npm()
    assert npm == [str(scripts / "npm")]
    assert environment["PATH"].startswith(str(scripts))


def test_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_each_vendored_file_has_its_hash() -> None:
    listed = vendor.read_hashes()
    assert all(any(fnmatch(name, pattern) for name in listed) for pattern, _ in vendor.COPIES)
    assert vendor.is_complete(listed)


def test_style_sheet_asks_only_for_split_faces_and_files_that_exist() -> None:
    style = assets.style_sheet()
    asked = re.findall(r'url\("/static/([^?"]+)\?v=', style)
    assert asked
    assert all((assets.STATIC / name).is_file() for name in asked)
    assert "/complete/" not in style
    assert style.count("@charset") == 1


def test_style_sheet_is_the_one_that_is_served() -> None:
    assert (assets.VENDOR / "site.css").read_text("utf-8") == assets.style_sheet(), "run: python tools/assets.py"


def test_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    with pytest.raises(assets.AssetError, match=r"nowhere\.svg"):
        assets.addressed("a { background: url(nowhere.svg) }", tmp_path)


def test_data_addresses_are_left_alone(tmp_path: Path) -> None:
    rule = 'a{background:url("data:image/png;base64,AA==")}'
    assert assets.addressed(rule, tmp_path) == rule


def test_every_drawing_that_a_template_shows_is_there() -> None:
    templates = "\n".join(path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html"))
    shown = set(re.findall(r'\b(?:icon|draw)\("([a-z-]+)"', templates)) | set(
        re.findall(r'\bicon="([a-z-]+)"', templates)
    )
    assert shown <= set(assets.ICONS)


def test_every_behaviour_that_a_template_names_is_known() -> None:
    templates = "\n".join(path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html"))
    scripts = "\n".join(path.read_text("utf-8") for path in (ROOT / "static" / "js").rglob("*.js"))
    named = {name for value in re.findall(r'data-behaviour(?:=|": )"([a-z -]+)"', templates) for name in value.split()}
    assert not [name for name in named if f'"{name}"' not in scripts]
