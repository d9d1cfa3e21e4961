"""``make mutants`` breaks what it says it breaks, and a sample is the same one every time."""

from __future__ import annotations

from pathlib import Path

from tools import mutants as tool

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
