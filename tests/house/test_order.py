"""One Danish order: no list of names or titles is left to the order of bytes, or of some database's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2] / "eventapp"
SPELLED = {"name", "title", "office", "organisation", "label", "speaker", "addressee"}  # read by people in an alphabet
IN_SQL = re.compile(r"ORDER BY (?:\w+\.\w+(?: DESC)?, )*(?:\w+\.)?(" + "|".join(SPELLED) + r")\b")


def by_bytes(source: str) -> Iterator[str]:
    """What is put in order by a column that people spell."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            is_order = isinstance(node.func, ast.Attribute) and node.func.attr == "order_by"
            asked = [one.value for one in node.keywords if one.arg == "order_by"] + (node.args if is_order else [])
            for part in (inner for one in asked for inner in ast.walk(one)):
                if isinstance(part, ast.Attribute) and part.attr in SPELLED:
                    yield ast.unparse(part)
                if isinstance(part, ast.Constant) and str(part.value).rpartition(".")[2] in SPELLED:
                    yield str(part.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := IN_SQL.search(node.value)):
            yield found[0]


@pytest.mark.parametrize(
    "source",
    [
        "select(Door).order_by(Door.at, Door.name)",
        "x.order_by(func.lower(Case.title).desc())",
        'relationship(order_by="Party.name")',
        "Sql('SELECT 1 FROM r ORDER BY r.state, r.name LIMIT 1')",
    ],
)
def test_an_order_of_bytes_is_seen(source: str) -> None:
    assert list(by_bytes(source))


@pytest.mark.parametrize("source", ["x.order_by(Guest.name_key, Guest.id)", "Sql('SELECT name FROM r ORDER BY r.id')"])
def test_others_are_not(source: str) -> None:
    assert not list(by_bytes(source))


def test_no_list_of_names_stands_in_an_order_of_bytes() -> None:
    files = [one for one in PRODUCT.rglob("*.py") if "versions" not in one.parts]
    assert len(files) > 100
    found = {str(one.relative_to(PRODUCT)): list(by_bytes(one.read_text("utf-8"))) for one in files}
    assert {name: columns for name, columns in found.items() if columns} == {}
