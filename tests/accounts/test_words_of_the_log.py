"""Every act that can be written into the log has words, also one that reaches it through a variable."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from eventapp.accounts import log_words
from eventapp.accounts.log_words import CODES, NAMES
from eventapp.accounts.messages import ACT_NAMES
from eventapp.cases.models import DocumentKind, LetterKind
from eventapp.events.models import QuotaKind
from eventapp.hearing.models import Channel
from eventapp.invitations.models import ReplyChannel, ReplyState, SightingKind
from eventapp.mail.models import State as MailState
from eventapp.registration.models import Origin, Reason, RegistrationState

PRODUCT = Path(__file__).parents[2] / "eventapp"
PLACE = {"record": 1, "insert": 2, "note": 1}  # of the act among the arguments of what writes into the log
WRITES = re.compile(r"audit\.(record|insert)|corrections\.note")
PASSES_ON = PRODUCT / "corrections" / "actions.py"  # acts that others give it, who are read
# Why a registration came to be stands in the act itself.
WHY = [Reason.SIGNED_UP, Reason.REGISTERED_BY_STAFF, Reason.ACCEPTED_INVITATION, Reason.WALKED_IN]


def acts_of(tree: ast.Module) -> set[str]:
    """The acts that a module writes.

    :raises AssertionError: at an act that cannot be read from the module alone.
    """
    return {act for call, function in calls(tree) for act in values(call.args[place(call)], function, tree)}


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    """Calls of what writes into the log, each with the named function around it."""
    around: dict[ast.AST, ast.FunctionDef] = {}
    for function in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:  # the innermost comes last
        around.update(dict.fromkeys(ast.walk(function), function))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and WRITES.fullmatch(ast.unparse(node.func)):
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
    modules = [path for path in PRODUCT.rglob("*.py") if path != PASSES_ON]
    acts = {act for path in modules for act in acts_of(ast.parse(path.read_text("utf-8")))}
    assert len(acts) > 60
    assert acts - set(ACT_NAMES) == set()


def keys_of(tree: ast.Module) -> set[str]:
    """Names of the details that a module writes. What is passed on as ``**facts`` is named where that begins."""
    notes = {"note", "_note", "_note_look"}
    found = {
        keyword.arg
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (re.fullmatch(r"audit\.(record|insert)", name := ast.unparse(call.func)) or name in notes)
        for keyword in call.keywords
        if keyword.arg
    }
    dicts = [
        one.value for one in ast.walk(tree) if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "facts"
    ]
    return found | {
        str(key.value)
        for one in dicts
        if isinstance(one, ast.Dict)
        for key in one.keys
        if isinstance(key, ast.Constant)
    }


def test_every_detail_has_a_name() -> None:
    writing = [path.read_text("utf-8") for path in PRODUCT.rglob("*.py") if "audit." in path.read_text("utf-8")]
    keys = {key for text in writing for key in keys_of(ast.parse(text))} - {"actor", "by", "now"}
    assert len(keys) > 30
    assert keys - set(NAMES) == set()


@pytest.mark.parametrize(
    "codes",
    [
        RegistrationState,
        ReplyState,
        ReplyChannel,
        SightingKind,
        MailState,
        QuotaKind,
        Channel,
        LetterKind,
        DocumentKind,
    ],
)
def test_every_code_that_stands_in_a_detail_has_words(codes: type[enum.StrEnum]) -> None:
    assert {str(one) for one in codes} - set(CODES) == set()


def test_every_reason_of_cancelling_has_words() -> None:
    assert {str(one) for one in set(Reason) - set(WHY)} - set(CODES) == set()


def test_a_line_is_read_in_words(app: Flask) -> None:
    facts = {
        "state": "confirmed",
        "late": False,
        "seats": {"press": 5},
        "roles": ["other"],
        "party": "0123456789abcdef" * 2,
    }
    with app.test_request_context("/?lang=da"):
        told = "; ".join(f"{name}: {value}" for name, value in log_words.details(facts))
    assert told == "tilstand: har plads; efter fristen: nej; pladser: pressen 5; roller: andet; part: 01234567"


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
