"""What pages and documents claim stands in docs/claims.md with the tests that prove it, and that table is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from eventapp.registration import notice_words

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "docs" / "claims.md"
SENTENCES = {  # sources of which each sentence is looked for
    "README.md",
    "templates/house/privacy.html",
    "templates/house/accessibility.html",
    "templates/cases/show.html",
    f"templates/{notice_words.template()}",
}
SECTIONS = {f"docs/{one}.md" for one in ("door", "guide", "operate", "privacy", "record")}  # of which each section is
SOURCE = re.compile(r"^## `([^`]+)`.*\n", re.MULTILINE)
ROW = re.compile(r"^\| (.+?) \| ((?:`[^`]+`(?:, )?)+) \|$", re.MULTILINE)
BULLET = re.compile(r"^- (.+(?:\n  .+)*)$", re.MULTILINE)
SAID = re.compile(r'\b_\(\s*"((?:[^"\\]|\\.)*)"')
SCRIPTED = re.compile(r'^test\("((?:[^"\\]|\\.)*)"', re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NO_SENTENCES = re.compile(r"^(?:\||#|!|<!--|\s*$).*", re.MULTILINE)
END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ*`\[])")
TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """What the table says of one file: claim -> tests, and which of its sentences or sections claim nothing."""

    claims: Mapping[str, tuple[str, ...]]
    nothing: tuple[str, ...] = ()


def folded(text: str) -> str:
    return " ".join(text.split())


def parsed(text: str) -> dict[str, Source]:
    """Path of a source -> what the table says of it."""
    _, *parts = SOURCE.split(text)
    return {path: _source(part) for path, part in zip(parts[::2], parts[1::2], strict=True)}


def _source(part: str) -> Source:
    claims = {folded(claim): tuple(re.findall(r"`([^`]+)`", proof)) for claim, proof in ROW.findall(part)}
    return Source(claims, tuple(map(folded, BULLET.findall(part))))


@cache
def tabled() -> dict[str, Source]:
    return parsed(TABLE.read_text("utf-8"))


@cache
def text_of(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


# --- what a source says ------------------------------------------------------------------------------------------


def passages(path: str, text: str) -> list[str]:
    """The texts that a quotation must stand in whole: the messages of a page, the sections of a document."""
    if path.endswith(".html"):
        return [folded(one.replace('\\"', '"')) for one in SAID.findall(text)]
    return [folded(body) for body in sections(text).values()]


def sections(text: str) -> dict[str, str]:
    """Title -> what stands under it, up to the next title of whatever rank. A comment in a block is no title."""
    blanked = FENCE.sub(lambda found: re.sub(r"^#", " ", found[0], flags=re.MULTILINE), text)
    _, *parts = TITLE.split(blanked)
    return {title: body for title, body in zip(parts[::2], parts[1::2], strict=True) if body.strip()}


def sentences(path: str, text: str) -> list[str]:
    """What ends like a sentence: in each message of a page, in each paragraph of a document."""
    if path.endswith(".html"):
        blocks = passages(path, text)
    else:
        blocks = re.split(r"\n\s*\n", NO_SENTENCES.sub("", FENCE.sub("", text)))
    found = [one for block in blocks for one in END.split(folded(block))]
    return [one for one in found if one.endswith((".", "!", "?"))]


# --- faults ------------------------------------------------------------------------------------------------------


def misquoted(path: str, source: Source, text: str) -> Iterator[str]:
    """What the table quotes and the source does not say, or not any more."""
    said = passages(path, text)
    titles = sections(text) if path in SECTIONS else {}
    for claim in source.claims:
        if not any(claim in one for one in said):
            yield f"{path} does not say: {claim}"
    for one in source.nothing:
        if one not in titles and not any(one in passage for passage in said):
            yield f"{path} has no: {one}"


def untabled(path: str, source: Source, text: str) -> Iterator[str]:
    """Sentences or sections that are neither claimed and proven nor said to claim nothing."""
    if path in SECTIONS:
        for title, body in sections(text).items():
            if title not in source.nothing and not any(claim in folded(body) for claim in source.claims):
                yield f"{path}, {title}"
        return
    told = (*source.claims, *source.nothing)
    yield from (f"{path}: {one}" for one in sentences(path, text) if not any(one in part for part in told))


def unproven(source: Source) -> Iterator[str]:
    """Tests that are named and are not there."""
    for claim, proofs in source.claims.items():
        for one in proofs:
            path, _, name = one.partition("::")
            if name not in names_of(path):
                yield f"{one}, which is to prove: {claim}"


@cache
def names_of(path: str) -> frozenset[str]:
    """The tests of a file as pytest names them; those of scripts by their titles."""
    if not path.startswith("tests/") or not (ROOT / path).is_file():
        return frozenset()
    if path.endswith(".test.js"):
        return frozenset(SCRIPTED.findall(text_of(path)))
    if not Path(path).name.startswith("test_"):
        return frozenset()
    body = ast.parse(text_of(path)).body
    classes = [one for one in body if isinstance(one, ast.ClassDef)]
    inside = {f"{one.name}::{name}" for one in classes for name in _functions(one.body)}
    return frozenset(_functions(body) | inside)


def _functions(body: list[ast.stmt]) -> set[str]:
    return {one.name for one in body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


@cache
def danish() -> frozenset[str]:
    """Every message that has a translation about which nobody is in doubt."""
    found = set()
    for path in sorted((ROOT / "eventapp" / "translations" / "da").glob("*.po")):
        with path.open("rb") as file:
            found |= {folded(str(one.id)) for one in read_po(file) if one.id and one.string and not one.fuzzy}
    return frozenset(found)


# --- the table of today ------------------------------------------------------------------------------------------


def test_every_source_is_in_the_table_and_no_other() -> None:
    assert set(tabled()) == SENTENCES | SECTIONS
    assert all(source.claims for source in tabled().values())


@pytest.mark.parametrize("path", sorted(SENTENCES | SECTIONS))
def test_each_claim_stands_where_the_table_says(path: str) -> None:
    assert list(misquoted(path, tabled()[path], text_of(path))) == []


@pytest.mark.parametrize("path", sorted(SENTENCES | SECTIONS))
def test_no_sentence_and_no_section_is_left_out(path: str) -> None:
    assert list(untabled(path, tabled()[path], text_of(path))) == []


@pytest.mark.parametrize("path", sorted(SENTENCES | SECTIONS))
def test_each_test_that_is_named_is_there(path: str) -> None:
    assert list(unproven(tabled()[path])) == []


@pytest.mark.parametrize("path", sorted(one for one in SENTENCES if one.endswith(".html")))
def test_what_a_page_claims_is_said_in_danish_too(path: str) -> None:
    messages = [one for one in passages(path, text_of(path)) if any(claim in one for claim in tabled()[path].claims)]
    assert messages
    assert [one for one in messages if one not in danish()] == []


# --- that each of these looks ------------------------------------------------------------------------------------

PAGE = (
    '<p>{{ _("We never ask. You decide.") }}</p> {{ _("Contact") }} <li>{{ _("Say \\"yes\\" at %(at)s.", at=at) }}</li>'
)
DOCUMENT = "# Running\n\nIt runs. Nothing is lost.\n\n## Logs\n\n```\n# no title\n```\n\nNo name gets in.\n"
HERE = "tests/house/test_claims.py"
GOOD = """# Claims

