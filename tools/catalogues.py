"""The catalogues of texts: what the code says in English, and what others read instead.

English needs no catalogue: the id of a text *is* the English text. Every other language is a folder with one file a
slice, ``eventapp/translations/<language>/<slice>.po``, so that a slice carries its own words. ``compile`` merges the
files of each into the binary catalogue that Flask-Babel reads; ``check`` compares them with what code and templates
say.

    python tools/catalogues.py check [SLICE …]   nothing printed and status 0 when all is well
    python tools/catalogues.py compile
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "lazy_npgettext": ((1, "c"), 2, 3),
}
CORE_FOLDERS = {"components", "errors", "formats", "layouts", "web"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
Key = tuple[str, str | None]  # the English text (its singular), and its context


@dataclass(frozen=True)
class Use:
    """A text as code or a template says it."""

    ids: tuple[str, ...]  # one text, or singular and plural
    context: str | None
    place: str

    @property
    def key(self) -> Key:
        return self.ids[0], self.context

    @property
    def slice_name(self) -> str:
        """Which catalogue file the text belongs in, judged by where it is said."""
        parts = Path(self.place).parts
        folders = parts[2:-1] if parts[:2] == ("templates", "mail") else parts[1:-1]
        return folders[0] if folders and folders[0] not in CORE_FOLDERS else "core"


class RepeatingCatalog(Catalog):
    """A catalogue that remembers which ids were given twice; Babel merges them without a word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.repeated: list[str] = []

    def __setitem__(self, identity: Any, message: Message) -> None:
        if identity and self.get(identity, message.context) is not None:
            self.repeated.append(_first(identity))
        super().__setitem__(identity, message)


@dataclass
class Texts:
    """Everything the catalogue files of one language hold; files are named as ``da/hearing.po``."""

    catalog: Catalog
    messages: dict[Key, tuple[Message, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def main(arguments: list[str], root: Path = ROOT) -> int:
    match arguments:
        case ["check", *slices]:
            faults = check(root, set(slices))
            print(*faults, sep="\n", end="\n" if faults else "")
            return 1 if faults else 0
        case ["compile"]:
            compile_all(root)
            return 0
    print(__doc__)
    return 2


def check(root: Path, slices: set[str] | None = None) -> list[str]:
    """What is wrong with the catalogues, one line a fault; only of some slices when they are named."""
    uses = {use.key: use for use in used_texts(root)}
    faults = sorted(fault for language in languages(root) for fault in _language_faults(root, language, uses))
    return [fault for fault in faults if not slices or fault.split(".po", 1)[0].partition("/")[2] in slices]


def _language_faults(root: Path, language: str, uses: Mapping[Key, Use]) -> list[str]:
    texts = read_texts(root, language)
    missing = [
        f"{language}/{use.slice_name}.po: missing {use.ids[0]!r} ({use.place})"
        for key, use in uses.items()
        if key not in texts.messages
    ]
    unused = [f"{name}: no longer used: {key[0]!r}" for key, (_, name) in texts.messages.items() if key not in uses]
    wrong = [
        f"{name}: {fault}: {key[0]!r}"
        for key, (message, name) in texts.messages.items()
        for fault in message_faults(message, uses.get(key))
    ]
    return [*texts.faults, *missing, *unused, *wrong]


def message_faults(message: Message, use: Use | None) -> Iterator[str]:
    """What is wrong with one translated text; it has as many forms as the language has for a number of things."""
    strings, ids = _forms(message.string), _forms(message.id)
    if message.fuzzy:
        yield "marked fuzzy"
    if not all(strings):
        yield "not translated"
        return
    if use and list(use.ids) != ids:
        yield f"has other forms than the text used in {use.place}"
    for english, translated in zip_longest(ids, strings, fillvalue=ids[-1]):
        if placeholders(english) != placeholders(translated):
            yield "placeholders differ"


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def used_texts(root: Path) -> Iterator[Use]:
    """Every text of code and templates, in the order of their files."""
    for path in sorted((root / "eventapp").rglob("*.py")):
        yield from _extract("python", path, root, {})
    for path in sorted((root / "templates").rglob("*.*")):
        yield from _extract("jinja2.ext:babel_extract", path, root, {"silent": "false"})


def _extract(method: str, path: Path, root: Path, options: dict[str, str]) -> Iterator[Use]:
    place = path.relative_to(root)
    for line, ids, _, context in extract_from_file(method, path, KEYWORDS, options=options):
        yield Use((ids,) if isinstance(ids, str) else tuple(ids), context, f"{place}:{line}")


def languages(root: Path) -> list[str]:
    """The languages that have catalogues."""
    return sorted({path.parent.name for path in _folder(root).glob("*/*.po")})


def read_texts(root: Path, language: str) -> Texts:
    """All texts in one language, with the faults that are seen while reading: a text that stands twice."""
    texts = Texts(Catalog(locale=language, fuzzy=False))
    for path in sorted((_folder(root) / language).glob("*.po")):
        name = f"{language}/{path.name}"
        catalog = RepeatingCatalog(locale=language)
        with path.open("rb") as file:
            PoFileParser(catalog, abort_invalid=True).parse(file)
        texts.faults += [f"{name}: stands twice: {text!r}" for text in catalog.repeated]
        for message in catalog:
            if not message.id:
                continue
            key = (_first(message.id), message.context)
            if key in texts.messages:
                texts.faults.append(f"{name}: stands in {texts.messages[key][1]} too: {key[0]!r}")
            texts.messages[key] = (message, name)
    return texts


def compile_all(root: Path) -> None:
    """Write the binary catalogue of each language from all its files."""
    for language in languages(root):
        texts = read_texts(root, language)
        for message, _ in texts.messages.values():
            texts.catalog.add(message.id, message.string, context=message.context)
        target = _folder(root) / language / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".part")  # a server that starts meanwhile must find the old file or the new
        with partial.open("wb") as file:
            write_mo(file, texts.catalog)
        partial.replace(target)


def _folder(root: Path) -> Path:
    return root / "eventapp" / "translations"


def _forms(text: str | Sequence[str] | None) -> list[str]:
    """A text's forms: one, or singular and plural."""
    return [text] if isinstance(text, str) else list(text or ())


def _first(identity: str | Sequence[str]) -> str:
    return _forms(identity)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
