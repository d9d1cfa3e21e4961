"""Every act that can be written into the log has words, also one that reaches it through a variable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventapp.accounts.messages import ACT_NAMES
from eventapp.registration.models import Origin, Reason

PRODUCT = Path(__file__).parents[2] / "eventapp"
PLACE = {"record": 1, "insert": 2}  # of the act among the arguments of audit.record and audit.insert
# Why a registration came to be stands in the act itself.
WHY = [Reason.SIGNED_UP, Reason.REGISTERED_BY_STAFF, Reason.ACCEPTED_INVITATION, Reason.WALKED_IN]


def acts_of(tree: ast.Module) -> set[str]:
    """The acts that a module writes.

    :raises AssertionError: at an act that cannot be read from the module alone.
    """
    return {act for call, function in calls(tree) for act in values(call.args[place(call)], function, tree)}


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    """Calls of audit.record and audit.insert, each with the named function around it."""
    around: dict[ast.AST, ast.FunctionDef] = {}
    for function in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:  # the innermost comes last
        around.update(dict.fromkeys(ast.walk(function), function))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.fullmatch(r"audit\.(record|insert)", ast.unparse(node.func)):
            yield node, around.get(node)


def place(call: ast.Call) -> int:
    assert isinstance(call.func, ast.Attribute)
    return PLACE[call.func.attr]


def values(act: ast.expr, function: ast.FunctionDef | None, tree: ast.Module) -> set[str]:
    if isinstance(act, ast.Constant):
        return {str(act.value)}
    if isinstance(act, ast.JoinedStr) and ast.unparse(act) == "f'registration.{new.reason}'":
        return {f"registration.{why}" for why in WHY}
    assert isinstance(act, ast.Name), f"line {act.lineno}: which act is {ast.unparse(act)}?"
    assert function is not None
    names = [one.arg for one in function.args.args]
    assert act.id in names, f"line {act.lineno}: where does {act.id} come from?"
    passed = [
        call.args[names.index(act.id)]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == function.name
    ]
    assert passed, f"nobody in the module calls {function.name}"
    return {value for one in passed for value in values(one, None, tree)}


def test_every_act_has_words() -> None:
    acts = {act for path in PRODUCT.rglob("*.py") for act in acts_of(ast.parse(path.read_text("utf-8")))}
    assert len(acts) > 60
    assert acts - set(ACT_NAMES) == set()


def test_each_way_of_signing_up_has_a_reason_of_its_own() -> None:
    assert len(WHY) == len(Origin)


@pytest.mark.parametrize(
    "written",
    [
        'audit.record(by, "slice.done", "1")',
        'audit.insert(conn, by, "slice.done", "1")',
        'def note(by, act):\n    audit.record(by, act, "1")\n\ndef do():\n    note(None, "slice.done")',
        'def note(act):\n    write(lambda conn: audit.insert(conn, None, act, "1"))\n\nnote("slice.done")',
    ],
)
def test_an_act_is_found_however_it_gets_there(written: str) -> None:
    assert acts_of(ast.parse(written)) == {"slice.done"}


@pytest.mark.parametrize("written", ["audit.record(by, chosen(), None)", 'audit.record(by, f"slice.{what}", None)'])
def test_an_act_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(AssertionError):
        acts_of(ast.parse(written))
