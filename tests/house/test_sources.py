"""Every code that a docstring names as its source is explained in docs/sources.md."""

import re
from pathlib import Path

CODE = re.compile(r"\b(?:LAW-\d+|[RS]\d{1,2})\b")
RANGE = re.compile(r"\bS(\d+)–S(\d+)\b")
ROOT = Path(__file__).parents[2]


def test_every_code_of_a_source_is_explained() -> None:
    told = (ROOT / "docs" / "sources.md").read_text("utf-8")
    explained = set(CODE.findall(told))
    for first, last in RANGE.findall(told):
        explained |= {f"S{number}" for number in range(int(first), int(last) + 1)}
    written = [path.read_text("utf-8") for folder in ("eventapp", "tests") for path in (ROOT / folder).rglob("*.py")]
    named = {code for text in written for code in CODE.findall(text)}
    assert "LAW-09" in named
    assert named - explained == set()
