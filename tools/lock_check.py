"""Is a lock exact and closed? Then it can be installed as it stands, and no new release of anything changes that.

python tools/lock_check.py exact requirements.txt     before installing: each line has one version, and hashes
python tools/lock_check.py closed requirements.txt    after installing: whatever its packages ask for is in it

Runs on the Python that packages are installed for: names, versions and markers are read by what its pip is built on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
REMEDY = "Write the lock anew with `make lock`, and commit what it wrote."
HASH = re.compile(r"\s*--hash=sha256:[0-9a-f]{64}(?=\s|$)")
EXACT = re.compile(r"==\s*[^*,\s]+")


@dataclass(frozen=True)
class Package:
    """An installed package: its version, and what it asks for, as its metadata say it."""

    version: str
    asks_for: Iterable[str]


Installed = Callable[[str], Package | None]


def entries(text: str) -> Iterator[str]:
    """The requirements of a lock or a list of wishes, each on one line; comments and options are left out."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        entry = line.partition(" #")[0].strip()
        if entry and not entry.startswith(("#", "-")):
            yield entry


def exactness_faults(lock: str) -> Iterator[str]:
    """What keeps a lock from naming one file or another, and none else."""
    for entry in entries(lock):
        wanted, hashes = HASH.sub("", entry), HASH.findall(entry)
        try:
            requirement = Requirement(wanted)
        except InvalidRequirement:
            yield f"`{wanted}` cannot be read."
            continue
        if not EXACT.fullmatch(str(requirement.specifier)):
            yield f"`{wanted}` names no single version."
        if not hashes:
            yield f"`{wanted}` has no hash."


def closedness_faults(wishes: str, lock: str, installed: Installed) -> Iterator[str]:
    """What is asked for and not in the lock: by the wishes, by its packages, and by the extras that those name."""
    locked = {canonicalize_name(one.name): one for one in applying(lock)}
    for name, one in locked.items():
        found = installed(name)
        if found is None or not one.specifier.contains(found.version, prereleases=True):
            yield f"{one} is not what is installed."
            return
    seen: set[tuple[str, str]] = set()
    asked = [("requirements", one) for one in applying(wishes)]
    asked += [("the lock", Requirement(name)) for name in locked]
    while asked:
        who, requirement = asked.pop()
        name = canonicalize_name(requirement.name)
        if not _holds(locked.get(name), requirement):
            yield f"{who} asks for {requirement}, and the lock holds {locked.get(name, 'nothing of that name')}."
        elif package := installed(name):
            for extra in {"", *requirement.extras} - {extra for one, extra in seen if one == name}:
                seen.add((name, extra))
                asked += [(name, one) for one in map(Requirement, package.asks_for) if _applies(one, extra)]


def applying(text: str) -> list[Requirement]:
    """The entries that are meant for this Python on this system, without their hashes."""
    return [one for one in (Requirement(HASH.sub("", entry)) for entry in entries(text)) if _applies(one, "")]


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _holds(locked: Requirement | None, wanted: Requirement) -> bool:
    if locked is None:
        return False
    (version,) = (one.version for one in locked.specifier)
    return wanted.specifier.contains(version, prereleases=True)


def in_this_environment(name: str) -> Package | None:
    """What is installed beside this Python."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    return Package(found.version, found.requires or ())


def main(what: str, name: str) -> int:
    lock = (ROOT / name).read_text("utf-8")
    if what == "exact":
        faults = list(exactness_faults(lock))
    else:
        wishes = (ROOT / name).with_suffix(".in").read_text("utf-8")
        faults = list(closedness_faults(wishes, lock, in_this_environment))
    if faults:
        print(f"{name} cannot be installed as it stands:", *faults, REMEDY, sep="\n  ")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
