"""A contract of import-linter: what a module of a slice is called says what it may import (docs/architecture.md).

A name ends in a role, such as ``staff_views`` or ``rules``. Inside a slice imports run from roles that stand higher
to those that stand lower, also between the rooms inside it.
"""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class RolesContract(Contract):
    """Every module of the slices has a role, and imports inside a slice never run upwards.

    ``slices``: packages. ``roles``: lines of names, highest first; those of one line may import each other.
    """

    type_name = "roles"

    slices: Any = fields.ListField(subfield=fields.StringField())
    roles: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        ranks = {role: rank for rank, line in enumerate(self.roles) for role in line.split()}
        faults: list[str] = []
        for package in self.slices:
            modules = {one for one in graph.find_descendants(package) if not graph.find_children(one)}
            faults += [f"{one} has no role in its name" for one in sorted(modules) if role_of(one) not in ranks]
            placed = {one: ranks[role_of(one)] for one in modules if role_of(one) in ranks}
            faults += sorted(
                f"{importer} imports {imported}"
                for importer, rank in placed.items()
                for imported in graph.find_modules_directly_imported_by(importer)
                if placed.get(imported, rank) < rank
            )
        return ContractCheck(kept=not faults, metadata={"faults": faults})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for fault in check.metadata["faults"]:
            output.print_error(f"- {fault}")


def role_of(module: str) -> str:
    """The last word of a module's name."""
    return module.rpartition(".")[2].rpartition("_")[2]
