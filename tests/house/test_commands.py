"""Each command that documents, messages and pages name is there: make targets, flask commands, modules, scripts."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from flask.cli import FlaskGroup, ScriptInfo

from eventapp import create_app
from eventapp.config import Settings
from tools.checks import committed_files

ROOT = Path(__file__).resolve().parent.parent.parent
SUFFIXES = {".md", ".py", ".html", ".txt", ".po", ".typ", ".js"}
PROGRAMS = r"make|flask|gunicorn|python3?|pytest|pip|\.ci/run|node|uv|git"  # those of the system are not ours to hold
LINE = rf"(?:[A-Z_]+=\S* )*((?:\.venv/bin/)?(?:{PROGRAMS})(?: [^`\n]+)?)"
SPAN = re.compile(rf"`{LINE}`")
SAID = re.compile(rf"(?:[Rr]un|[Kk]ør|køre|[Tt]ype|with|example): {LINE}")
ALONE = re.compile(rf"^(?: {{4}}|\t)?(?:\$ )?{LINE}$", re.MULTILINE)
BLOCK = re.compile(r"^```\w*\n(.*?)^```|((?:^(?: {4}|\t).*\n)+)|\A\"\"\"(.*?)\"\"\"", re.MULTILINE | re.DOTALL)
OPEN = re.compile(r"\{[^{}]*\}|…|\.\.\.")  # what a message puts in, and what a document leaves out
HAND_MADE = {"tests/house/test_commands.py", "CHANGELOG.md"}


def named(text: str) -> Iterator[str]:
    """The commands that a text names: in back-ticks, in blocks, at the head of a module, and after "run:"."""
    yield from SPAN.findall(text)
    yield from (re.split(r"[\"'\\<]", found)[0].strip() for found in SAID.findall(text))
    for block in BLOCK.findall(text):
        yield from (re.split(r"  +|\t", found)[0] for found in ALONE.findall("".join(block)))


def commands() -> dict[str, str]:
    """Command -> the file that names it."""
    found = {}
    for path in committed_files(ROOT):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in SUFFIXES and name not in HAND_MADE and not name.startswith(("tests/", "static/vendor")):
            found.update(dict.fromkeys(named(path.read_text("utf-8")), name))
    return found


@pytest.fixture(scope="module")
def flask_group(base_settings: Settings) -> Iterator[tuple[click.Context, FlaskGroup]]:
    """Looking a command up opens an application context, which must be closed again or other tests stand in it."""
    group = FlaskGroup(create_app=lambda: create_app(base_settings, testing=True))
    with click.Context(group, obj=ScriptInfo(create_app=lambda: create_app(base_settings, testing=True))) as context:
        yield context, group


def fault(command: str, flask: tuple[click.Context, FlaskGroup]) -> str | None:
    """Why a command could not be run, or None."""
    program, *words = OPEN.sub("x", command).split(" # ")[0].split()
    program = program.removeprefix(".venv/bin/")
    if program == "make":
        return make_fault([one for one in words if "=" not in one and not one.startswith(("-", '"'))])
    if program == "flask":
        return flask_fault(words, *flask)
    if program.startswith("python"):
        return python_fault(words)
    beside = ROOT / program, Path(sys.executable).parent / program
    return None if shutil.which(program) or any(one.exists() for one in beside) else "no such program"


def make_fault(targets: Sequence[str]) -> str | None:
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    unknown = [one for one in targets[:1] if one != "x" and one not in known]
    return f"no target {unknown[0]}" if unknown else None


def flask_fault(words: Sequence[str], context: click.Context, group: click.Group) -> str | None:
    """Groups and commands one after the other, then options by their names."""
    words = list(words[2:] if words[:1] == ["--app"] else words)
    command: click.Command = group
    while isinstance(command, click.Group) and words and words[0] not in {"x", "|"}:
        found = command.get_command(context, words.pop(0))
        if found is None:
            return f"{command.name} has no such command"
        command = found
    options = {name for one in command.params for name in one.opts}
    unknown = [one for one in (word.strip("[]").split("=")[0] for word in words) if one.startswith("--")]
    return next((f"{command.name} has no option {one}" for one in unknown if one not in options), None)


def python_fault(words: Sequence[str]) -> str | None:
    if words[:1] == ["-m"]:
        return None if importlib.util.find_spec(words[1]) else f"no module {words[1]}"
    script = next((one for one in words if one.endswith(".py")), None)
    if script is None or (ROOT / script).exists():
        return None
    handed_out = script.partition("/")[0] in {"kontrol", Path(script).name}  # alone, or in the folder of the bundle
    return None if handed_out and (ROOT / "tools" / Path(script).name).exists() else f"no script {script}"


def test_every_command_that_is_named_is_there(flask_group: tuple[click.Context, FlaskGroup]) -> None:
    found = commands()
    assert len(found) > 30, found
    faults = {f"{place}: {one}": why for one, place in found.items() if (why := fault(one, flask_group))}
    assert not faults


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Run `flask --app wsgi secrets maek`, or", "flask --app wsgi secrets maek"),
        ("```\nmake runn     # needs Python\n```\n", "make runn"),
        ('"To begin again, stop the server and run: make demo-resett"', "make demo-resett"),
        ('"""Measure.\n\npython -m tools.bencj --quick     shows\n"""', "python -m tools.bencj --quick"),
        ("`PORT=8080 make runn` takes", "make runn"),
        ("Type:\n\n    python tools/vendr.py --update\n", "python tools/vendr.py --update"),
        ("`flask --app wsgi record verify --cas SLUG`", "flask --app wsgi record verify --cas SLUG"),
    ],
)
def test_a_command_that_is_not_there_is_found(
    text: str, command: str, flask_group: tuple[click.Context, FlaskGroup]
) -> None:
    assert list(named(text)) == [command]
    assert fault(command, flask_group)
