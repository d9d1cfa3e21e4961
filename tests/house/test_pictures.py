"""Pictures of the documents: each is there, is shown somewhere, and is small enough to be cloned by everybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = sorted((ROOT / "docs" / "images").glob("*.png"))
DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
SHOWN = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")  # with words for those who do not see it
LARGEST_BYTES = 150_000


def shown() -> set[Path]:
    return {
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for target in SHOWN.findall(document.read_text("utf-8"))
    }


def test_documents_show_the_pictures_that_are_there() -> None:
    assert shown() == set(PICTURES)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_whole(path: Path) -> None:
    assert path.stat().st_size <= LARGEST_BYTES
    with Image.open(path) as picture:
        picture.load()
