"""Break the rules of a slice one at a time, and see whether its tests notice (docs/testing.md).

python -m tools.mutants hearing                      rules, actions and queries of a slice
python -m tools.mutants hearing --only rules         modules whose path holds this word
python -m tools.mutants hearing --show               each survivor as a change
python -m tools.mutants hearing --alone --tests F …  with these files of tests alone: quicker, and stricter
python -m tools.mutants hearing --sample 60          60 of them by lot, always the same ones while the code is the same
python -m tools.mutants hearing --again NAME …       those named, as it prints them

The work is done on a copy of what git knows, outside the checkout, with the tests of the slice on SQLite that need no
browser, server or race (tests/support/mutants.py). What timed out is tried once more before it counts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).resolve().parent.parent
ROLES = re.compile(r"(^|_)(rules|actions|queries)\.py$")
LINKED = ("node_modules", "static/vendor")
BESIDE = ("templates", "static", "tools", "docs", "instance", "wsgi.py", "gunicorn.conf.py")
SEED = 1
# Without mutmut's "clean tests": the same tests have passed a moment before, in the same process, to be counted.
MUTMUT = """
from mutmut.__main__ import cli
from mutmut.workers.isolation import ForkRunner
ForkRunner.run_clean_tests = lambda self, tests: 0
cli()
"""
# Told apart from "survived": no test of the slice runs the line at all.
OUTCOMES = ("killed", "timeout", "survived", "no tests", "suspicious", "segfault")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("slice")
    parser.add_argument("--only", default="", help="mutate only modules whose path holds this")
    parser.add_argument("--tests", nargs="*", default=[], help="folders or files of tests, besides tests/<slice>")
    parser.add_argument(
        "--alone", action="store_true", help="only the tests named with --tests, not those of the slice"
    )
    parser.add_argument("--show", action="store_true", help="print each survivor as a change")
    parser.add_argument("--sample", type=int, default=0, help="try only so many, drawn by lot with a fixed seed")
    parser.add_argument("--again", nargs="*", default=[], metavar="NAME", help="try those named only")
    parser.add_argument("--jobs", type=int, default=2, help="so many at once")
    given = parser.parse_args(arguments)
    modules = modules_of(given.slice, given.only)
    if given.again:
        modules = [one for one in modules if any(is_of(name, one) for name in given.again)]
    if not modules:
        print(f"No rules, actions or queries in eventapp/{given.slice} {given.only}".rstrip())
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = copied(Path(folder))
        write_settings(copy, modules, [*([] if given.alone else [f"tests/{given.slice}"]), *given.tests])
        names = mutants_of(copy, modules)
        chosen = drawn([one for one in names if one in given.again or not given.again], given.sample)
        jobs = f"--max-children={given.jobs}"
        if len(chosen) < len(names):
            how = "named" if given.again else f"drawn with seed {SEED}"
            print(f"Not all: {len(chosen)} of {len(names)}, {how}", flush=True)
        mutmut(copy, "run", jobs, *(chosen if len(chosen) < len(names) else ()))
        if late := [name for name, what in outcomes(copy) if what == "timeout"]:
            mutmut(copy, "run", jobs, *late)
        return report(copy, show=given.show)


def modules_of(slice_name: str, only: str) -> list[str]:
    """Paths of the modules to be broken."""
    found = sorted((ROOT / "eventapp" / slice_name).rglob("*.py"))
    paths = [str(one.relative_to(ROOT)) for one in found if ROLES.search(one.name)]
    return [one for one in paths if only in one]


def is_of(name: str, module: str) -> bool:
    """Whether the mutant of this name is one of the module at this path."""
    return name.rpartition(".")[0] == module.removesuffix(".py").replace("/", ".")


def copied(folder: Path) -> Path:
    """A copy of every file that git knows, with what was installed linked in."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def write_settings(copy: Path, modules: list[str], tests: list[str]) -> None:
    """mutmut reads its settings from the folder it stands in."""
    settings = {
        "source_paths": ["eventapp"],
        "only_mutate": modules,
        "also_copy": [*BESIDE, *LINKED, ".gitignore", "package.json"],
        "pytest_add_cli_args": ["--engine=sqlite", "-s", "-p", "no:cacheprovider", "-p", "tests.support.mutants"],
        "pytest_add_cli_args_test_selection": [one for one in tests if (copy / one).exists()],
        "timeout_multiplier": ["10"],
        "timeout_constant": ["20"],  # seconds, ten times over: a busy machine must not count as a test that noticed
        "use_git_change_detection": ["false"],
    }
    lines = [f"{name} =\n" + "".join(f"    {value}\n" for value in values) for name, values in settings.items()]
    (copy / "setup.cfg").write_text("[mutmut]\n" + "".join(lines), "utf-8")


def mutants_of(copy: Path, modules: list[str]) -> list[str]:
    """Names of all mutants that mutmut will make of these modules, in its order."""
    with contextlib.chdir(copy):  # its settings are read from there
        return [
            get_mutant_name(Path(module), name)
            for module in modules
            for name in mutate_file_contents(module, Path(module).read_text("utf-8")).mutant_names
        ]


def drawn(names: list[str], count: int) -> list[str]:
    """So many of the names by lot, the same for the same names; all of them when count is 0 or too large."""
    if not 0 < count < len(names):
        return names
    return sorted(random.Random(SEED).sample(names, count), key=names.index)


def mutmut(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", MUTMUT, *arguments],
        cwd=copy,
        env={**os.environ, "TEST_SQLITE_TEMPLATE": str(copy / "template.db")},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # log lines: nothing is captured, for pytest runs many times in that process
        text=True,
    )
    if done.returncode:
        print(done.stdout[-3000:])
    return done.stdout


def outcomes(copy: Path) -> list[tuple[str, str]]:
    """Name and outcome of each mutant that was tried."""
    every = re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", mutmut(copy, "results", "--all", "true"), re.MULTILINE)
    return [(name, what) for name, what in every if what != "not checked"]


def report(copy: Path, *, show: bool) -> int:
    """Print the score of each module and the names of the survivors; status 1 when there is nothing to count."""
    found = outcomes(copy)
    if not found:
        print("mutmut gave no result; run the slice's tests first.")
        return 1
    modules = sorted({name.rpartition(".")[0] for name, _ in found})
    for module in modules:
        print_score(module, Counter(what for name, what in found if name.rpartition(".")[0] == module))
    print_score("all", Counter(what for _, what in found))
    for name, what in found:
        if what not in {"killed", "timeout"}:
            print(f"{what}: {name}")
            if show:
                print(mutmut(copy, "show", name))
    return 0


def print_score(name: str, counts: Counter[str]) -> None:
    noticed = counts["killed"] + counts["timeout"]
    rest = ", ".join(f"{counts[one]} {one}" for one in OUTCOMES if counts[one])
    print(f"{name}: {noticed / counts.total():.0%} of {counts.total()} ({rest})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
