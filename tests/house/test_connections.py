"""What a function writes with is given to it in one way (ADR 46)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = {"Connection": "conn", "Session": "session"}
GIVEN = {*NAMES, "scoped_session"}


def faults(text: str, place: str) -> Iterator[str]:
    """Functions that are given a connection or a session in another way than the one."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            names = [one for one in every if one.arg not in {"self", "cls"}]
            for number, one in enumerate(names):
                yield from (f"{place}: {function.name}: {fault}" for fault in _faults(function, one, number))


def _faults(function: ast.FunctionDef, one: ast.arg, number: int) -> Iterator[str]:
    kind = ast.unparse(one.annotation) if one.annotation else ""
    if kind.startswith("Callable") or not GIVEN & {part.strip() for part in kind.replace("[", "|").split("|")}:
        return
    if NAMES.get(kind) != one.arg:
        yield f"{one.arg}: {kind} is neither conn: Connection nor session: Session"
    if number:
        yield f"{one.arg} does not stand first"
    if any(ast.unparse(part) == "db.session" for part in ast.walk(function) if isinstance(part, ast.Attribute)):
        yield f"is given {one.arg} and takes the request's session too"


def test_a_connection_or_session_is_given_first_and_is_the_only_one() -> None:
    modules = [one for one in sorted((ROOT / "eventapp").rglob("*.py")) if "migrations" not in one.parts]
    found = [fault for one in modules for fault in faults(one.read_text("utf-8"), one.relative_to(ROOT).as_posix())]
    assert found == []


def test_other_ways_are_found() -> None:
    good = "def cancel(conn: Connection, booking_id: str): ...\ndef keep(self, session: Session | None): ...\n"
    assert list(faults(good.splitlines()[0], "x")) == []
    assert len(list(faults("def queue(conn: Connection | Session): ...", "x"))) == 1
    assert len(list(faults("def tell(job: Running, conn: Connection): ...", "x"))) == 1
    assert len(list(faults("def tell(conn: Connection):\n    db.session.flush()", "x"))) == 1
