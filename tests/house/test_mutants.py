"""``make mutants`` breaks what it says it breaks, and a sample is the same one every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eventapp.config import Settings
from tests.support.databases import SqliteDatabases
from tools import mutants as tool
from tools import mutants_js

RULE = "def full(seats: int, taken: int) -> bool:\n    return taken >= seats\n"


def test_every_mutant_of_a_module_is_known_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "eventapp").mkdir()
    (tmp_path / "eventapp/rules.py").write_text(RULE, "utf-8")
    tool.write_settings(tmp_path, ["eventapp/rules.py"], [])
    assert tool.mutants_of(tmp_path, ["eventapp/rules.py"]) == ["eventapp.rules.x_full__mutmut_1"]


def test_a_sample_is_the_same_every_time_and_in_order() -> None:
    names = [f"x__mutmut_{number}" for number in range(500)]
    sample = tool.drawn(names, 60)
    assert sample == tool.drawn(names, 60)
    assert len(set(sample)) == 60
    assert sample == [one for one in names if one in set(sample)]
    assert sample != names[:60]


def test_no_sample_and_one_too_large_are_all() -> None:
    names = ["x__mutmut_1", "x__mutmut_2"]
    assert tool.drawn(names, 0) == names
    assert tool.drawn(names, 60) == names


def test_only_rules_actions_and_queries_are_broken() -> None:
    found = tool.modules_of("registration", "")
    assert "eventapp/registration/rules.py" in found
    assert "eventapp/registration/ticket_rules.py" in found
    assert not [one for one in found if one.endswith(("views.py", "models.py"))]
    assert tool.modules_of("registration", "ticket") == ["eventapp/registration/ticket_rules.py"]


def test_a_mutant_named_again_is_looked_for_in_its_own_module() -> None:
    name = "eventapp.registration.ticket_rules.x_make__mutmut_3"
    assert tool.is_of(name, "eventapp/registration/ticket_rules.py")
    assert not tool.is_of(name, "eventapp/registration/rules.py")


def test_a_database_migrated_before_serves_the_next_session(
    tmp_path: Path, base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "template.db"
    monkeypatch.setenv("TEST_SQLITE_TEMPLATE", str(kept))
    SqliteDatabases(tmp_path, base_settings)
    assert kept.stat().st_size
    kept.write_bytes(b"migrated before")
    later = SqliteDatabases(tmp_path, base_settings).fresh()
    assert Path(later.removeprefix("sqlite:///")).read_bytes() == b"migrated before"


def test_every_script_of_the_door_is_broken_or_seen_in_a_browser() -> None:
    named = [one for scripts, _tests in mutants_js.GROUPS for one in scripts]
    door = {path.stem for path in (tool.ROOT / "static/js/door").glob("*.js")}
    assert door == {Path(one).stem for one in named if one.startswith("door/")} | set(mutants_js.IN_A_BROWSER)
    assert len(named) == len(set(named))


def test_every_test_of_scripts_tries_them_and_each_knows_its_scripts() -> None:
    assert {path.name for path in (tool.ROOT / "tests/js").iterdir()} == {
        f"{name}.test.js" for _scripts, tests in mutants_js.GROUPS for name in tests
    }
    for scripts, tests in mutants_js.GROUPS:
        told = "".join((tool.ROOT / f"tests/js/{name}.test.js").read_text("utf-8") for name in tests)
        assert [one for one in scripts if f"static/js/{one}" not in told] == []


def test_stryker_reads_what_it_is_to_break_and_by_which_tests(tmp_path: Path) -> None:
    mutants_js.write_settings(tmp_path, ["door/sender.js"], ("sender", "presence"))
    settings = json.loads((tmp_path / "stryker.config.json").read_text("utf-8"))
    assert settings["mutate"] == ["static/js/door/sender.js"]
    assert settings["commandRunner"]["command"] == "node tests/js/sender.test.js && node tests/js/presence.test.js"


def test_what_stryker_is_made_of_is_locked_by_content_and_names_no_address() -> None:
    lock = json.loads((mutants_js.STRYKER / "package-lock.json").read_text("utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert len(packages) > 100
    assert all("integrity" in one and "resolved" not in one for one in packages)
