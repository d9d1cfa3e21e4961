"""House checks over everything that is committed or about to be: what no linter looks for.

python tools/checks.py
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

THIS = Path(__file__).resolve()
ROOT = THIS.parent.parent
LARGEST_KB = 800
PRODUCT = {"eventapp", "templates", "static", "tools"}
LOCKS = {"requirements.txt", "requirements-dev.txt", "package-lock.json"}

# Private persons stand in the letter that the demo case is built on. They are no part of the product, so not even
# their names are written here: SHA-256 of two neighbouring words in lower case.
PRIVATE_NAMES = {
    "0a23cb34ee992f320f5b8d4cfe9d583e1923b4ebf4e46d2c6fc09ca6b7273e91",
    "0eba2f5bfbb62288d494054dabfb8f1b4d09f5c1fcd7385b29020ee48c81775e",
    "5e4334603752923ae25bd5aeb5a8f97326b05509fa007e42f9ac9c0d22f803ed",
    "84791bd07166606b76919f209061b121f23f7c7ffcb0df2e89327fa41b96908d",
    "b1779e0c5f656a811af257841d241ef2ea7e03c0fb21af38f43814183f4e8a3e",
    "c108595e6f7e6a8158210055218ceb0230bad5180e2ec42609c2a7abfc810513",
    "ee47b2875d6d4507b071ff208408cc89fdefb5b6996f4b79678e760ce2fc9021",
}
WORD = re.compile(r"[^\W\d_]+")
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:root|work|home/(?!user\b)\w+|Users/\w+)/")
UNFINISHED = re.compile(
    r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError|pytest\.(?:mark\.)?(?:skip|xfail)|#\s*type:\s*ignore|#\s*noqa"
)
CODE_IN_WORDS = re.compile(r"""\{"(?!label")\w+":\s*\(?_\(.*,\s*"\w+":\s*\(?_\(""")
SQL = re.compile(r"\bSql\(\s*f?[\"']")
REASON = re.compile(r"^# SQL: \w", re.MULTILINE)
# Sign-up, scan and answer, and what they go through: SQLAlchemy's ORM would cost half their rate.
HOT_PATHS = {
    "eventapp/accounts/session_hooks.py",
    "eventapp/audit.py",
    "eventapp/blobs.py",
    "eventapp/brakes.py",
    "eventapp/checkin/presence_actions.py",
    "eventapp/checkin/queries.py",
    "eventapp/checkin/scan_actions.py",
    "eventapp/checkin/undo_actions.py",
    "eventapp/hearing/answering/actions.py",
    "eventapp/hearing/queries.py",
    "eventapp/mail/outbox.py",
    "eventapp/record/actions.py",
    "eventapp/record/store.py",
    "eventapp/record/told.py",
    "eventapp/registration/actions.py",
    "eventapp/registration/entry_actions.py",
    "eventapp/registration/fields.py",
    "eventapp/registration/queries.py",
    "eventapp/registration/seat_actions.py",
    "eventapp/work/actions.py",
}
QUOTED_CODE = re.compile(r"""[\"']([a-z]{2})(?:[-_][A-Za-z]{2,4})?[\"']""")
SOURCE_SUFFIXES = {".py", ".js", ".html", ".css", ".txt", ".md", ".toml", ".po", ".typ", ".sh", ""}
CODE_SUFFIXES = {".py", ".js", ".html", ".css"}
LANGUAGES = Path("eventapp/languages.py")  # the one place that knows them


def main() -> int:
    faults = [fault for path in committed_files(ROOT) for fault in file_faults(ROOT, path)]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def committed_files(root: Path) -> list[Path]:
    """Files git knows, and new ones it does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [root / name for name in sorted(set(listing.split("\0"))) if name and (root / name).is_file()]


def file_faults(root: Path, path: Path) -> Iterator[str]:
    """What is wrong with one file, a line each."""
    name = path.relative_to(root)
    if path.stat().st_size > LARGEST_KB * 1000:
        yield f"{name}: larger than {LARGEST_KB} kB"
    if path.name in LOCKS or path.suffix not in SOURCE_SUFFIXES:
        return
    text = path.read_text("utf-8")
    if names_private_person(text):
        yield f"{name}: names a private person of the letter"
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: a path of one machine"
        if path.suffix in CODE_SUFFIXES and path != THIS and UNFINISHED.search(line):
            yield f"{name}:{number}: a mark of unfinished work"
    yield from product_faults(root, name, text)


def product_faults(root: Path, name: Path, text: str) -> Iterator[str]:
    """What is wrong with a source of the product alone; tests may say more, and migrations tell what once was."""
    if name.parts[0] not in PRODUCT or name.suffix not in CODE_SUFFIXES or "migrations" in name.parts:
        return
    codes = language_codes(root)
    for number, line in enumerate(text.splitlines(), 1):
        if name != LANGUAGES and any(code in codes for code in QUOTED_CODE.findall(line)):
            yield f"{name}:{number}: names a language, which only {LANGUAGES} does"
        if name.parts[0] == "templates" and CODE_IN_WORDS.search(line):
            yield f"{name}:{number}: turns codes into words, which words.py does"
    if SQL.search(text) and str(name) not in HOT_PATHS and not REASON.search(text):
        yield f"{name}: SQL off the hot paths without a line that says why: # SQL: …"


@cache
def language_codes(root: Path) -> frozenset[str]:
    """The languages of the product, as :data:`LANGUAGES` writes them."""
    text = (root / LANGUAGES).read_text("utf-8") if (root / LANGUAGES).exists() else ""
    return frozenset(re.findall(r'^(?:[A-Z]+ = |\s+code=)"([a-z]{2})"', text, re.MULTILINE))


def names_private_person(text: str) -> bool:
    """Whether two neighbouring words, also over a line's end, are such a name."""
    words = [word.lower() for word in WORD.findall(text)]
    return any(hashlib.sha256(f"{one} {two}".encode()).hexdigest() in PRIVATE_NAMES for one, two in pairwise(words))


if __name__ == "__main__":
    sys.exit(main())