## `a.html`: a page

| claim | proven by |
|---|---|
| We never ask. | `tests/house/test_claims.py::test_a_table_is_read`, `tests/x.py::test_y` |

- Say "yes" at %(at)s.
- A sentence over
  two lines.
"""


def test_a_table_is_read() -> None:
    assert parsed(GOOD) == {
        "a.html": Source(
            {"We never ask.": (f"{HERE}::test_a_table_is_read", "tests/x.py::test_y")},
            ('Say "yes" at %(at)s.', "A sentence over two lines."),
        )
    }


def test_sentences_and_sections_are_found() -> None:
    assert sentences("a.html", PAGE) == ["We never ask.", "You decide.", 'Say "yes" at %(at)s.']
    assert sentences("README.md", DOCUMENT) == ["It runs.", "Nothing is lost.", "No name gets in."]
    assert list(sections(DOCUMENT)) == ["Running", "Logs"]


def test_a_quotation_that_does_not_stand_there_is_found() -> None:
    source = Source({"We always ask.": (), "We never ask. You decide.": (), "You decide. Contact": ()}, ("Say no.",))
    assert list(misquoted("a.html", source, PAGE)) == [
        "a.html does not say: We always ask.",
        "a.html does not say: You decide. Contact",
        "a.html has no: Say no.",
    ]


def test_a_sentence_that_is_left_out_is_found() -> None:
    source = Source({"We never ask.": ()}, ('Say "yes" at %(at)s.',))
    assert list(untabled("a.html", source, PAGE)) == ["a.html: You decide."]


def test_a_section_that_is_left_out_is_found() -> None:
    assert list(untabled("docs/operate.md", Source({"It runs.": ()}), DOCUMENT)) == ["docs/operate.md, Logs"]
    assert list(untabled("docs/operate.md", Source({"It runs.": ()}, ("Logs",)), DOCUMENT)) == []


@pytest.mark.parametrize(
    "name",
    [
        f"{HERE}::test_that_nobody_wrote",
        f"{HERE}::misquoted",
        "tests/house/test_that_is_not_there.py::test_a_table_is_read",
        "eventapp/cli.py::test_a_table_is_read",
        "tests/core/test_languages.py::TestWording::test_that_nobody_wrote",
        "tests/js/answer.test.js::a title that no test has",
    ],
)
def test_a_test_that_is_not_there_is_found(name: str) -> None:
    assert list(unproven(Source({"We never ask.": (name,)}))) == [f"{name}, which is to prove: We never ask."]


def test_a_test_that_is_there_is_no_fault() -> None:
    there = (f"{HERE}::test_a_table_is_read", "tests/js/answer.test.js::two tabs are two drafts")
    assert list(unproven(Source({"We never ask.": there}))) == []


def test_a_message_without_a_danish_one_is_found() -> None:
    assert "We have received your hearing answer" in danish()
    assert "We have received your tax return" not in danish()
