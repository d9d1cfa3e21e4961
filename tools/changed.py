"""Run the tests that a change can break, by who names whom; ``docs/testing.md`` says what that finds and what not.

python -m tools.changed                    against what the branch began with, and what is not committed yet
python -m tools.changed --list             only say which
python -m tools.changed --since HEAD~3 -x  against another commit; the rest goes to pytest
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.checks import committed_files

ROOT = Path(__file__).resolve().parent.parent

# Files that stand under everything: then all tests are meant.
EVERYTHING = re.compile(
    r"(requirements|package|pyproject|Makefile|\.ci/|tests/conftest|tests/support/(databases|pages|html|live|browser)"
    r"|eventapp/(__init__|config|errors)\.py|eventapp/db/|wsgi|templates/(layouts|components)/)"
)
# What names everything is no way from one thing to another.
ROADS_END = {"eventapp/__init__.py", "tests/conftest.py"}
# Beside what names a changed file: tests that see it through the running product.
ALSO = (
    (re.compile(r"eventapp/(\w+)/"), r"tests/\1"),
    (re.compile(r"templates/(\w+)/"), r"tests/\1"),
    (re.compile(r"eventapp/translations/\w+/(\w+)\.po"), r"tests/\1"),
    (re.compile(r"eventapp/translations/"), "tests/house/test_catalogues.py"),
    (re.compile(r"eventapp/(migrations/|.*\bmodels\.py)"), "tests/upgrade"),
    (re.compile(r"eventapp/(migrations/|.*\bmodels\.py)"), "tests/core"),
    (re.compile(r"(static|tests)/js/"), "tests/house/test_javascript.py"),
    (re.compile(r"static/"), "tests/house"),
    (re.compile(r"(eventapp|templates|static)/"), "tests/web"),
    (re.compile(r"(eventapp|templates|static)/"), "tests/thread"),
    (re.compile(r"(tools|docs)/|[^/]*\.md$"), "tests/house"),
)
SPEAKING = (".py", ".html", ".js")
TEST = re.compile(r"tests/.*\btest_\w+\.py")

Names = Mapping[str, Iterable[str]]


def names(root: Path) -> dict[str, set[str]]:
    """File -> the files it names: imports of Python, and templates, scripts and documents by their names."""
    files = {path.relative_to(root).as_posix(): path for path in committed_files(root)}
    texts = {name: path.read_text("utf-8") for name, path in files.items() if name.endswith(SPEAKING)}
    pages = {_known_as(one): one for one in files if one.startswith(("templates/", "static/js/"))}
    documents = {_known_as(one): one for one in files if one.startswith("docs/")}
    found: dict[str, set[str]] = {}
    for name, text in texts.items():
        said = set(re.findall(r"[\w./-]+\.(?:html|txt|js|md)\b", text))
        said |= {one.rpartition("/")[2] for one in said}
        called = pages | documents if name.startswith("tests/") else pages  # to others a document is no input
        found[name] = {called[one] for one in said & set(called)}
        if name.endswith(".py"):
            found[name] |= set(_imports(ast.parse(text), files))
    return found


def _known_as(name: str) -> str:
    """How other files call it: templates from their folder, scripts and documents by the file's own name."""
    return name.removeprefix("templates/") if name.startswith("templates/") else name.rpartition("/")[2]


def _imports(tree: ast.AST, files: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        else:
            continue
        for module in modules:
            path = module.replace(".", "/")
            yield from (one for one in (f"{path}.py", f"{path}/__init__.py") if one in files)


def touched(changed: Iterable[str], names: Names) -> set[str]:
    """The changed files, and all that name them, however far away."""
    named_by = defaultdict(set)
    for one, others in names.items():
        if one not in ROADS_END:
            for other in others:
                named_by[other].add(one)
    reached: set[str] = set()
    waiting = list(changed)
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += named_by[one]
    return reached


def chosen(changed: Iterable[str], names: Names, root: Path) -> list[str]:
    """Files and folders of tests to run; the whole of ``tests`` when what changed stands under everything."""
    changed = list(changed)
    if any(EVERYTHING.match(one) for one in changed):
        return ["tests"]
    wanted = {one for one in touched(changed, names) if TEST.fullmatch(one)}
    wanted |= {where.expand(place) for one in changed for rule, place in ALSO if (where := rule.match(one))}
    return sorted(one for one in wanted if (root / one).exists() and not _within(one, wanted))


def _within(name: str, wanted: Iterable[str]) -> bool:
    return any(name.startswith(f"{one}/") for one in wanted)


def changed_since(commit: str) -> list[str]:
    """Names of files that differ from a commit, new ones too."""
    told = ["git", "diff", "--name-only", "-z", commit], ["git", "ls-files", "-z", "--others", "--exclude-standard"]
    outputs = [subprocess.run(one, cwd=ROOT, check=True, capture_output=True, text=True).stdout for one in told]
    return [one for output in outputs for one in output.split("\0") if one]


def beginning() -> str:
    """Where this branch left ``main``; on ``main`` itself the last commit."""
    base = ["git", "merge-base", "HEAD", "main"]
    found = subprocess.run(base, cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()
    return found or "HEAD"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", metavar="COMMIT", help="what to compare with")
    parser.add_argument("--list", action="store_true", help="only say which tests")
    arguments, rest = parser.parse_known_args()
    wanted = chosen(changed_since(arguments.since or beginning()), names(ROOT), ROOT)
    print("\n".join(wanted) if wanted else "No test is about what has changed.", flush=True)
    if arguments.list or not wanted:
        return 0
    return subprocess.run([sys.executable, "-m", "pytest", *wanted, *rest], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
