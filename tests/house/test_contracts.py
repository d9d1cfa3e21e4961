"""The contract about names of modules finds what it is there to find."""

from __future__ import annotations

import pytest
from grimp import ImportGraph

from tools.contracts import RolesContract, role_of

ROLES = ["views", "forms actions", "queries rules", "models"]


def graph(*imports: tuple[str, str], modules: tuple[str, ...] = ()) -> ImportGraph:
    """Modules of one slice ``house.slice`` that import each other like this."""
    made = ImportGraph()
    for module in {"house.slice", *(f"house.slice.{one}" for pair in (*imports, modules) for one in pair)}:
        made.add_module(module)
    for importer, imported in imports:
        made.add_import(importer=f"house.slice.{importer}", imported=f"house.slice.{imported}")
    return made


def faults(found: ImportGraph) -> list[str]:
    options = {"slices": ["house.slice"], "roles": ROLES}
    contract = RolesContract("names", {"root_packages": ["house"]}, options)
    faults: list[str] = contract.check(found, verbose=False).metadata["faults"]
    return faults


@pytest.mark.parametrize(
    ("name", "role"), [("house.slice.views", "views"), ("house.slice.staff_views", "views"), ("house.a_b.c", "c")]
)
def test_the_role_is_the_last_word_of_the_name(name: str, role: str) -> None:
    assert role_of(name) == role


def test_imports_that_run_down_or_along_are_fine() -> None:
    assert faults(graph(("staff_views", "actions"), ("actions", "sign_up_actions"), ("queries", "models"))) == []


def test_an_import_that_runs_up_is_found_between_rooms_too() -> None:
    assert faults(graph(("queries", "actions"))) == ["house.slice.queries imports house.slice.actions"]
    inner = graph(("models", "inner.rules"), modules=("inner",))
    assert faults(inner) == ["house.slice.models imports house.slice.inner.rules"]


def test_a_module_without_a_role_is_found() -> None:
    assert faults(graph(modules=("seats",))) == ["house.slice.seats has no role in its name"]
