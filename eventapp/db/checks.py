"""Closed lists in the database: whether its CHECKs let in what the models do (Alembic does not look at CHECKs)."""

from __future__ import annotations

import re

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import AddConstraintOp, DropConstraintOp, ModifyTableOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult
from sqlalchemy import CheckConstraint, Table
from sqlalchemy.engine.interfaces import ReflectedCheckConstraint
from sqlalchemy.sql.elements import conv

NAME = "eventapp.checks"
PLUGINS = ("alembic.autogenerate.*", NAME)
LITERAL = re.compile(r"'((?:[^']|'')*)'")


def compare(
    context: AutogenContext,
    operations: ModifyTableOps,
    schema: str | None,
    name: str,
    in_database: Table | None,
    in_models: Table | None,
) -> PriorityDispatchResult:
    """Take away the CHECKs that are gone or let in other words than the models, and add those that are missing.

    A database writes a CHECK in its own way, so two are held to be the same when they have the same name and the same
    quoted words; for a closed list these are its members.
    """
    if in_database is None or in_models is None:
        return PriorityDispatchResult.CONTINUE
    stored = {str(one["name"]): one for one in context.inspector.get_check_constraints(name, schema) if one["name"]}
    wanted = {str(one.name): one for one in in_models.constraints if isinstance(one, CheckConstraint)}
    same = {key for key in stored.keys() & wanted.keys() if words(stored[key]) == words(wanted[key])}
    for key in sorted(stored.keys() - same):
        old = CheckConstraint(stored[key]["sqltext"], name=conv(key), table=in_database)
        operations.ops.append(DropConstraintOp.from_constraint(old))
    for key in sorted(wanted.keys() - same):
        if all(column.name in in_database.c for column in wanted[key].columns):  # else it comes with its new column
            operations.ops.append(AddConstraintOp.from_constraint(wanted[key]))
    return PriorityDispatchResult.CONTINUE


def words(check: CheckConstraint | ReflectedCheckConstraint) -> set[str]:
    """What stands in quotes in a CHECK, of a model or of a database."""
    if isinstance(check, CheckConstraint):
        text = str(check.sqltext.compile(compile_kwargs={"literal_binds": True}))
    else:
        text = check["sqltext"]
    return set(LITERAL.findall(text))


Plugin(NAME).add_autogenerate_comparator(compare, "table", "closed lists")
