"""Files, addresses, settings and words on pages that documents name are there. (Commands: test_commands.py.)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from tools.checks import committed_files

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`|\*\*(/[\w/<>-]+)\*\*")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"[\w.<>/-]*(?:/[\w.<>-]+/?|[\w>-]\.(?:py|md|html|toml|txt|js|css|po|sha256|jsonl?))|[\w.<>-]+/")
ADDRESS = re.compile(r"/[\w.<>/:-]*")
CAPITALS = re.compile(r"([A-Z][A-Z_]{3,})(?:=.*)?")
NAMED_IN_CODE = ("eventapp/", "tools/", "templates/", "static/js/", "wsgi.py", "gunicorn.conf.py", "Makefile", "tests/")
HERE = "tests/house/test_named_things.py"  # its examples are no code
# Documents for those who work with the Danish pages, and how each of them writes the words of a page.
SPEAKING = {"guide.md": re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)"), "door.md": re.compile(r"\*\*([^*\n]+)\*\*")}
PAGES = {"Sagen", "Arrangementet"}  # that of one case, and that of one event
PLACE = re.compile(r"<[^>]+>")


def spans(text: str) -> Iterator[str]:
    """What stands between back-ticks outside blocks, and bold addresses."""
    for quoted, bold in SPAN.findall(FENCE.sub("", text)):
        yield quoted or bold


# --- what is there -----------------------------------------------------------------------------------------------


@cache
def paths() -> tuple[str, ...]:
    """Every committed file and every folder of one."""
    files = [path.relative_to(ROOT) for path in committed_files(ROOT)]
    return tuple(sorted({str(one) for path in files for one in (path, *path.parents)} - {"."}))


@cache
def code() -> str:
    """All text of the product and its tools: what it makes when it runs is named there."""
    suffixes = {".py", ".html", ".js", ".typ", ".txt", ""}
    wanted = [one for one in paths() if one.startswith(NAMED_IN_CODE) and Path(one).suffix in suffixes]
    texts = [(ROOT / one).read_text("utf-8") for one in wanted if (ROOT / one).is_file() and one != HERE]
    return "\n".join(texts) + (ROOT / ".gitignore").read_text("utf-8")


def is_file(name: str) -> bool:
    """Whether a file or folder of that name is committed, from the root or a folder below; or code makes it."""
    wanted = PLACE.sub("*", name.rstrip("/"))
    if any(fnmatch(one, wanted) or fnmatch(one, f"*/{wanted}") for one in paths()):
        return True
    made = name.rstrip("/").removeprefix("instance/")  # which the code knows as a setting
    begun, is_open, _end = made.partition("<")  # what the code puts in itself
    end = "" if is_open else r"(?![\w-])"
    return bool(begun) and bool(re.search(rf"(?<![\w/-]){re.escape(begun)}{end}", code()))


def is_address(app: Flask, name: str) -> bool:
    """Whether the product answers there: each part of a route is the same word, or stands for any."""
    if (ROOT / name.lstrip("/")).is_file():
        return name.startswith("/static/")
    wanted = name.split("?", maxsplit=1)[0].strip("/").split("/")
    return any(_alike(wanted, rule.rule.strip("/").split("/")) for rule in app.url_map.iter_rules())


def _alike(named: list[str], routed: list[str]) -> bool:
    return len(named) == len(routed) and all(
        one == other or ("<" in other and (PLACE.sub("", one) != one or other.startswith("<")))
        for one, other in zip(named, routed, strict=True)
    )


def is_named_in_code(name: str) -> bool:
    return bool(re.search(rf"\b{name}\b", code(), re.IGNORECASE))


# --- faults ------------------------------------------------------------------------------------------------------


def faults(text: str, folder: Path, app: Flask) -> list[str]:
    """What a document names and nobody finds."""
    found = [one for one in LINK.findall(text) if "://" not in one and not (folder / one.split("#")[0]).exists()]
    for one in spans(text):
        if ADDRESS.fullmatch(one.split("?")[0]):
            found += [] if is_address(app, one) else [one]
        elif FILE.fullmatch(one) and (Path(one).suffix or not one.startswith("<")):  # "<authority>/case" is no folder
            found += [] if is_file(one) else [one]
        elif named := CAPITALS.fullmatch(one):
            found += [] if is_named_in_code(named[1]) else [one]
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_documents_name_is_there(bare_app: Flask, path: Path) -> None:
    assert faults(path.read_text("utf-8"), path.parent, bare_app) == []


@pytest.mark.parametrize("shape", [FILE, ADDRESS, CAPITALS], ids=["files", "addresses", "settings"])
def test_documents_name_some_of_each(shape: re.Pattern[str]) -> None:
    """Else the shape would no longer fit what is written, and nothing would be looked at."""
    named = {one for path in DOCUMENTS for one in spans(path.read_text("utf-8")) if shape.fullmatch(one)}
    assert len(named) > 8, named


@pytest.mark.parametrize(
    "text",
    [
        "[how](docs/nowhere.md)",
        "`tools/nowhere.py`",
        "`nowhere.html`",
        "`tests/nowhere/`",
        "`eventapp/nowhere/<slice>.po`",
        "`/nowhere`",
        "`/record/<case>/nowhere`",
        "`/static/js/nowhere.js`",
        "åbn **/nowhere/** og",
        "`NOWHERE_URL`",
        "`NOWHERE_URL=https://…`",
    ],
)
def test_what_is_not_there_is_found(bare_app: Flask, text: str) -> None:
    assert faults(f"# Title\n\nSee {text}.\n", ROOT, bare_app)


@pytest.mark.parametrize(
    "text",
    [
        "[how](docs/operate.md)",
        "`tools/run.py`",
        "`buttons.html`",
        "`tests/registration/`",
        "`eventapp/translations/da/<slice>.po`",
        "`/privacy`",
        "`/record/<case>/entries/<number>`",
        "`PUBLIC_URL=https://…`",
        "```\n`nowhere.py`\n```",
    ],
)
def test_what_is_there_is_no_fault(bare_app: Flask, text: str) -> None:
    assert faults(f"# Title\n\n{text}\n", ROOT, bare_app) == []


# --- words of the pages ------------------------------------------------------------------------------------------


@cache
def danish() -> frozenset[str]:
    """Every Danish text of the catalogues, that of one and that of many."""
    found: set[str] = set()
    for path in sorted((ROOT / "eventapp" / "translations" / "da").glob("*.po")):
        with path.open("rb") as file:
            for one in read_po(file):
                found.update([one.string] if isinstance(one.string, str) else one.string or ())
    return frozenset(found) - {""}


def unspoken(text: str, shape: re.Pattern[str]) -> list[str]:
    """Words that a document says stand on a page, and no page has: a name whole, others as part of a sentence."""
    named = [one.strip() for found in shape.findall(text) for one in found.split("→")]
    return [one for one in named if re.match(r"\w", one) and one not in PAGES and not _is_said(one)]


def _is_said(words: str) -> bool:
    return words in danish() or (words[0].islower() and any(words in one.lower() for one in danish()))


@pytest.mark.parametrize("name", sorted(SPEAKING))
def test_words_that_are_said_to_stand_on_a_page_do(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert len(SPEAKING[name].findall(text)) > 8
    assert unspoken(text, SPEAKING[name]) == []


def test_words_that_no_page_has_are_found() -> None:
    text = "Press *Send brevet*, then *Sagen → Gem alt nu*, and it is *helt væk*."
    assert unspoken(text, SPEAKING["guide.md"]) == ["Gem alt nu", "helt væk"]
